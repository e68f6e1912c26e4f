variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that queues are encrypted with."
  type        = string
}
