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

variable "queue_senders" {
  description = "Which service may send to which queue (notifications, failures), from security/service-permissions.yaml."
  type        = map(object({ queue = string, service = string, actions = list(string) }))
}

variable "items_stream_arn" {
  description = "The stream of the items table."
  type        = string
}

variable "buckets" {
  description = "The bucket whose new objects start image-processor, and the one that it writes to."
  type = object({
    uploads = object({ name = string, arn = string })
    images  = object({ name = string, arn = string })
  })

  validation {
    condition     = var.buckets.uploads.name != var.buckets.images.name
    error_message = "Images cannot be written to the upload bucket: each derivative would start image-processor again, without an end."
  }
}

variable "notification_timeout_seconds" {
  description = "The timeout of notification-sender: a message stays hidden for six times that."
  type        = number
}

variable "schedules" {
  description = "When the scheduled jobs run: a rate or cron expression of EventBridge, in UTC, by job."
  type        = object({ cleanup = string, report = string, health = string })
}

variable "emails" {
  description = "Addresses that are told about alarms and reports."
  type        = set(string)
}

variable "archive" {
  description = "Whether the bus keeps its events of the last 30 days, to be replayed."
  type        = bool
}
