variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "place" {
  description = "Where this runs: partition and its DNS suffix, region, account."
  type        = object({ partition = string, dns_suffix = string, region = string, account = string })
}

variable "deletion_protection" {
  description = "Whether deleted secrets and keys can be had back for 30 days."
  type        = bool
}

variable "signing_key_version" {
  description = "Raised by one to rotate the token signing key."
  type        = number
}

variable "tracing_mode" {
  description = "Active grants the functions X-Ray; PassThrough does not."
  type        = string
}

variable "functions" {
  description = "Names of the functions: each gets a role."
  type        = list(string)
}

variable "tables" {
  description = "The tables by their names here; null for one that is left out."
  type        = map(object({ arn = string, stream = object({ arn = string }) }))
}

variable "buckets" {
  description = "The buckets by their names here. A bucket's objects begin with its name."
  type        = map(object({ arn = string }))
}

variable "queues" {
  description = "The queues by their names here."
  type        = map(object({ arn = string }))
}

variable "topics" {
  description = "ARNs of the topics by their names here."
  type        = map(string)
}

variable "event_bus" {
  description = "ARN of the bus of domain events."
  type        = string
}

variable "websocket_connections" {
  description = "What pushing to connections needs a right on; none without a WebSocket API."
  type        = list(string)
}

variable "queue_consumers" {
  description = "Which queues a function reads."
  type        = map(list(string))
}

variable "stream_consumers" {
  description = "Which table's stream a function reads."
  type        = map(string)
}

variable "event_queues" {
  description = "Names in AWS of the queues that EventBridge sends to. Names and not ARNs: the queues are encrypted with the key that says so."
  type        = list(string)
}

variable "left_out" {
  description = "Names of functions that are not made: they get no role, and nobody may invoke them."
  type        = set(string)
}
