# The one place that knows about emulators. What a local run has to do differently is decided here and nowhere else.

locals {
  emulated = var.emulator != null

  # Pages on a developer's machine are anybody's: of them, the demo alone may call the API unless another is named.
  cors_origin = coalesce(var.api.cors_origin, local.emulated ? var.emulator.page_origin : null, "*")

  # API Gateway's host names do not resolve on an emulator: APIs are reached through its endpoint.
  api_endpoint = local.emulated ? "${var.emulator.endpoint}/_aws/execute-api" : null
}
