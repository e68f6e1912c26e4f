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

variable "failure_queue" {
  description = "Where an asynchronous invocation goes that failed for good."
  type        = object({ arn = string, url = string })
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

variable "tables" {
  description = "Names of the tables: items, and what was done already."
  type        = object({ items = string, idempotency = string })
}

variable "connections" {
  description = "Who listens by WebSocket: the name of their table, and where to push to them; null where nobody can."
  type        = object({ table = string, endpoint = string })
}

variable "connections_per_subject" {
  description = "How many WebSocket connections one caller may have at once."
  type        = number
}

variable "buckets" {
  description = "The buckets of uploads, images and reports."
  type = object({
    uploads = object({ name = string, arn = string })
    images  = object({ name = string, arn = string })
    reports = object({ name = string, arn = string })
  })
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

variable "event_bus" {
  description = "Name of the bus of domain events."
  type        = string
}

variable "notification_queue_url" {
  description = "The queue of what somebody is to be told about."
  type        = string
}

variable "notification_topic" {
  description = "ARN of the topic that people subscribe to."
  type        = string
}

variable "secrets" {
  description = "ARNs of the secrets token_key and cursor_key."
  type        = map(string)
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
