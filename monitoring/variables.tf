variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "functions" {
  description = "Names of all functions."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "The key that log groups are encrypted with."
  type        = string
}

variable "retention_days" {
  description = "How long every log group is kept, in days."
  type        = number
}

variable "traced_service" {
  description = "What X-Ray calls the REST API's stage, whose requests are sampled by rules; null for no rules."
  type        = string
}
