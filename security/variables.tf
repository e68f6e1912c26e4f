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

variable "resources" {
  description = "ARNs by the names that the permission tables use; none of what is left out."
  type        = map(list(string))
}

variable "left_out" {
  description = "Names of functions that are not made: they get no role, and nobody may invoke them."
  type        = set(string)
}
