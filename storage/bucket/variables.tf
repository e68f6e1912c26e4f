variable "name" {
  description = "The bucket's name, its own in the world."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that objects are encrypted with."
  type        = string
}

variable "deletion_protection" {
  description = "Whether destroying the bucket is refused while it is not empty."
  type        = bool
}

variable "kept_days" {
  description = "When objects end, in days; null: never. Old versions end after 30 days at the latest."
  type        = number
  default     = null
}

variable "browser_methods" {
  description = "What a browser may do there with a signed URL, such as POST or GET."
  type        = list(string)
  default     = []
}

variable "cors_origin" {
  description = "The browser origin that may do it, or \"*\"."
  type        = string
}
