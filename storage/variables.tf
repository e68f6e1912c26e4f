variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "place" {
  description = "Where this runs: partition, region, account."
  type        = object({ partition = string, region = string, account = string })
}

variable "kms_key_arn" {
  description = "The key that everything here is encrypted with."
  type        = string
}

variable "deletion_protection" {
  description = "Whether destroying a table, or a bucket that is not empty, is refused."
  type        = bool
}

variable "cors_origin" {
  description = "The browser origin that may send uploads and load images, or \"*\"."
  type        = string
}

variable "connections" {
  description = "Whether there is a table of who listens to what by WebSocket."
  type        = bool
}
