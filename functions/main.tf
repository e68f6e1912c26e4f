# All functions, each made by the same block. What is special about one stands in the file of its kind.

locals {
  functions = {
    for name, settings in merge(local.crud_api, local.authorizers, local.processors, local.websocket, local.scheduled) :
    name => settings if !contains(var.left_out, name)
  }

  common_environment = {
    POWERTOOLS_METRICS_NAMESPACE = var.prefix
    POWERTOOLS_LOG_LEVEL         = "INFO"
  }
}

module "function" {
  source   = "./function"
  for_each = local.functions

  prefix            = var.prefix
  name              = each.key
  description       = each.value.description
  built             = var.artefacts != null
  artefact          = try(var.artefacts[each.key], null)
  architecture      = var.architecture
  bucket            = var.bucket
  layer_arns        = var.layer_arns
  role_arn          = var.role_arns[each.key]
  log_group         = var.log_groups[each.key]
  failure_queue_arn = var.failure_queue.arn
  tracing_mode      = var.tracing_mode
  concurrency       = try(var.concurrency[each.key], {})
  memory_mb         = each.value.memory_mb
  timeout_seconds   = each.value.timeout_seconds
  retries           = try(each.value.retries, {})
  environment       = merge(local.common_environment, { POWERTOOLS_SERVICE_NAME = each.key }, each.value.environment)
}
