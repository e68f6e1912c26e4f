variable "prefix" {
  description = "First part of every name: project and environment."
  type        = string
}

variable "artefacts" {
  description = "The layers in the build's manifest; null when nothing is built."
  type = map(object({
    file          = string
    key           = string
    sha256_base64 = string
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
