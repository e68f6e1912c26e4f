variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "artefacts" {
  description = "The functions in the build's manifest; null when nothing is built."
  type = map(object({
    file          = string
    key           = string
    sha256_base64 = string
    handler       = string
    layers        = list(string)
  }))
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

variable "role_arns" {
  description = "Each function's role."
  type        = map(string)
}

variable "log_groups" {
  description = "Each function's log group."
  type        = map(string)
}

variable "failure_queue_arn" {
  description = "Where an asynchronous invocation goes that failed for good."
  type        = string
}

variable "tracing_mode" {
  description = "X-Ray: Active or PassThrough."
  type        = string
}

variable "concurrency" {
  description = "Provisioned and reserved concurrency by function."
  type        = map(object({ provisioned = optional(number, 0), reserved = optional(number) }))

  validation {
    condition     = length(setsubtract(keys(var.concurrency), keys(local.functions))) == 0
    error_message = "concurrency names a function that does not exist: ${join(", ", setsubtract(keys(var.concurrency), keys(local.functions)))}. There are: ${join(", ", keys(local.functions))}."
  }
}

variable "schedules" {
  description = "When functions run that shall not run as their blocks say, by function: rate(...) or cron(...) of EventBridge, in UTC."
  type        = map(string)

  validation {
    condition     = length(setsubtract(keys(var.schedules), keys(local.scheduled))) == 0
    error_message = "schedules names a function that runs on no schedule: ${join(", ", setsubtract(keys(var.schedules), keys(local.scheduled)))}. There are: ${join(", ", keys(local.scheduled))}."
  }
}

variable "tables" {
  description = "Names of the tables, by their names here; null for one that is left out."
  type        = map(string)
}

variable "buckets" {
  description = "Names of the buckets, by their names here."
  type        = map(string)
}

variable "queues" {
  description = "URLs of the queues, by their names here."
  type        = map(string)
}

variable "topics" {
  description = "ARNs of the topics, by their names here."
  type        = map(string)
}

variable "secrets" {
  description = "ARNs of the secrets, by their names here."
  type        = map(string)
}

variable "event_bus" {
  description = "Name of the bus of domain events."
  type        = string
}

variable "websocket_endpoint" {
  description = "Where to push to WebSocket connections; null where nobody can be connected."
  type        = string
}

variable "connections_per_subject" {
  description = "How many WebSocket connections one caller may have at once."
  type        = number
}

variable "images" {
  description = "What becomes of an uploaded image: the longest side of each size in pixels, the format, and what is refused."
  type = object({
    sizes            = map(number)
    format           = string
    max_pixels       = number
    upload_max_bytes = number
  })
}

variable "tokens" {
  description = "Who signs the callers' tokens."
  type = object({
    issuer   = string
    audience = string
    jwks     = optional(object({ issuer = string, url = string, admin = optional(bool, false) }))
  })
}

variable "anonymous_reads" {
  description = "Whether a caller without a token may list public items."
  type        = bool
}

variable "cors_origin" {
  description = "The browser origin that may read the answers."
  type        = string
}

variable "validate_answers" {
  description = "Whether handlers check their answers against the contract."
  type        = bool
}

variable "left_out" {
  description = "Names of functions that are not made."
  type        = set(string)
}
