variable "prefix" {
  description = "First part of the name in AWS: project and environment."
  type        = string
}

variable "name" {
  description = "The function's name here, such as create-item."
  type        = string
}

variable "description" {
  description = "What it does, in one line."
  type        = string
}

variable "built" {
  description = "Whether there is a build at all. Without one the root says so, once."
  type        = bool
}

variable "artefact" {
  description = "The function in the build's manifest; null when it is not there."
  type = object({
    file          = string
    key           = string
    sha256_base64 = string
    handler       = string
    layers        = list(string)
  })
}

variable "architecture" {
  description = "The CPU that the layers were built for: arm64 or x86_64."
  type        = string
}

variable "bucket" {
  description = "The artefact bucket."
  type        = string
}

variable "layer_arns" {
  description = "Layer versions by name."
  type        = map(string)
}

variable "role_arn" {
  description = "The function's role."
  type        = string
}

variable "log_group" {
  description = "The function's log group, which exists before it."
  type        = string
}

variable "failure_queue_arn" {
  description = "Where an asynchronous invocation goes that failed for good."
  type        = string
}

variable "environment" {
  description = "The function's settings. Never a secret: those are read at run time."
  type        = map(string)
}

variable "memory_mb" {
  description = "Memory in MB; CPU comes with it (1769 MB are one vCPU)."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "Lambda's memory is 128 to 10240 MB."
  }
}

variable "timeout_seconds" {
  description = "When Lambda ends the invocation. Above the SDK's timeouts, and below the gateway's 29 s where a caller waits."
  type        = number
  default     = 10

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "Lambda's timeout is 1 to 900 seconds."
  }
}

variable "tracing_mode" {
  description = "X-Ray: Active or PassThrough."
  type        = string
  default     = "Active"
}

variable "concurrency" {
  description = "provisioned keeps that many environments warm; reserved caps them (null: no cap)."
  type        = object({ provisioned = optional(number, 0), reserved = optional(number) })
  default     = {}
}

variable "retries" {
  description = "Of asynchronous invocations: how many further attempts, and for how long."
  type        = object({ attempts = optional(number, 2), maximum_age_seconds = optional(number, 3600) })
  default     = {}

  validation {
    condition     = var.retries.attempts >= 0 && var.retries.attempts <= 2
    error_message = "Lambda retries an asynchronous invocation 0, 1 or 2 times."
  }
}
