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

variable "items_table" {
  description = "Name of the table that holds the items."
  type        = string
}

variable "idempotency" {
  description = "Name of the table that holds first answers."
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
    jwks     = optional(object({ issuer = string, url = string }))
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
