variable "name" {
  description = "The queue's name; its dead-letter queue has \"-dlq\" after it."
  type        = string
}

variable "place" {
  description = "Where this runs: partition, region, account."
  type        = object({ partition = string, region = string, account = string })
}

variable "kms_key_arn" {
  description = "The key that messages are encrypted with."
  type        = string
}

variable "consumer_timeout_seconds" {
  description = "The timeout of the function that reads it: a message stays hidden for six times that. Null where none does."
  type        = number
  default     = null
}

variable "event_rule_arns" {
  description = "EventBridge rules that may send to it."
  type        = list(string)
  default     = []
}

variable "kept_days" {
  description = "How long a message waits, in days."
  type        = number
  default     = 4

  validation {
    condition     = var.kept_days >= 1 && var.kept_days <= 14
    error_message = "SQS keeps a message for 1 to 14 days."
  }
}

variable "dead_letter" {
  description = "Whether messages that failed each time go to a dead-letter queue."
  type        = bool
  default     = true
}

variable "attempts" {
  description = "How often a message is received before it goes there."
  type        = number
  default     = 5

  validation {
    condition     = var.attempts >= 5 && var.attempts <= 1000
    error_message = "attempts is 5 to 1000: receiving counts also when Lambda throttles the function."
  }
}
