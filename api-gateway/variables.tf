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

variable "log_group" {
  description = "The access log, and how long and under which key logs are kept."
  type        = object({ name = string, arn = string, retention_days = number, kms_key_arn = string })
}

variable "logging_role" {
  description = "What API Gateway writes its logs with."
  type        = string
}

variable "manage_account" {
  description = "Whether to set the region's API Gateway logging role, which exists once per account and region."
  type        = bool
}

variable "tracing" {
  description = "Whether the stage starts X-Ray traces."
  type        = bool
}

variable "anonymous_reads" {
  description = "Whether a caller without a token may list public items."
  type        = bool
}

variable "cors_origin" {
  description = "The browser origin that may call the API, or \"*\"."
  type        = string
}

variable "throttle" {
  description = "Requests a second and burst, for every method."
  type        = object({ rate = number, burst = number })
}

variable "cache" {
  description = "The response cache of GET /items; null for none."
  type        = object({ size = string, ttl_seconds = number })
}

variable "clients" {
  description = "Names of API clients. With any, every method asks for an API key."
  type        = set(string)
}

variable "quota_per_day" {
  description = "Requests that each API client has a day."
  type        = number
}

variable "endpoint" {
  description = "Where an emulator serves APIs; null on AWS."
  type        = string
}

variable "requests_per_address" {
  description = "Requests that the firewall lets one address send in five minutes; null for no firewall."
  type        = number
}

variable "websocket" {
  description = "The WebSocket API's messages a second and burst for every route, how long its logs are kept in days, and the key that encrypts them; null for no such API."
  type = object({
    throttle       = object({ rate = number, burst = number })
    retention_days = number
    kms_key_arn    = string
  })
  default = null
}
