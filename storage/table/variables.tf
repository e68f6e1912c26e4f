variable "name" {
  description = "The table's name."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that rows are encrypted with."
  type        = string
}

variable "deletion_protection" {
  description = "Whether deleting the table is refused, where its rows are lasting."
  type        = bool
}

variable "hash_key" {
  description = "The partition key's attribute."
  type        = string
}

variable "range_key" {
  description = "The sort key's attribute; null for none."
  type        = string
  default     = null
}

variable "number_keys" {
  description = "Attributes of keys that are numbers; all others are strings."
  type        = set(string)
  default     = []
}

variable "indexes" {
  description = "Global secondary indexes by name, each with all attributes."
  type        = map(object({ hash_key = string, range_key = optional(string) }))
  default     = {}
}

variable "expires_by" {
  description = "The attribute with a row's end in seconds since 1970; null: rows stay until they are deleted."
  type        = string
  default     = null
}

variable "stream" {
  description = "Whether there is a stream of changes, with each row as it was and as it is."
  type        = bool
  default     = false
}

variable "lasting" {
  description = "Whether rows can be restored to any second of the last 35 days, and are protected from deletion of the table."
  type        = bool
  default     = true
}
