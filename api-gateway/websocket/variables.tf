variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "functions" {
  description = "Every function: its name in AWS and its alias `live`."
  type = map(object({
    name  = string
    alias = object({ name = string, arn = string, invoke_uri = string })
  }))
}

variable "stage_name" {
  description = "The stage's name, known once API Gateway may write logs: it makes no stage that logs before that."
  type        = string
}

variable "retention_days" {
  description = "How long its logs are kept, in days."
  type        = number
}

variable "kms_key_arn" {
  description = "The key that its logs are encrypted with."
  type        = string
}

variable "throttle" {
  description = "Messages a second and burst, for every route."
  type        = object({ rate = number, burst = number })
}

variable "endpoint" {
  description = "Where an emulator serves APIs; null on AWS."
  type        = string
}
