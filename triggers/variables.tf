variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "place" {
  description = "Where this runs: partition, region, account."
  type        = object({ partition = string, region = string, account = string })
}

variable "kms_key_arn" {
  description = "The key that queues and topics are encrypted with."
  type        = string
}

variable "functions" {
  description = "Every function: its name in AWS and its alias `live`."
  type = map(object({
    name  = string
    alias = object({ name = string, arn = string, invoke_uri = string })
  }))
}

variable "streams" {
  description = "ARNs of the tables' streams, by the tables' names here."
  type        = map(string)
}

variable "buckets" {
  description = "The buckets by their names here. New objects of uploads start image-processor, which writes to images."
  type        = map(object({ name = string, arn = string }))

  validation {
    condition     = var.buckets["uploads"].name != var.buckets["images"].name
    error_message = "Images cannot be written to the upload bucket: each derivative would start image-processor again, without an end."
  }
}

variable "timeouts" {
  description = "Each function's timeout in seconds."
  type        = map(number)
}

variable "schedules" {
  description = "When a function runs by itself: a rate or cron expression of EventBridge, in UTC, by function."
  type        = map(string)
}

variable "emails" {
  description = "Addresses that are told about alarms and reports."
  type        = set(string)
}

variable "archive" {
  description = "Whether the bus keeps its events of the last 30 days, to be replayed."
  type        = bool
}
