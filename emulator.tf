# The one place that knows about emulators. What a local run has to do differently is decided here and nowhere else.

locals {
  emulated = var.emulator != null

  # API Gateway's host names do not resolve on an emulator: APIs are reached through its endpoint.
  api_endpoint = local.emulated ? "${var.emulator.endpoint}/_aws/execute-api" : null
}
