# What is left out where a feature is off. Modules are told names, or what there is; none of them knows of features.

locals {
  # Functions that exist for a feature alone.
  feature_functions = {
    websocket = ["websocket-connect", "websocket-disconnect", "websocket-message"]
  }

  left_out = toset(flatten([for feature, functions in local.feature_functions : functions if !var.features[feature]]))

  websocket_endpoint = var.features.websocket ? module.api_gateway.websocket_endpoint : null

  api_cache            = var.features.response_cache ? var.api.cache : null
  requests_per_address = var.features.waf ? var.api.requests_per_address : null

  # Where no trace is begun, a rule would choose nothing.
  traced_service = var.features.tracing_rules && var.tracing_mode == "Active" ? module.api_gateway.traced_as : null
}
