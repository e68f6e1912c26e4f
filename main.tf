# The composition root: the modules and how they connect, nothing else.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  prefix = "${var.project}-${var.environment}"
  place = {
    partition  = data.aws_partition.current.partition
    dns_suffix = data.aws_partition.current.dns_suffix
    # Versions 5 and 6 of the provider both have the region as `id`; `name` is going away.
    region  = data.aws_region.current.id
    account = data.aws_caller_identity.current.account_id
  }
}

module "security" {
  source = "./security"

  prefix              = local.prefix
  place               = local.place
  deletion_protection = var.deletion_protection
  signing_key_version = var.tokens.key_version
  tracing_mode        = var.tracing_mode
  left_out            = local.left_out
  functions           = module.functions.names
  tables              = module.storage.tables
  buckets             = module.storage.buckets
  queues              = module.triggers.queues
  topics              = module.triggers.topics
  event_bus           = module.triggers.event_bus.arn
  queue_consumers     = module.triggers.queue_consumers
  stream_consumers    = module.triggers.stream_consumers
  event_queues        = module.triggers.event_queues

  websocket_connections = var.features.websocket ? [module.api_gateway.websocket_connections_arn] : []
}

module "storage" {
  source = "./storage"

  prefix              = local.prefix
  place               = local.place
  kms_key_arn         = module.security.data_key_arn
  deletion_protection = var.deletion_protection
  cors_origin         = local.cors_origin
  connections         = var.features.websocket
}

module "triggers" {
  source = "./triggers"

  prefix      = local.prefix
  place       = local.place
  kms_key_arn = module.security.data_key_arn
  functions   = module.functions.functions
  timeouts    = module.functions.timeouts
  schedules   = module.functions.schedules
  streams     = { for name, table in module.storage.tables : name => table.stream.arn if table == null ? false : table.stream != null }
  buckets     = module.storage.buckets
  emails      = var.notifications.emails
  archive     = var.features.event_archive
}

module "monitoring" {
  source = "./monitoring"

  prefix         = local.prefix
  functions      = module.functions.names
  kms_key_arn    = module.security.log_key_arn
  retention_days = var.log_retention_days
  traced_service = local.traced_service
}

module "layers" {
  source = "./layers"

  prefix       = local.prefix
  artefacts    = local.built ? local.manifest.layers : null
  architecture = local.manifest.architecture
  bucket       = module.storage.artefact_bucket
}

module "functions" {
  source = "./functions"

  prefix                  = local.prefix
  artefacts               = local.built ? local.manifest.functions : null
  architecture            = local.manifest.architecture
  bucket                  = module.storage.artefact_bucket
  layer_arns              = module.layers.arns
  role_arns               = module.security.role_arns
  log_groups              = module.monitoring.function_log_groups
  failure_queue_arn       = module.triggers.queues.failures.arn
  tracing_mode            = var.tracing_mode
  concurrency             = var.concurrency
  schedules               = var.schedules
  tables                  = { for name, table in module.storage.tables : name => table == null ? null : table.name }
  buckets                 = { for name, bucket in module.storage.buckets : name => bucket.name }
  queues                  = { for name, queue in module.triggers.queues : name => queue.url }
  topics                  = module.triggers.topics
  secrets                 = module.security.secrets
  event_bus               = module.triggers.event_bus.name
  websocket_endpoint      = local.websocket_endpoint
  connections_per_subject = var.websocket.connections_per_subject
  images                  = var.images
  tokens                  = var.tokens
  anonymous_reads         = var.api.anonymous_reads
  cors_origin             = local.cors_origin
  validate_answers        = var.api.validate_answers
  left_out                = local.left_out
}

module "api_gateway" {
  source = "./api-gateway"

  prefix               = local.prefix
  functions            = module.functions.functions
  log_group            = module.monitoring.api_log_group
  logging_role         = module.security.api_gateway_logging_role
  manage_account       = var.api.manage_account
  tracing              = var.tracing_mode == "Active"
  anonymous_reads      = var.api.anonymous_reads
  cors_origin          = local.cors_origin
  throttle             = var.api.throttle
  cache                = local.api_cache
  clients              = var.api.clients
  quota_per_day        = var.api.quota_per_day
  requests_per_address = local.requests_per_address
  endpoint             = local.api_endpoint

  websocket = !var.features.websocket ? null : {
    throttle       = var.websocket.throttle
    retention_days = var.log_retention_days
    kms_key_arn    = module.security.log_key_arn
  }
}
