# The composition root: the modules and how they connect, nothing else.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  prefix = "${var.project}-${var.environment}"
  place = {
    partition = data.aws_partition.current.partition
    region    = data.aws_region.current.name
    account   = data.aws_caller_identity.current.account_id
  }
}

module "security" {
  source = "./security"

  prefix              = local.prefix
  place               = local.place
  deletion_protection = var.deletion_protection
  signing_key_version = var.tokens.key_version
  tracing_mode        = var.tracing_mode
  resources = {
    items_table       = [module.storage.items_table.arn]
    items_indexes     = ["${module.storage.items_table.arn}/index/*"]
    idempotency_table = [module.storage.idempotency_table.arn]
    failure_queue     = [module.triggers.failure_queue.arn]
  }
}

module "storage" {
  source = "./storage"

  prefix              = local.prefix
  place               = local.place
  kms_key_arn         = module.security.data_key_arn
  deletion_protection = var.deletion_protection
}

module "triggers" {
  source = "./triggers"

  prefix      = local.prefix
  kms_key_arn = module.security.data_key_arn
}

module "monitoring" {
  source = "./monitoring"

  prefix         = local.prefix
  functions      = module.security.functions
  kms_key_arn    = module.security.log_key_arn
  retention_days = var.log_retention_days
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

  prefix           = local.prefix
  artefacts        = local.built ? local.manifest.functions : null
  architecture     = local.manifest.architecture
  bucket           = module.storage.artefact_bucket
  layer_arns       = module.layers.arns
  role_arns        = module.security.role_arns
  log_groups       = module.monitoring.function_log_groups
  failure_queue    = module.triggers.failure_queue
  tracing_mode     = var.tracing_mode
  concurrency      = var.concurrency
  items_table      = module.storage.items_table.name
  idempotency      = module.storage.idempotency_table.name
  secrets          = module.security.secrets
  tokens           = var.tokens
  anonymous_reads  = var.api.anonymous_reads
  cors_origin      = var.api.cors_origin
  validate_answers = var.api.validate_answers
}

module "api_gateway" {
  source = "./api-gateway"

  prefix          = local.prefix
  functions       = module.functions.functions
  invocations     = module.security.invocations
  log_group       = module.monitoring.api_log_group
  logging_role    = module.security.api_gateway_logging_role
  manage_account  = var.api.manage_account
  tracing         = var.tracing_mode == "Active"
  anonymous_reads = var.api.anonymous_reads
  cors_origin     = var.api.cors_origin
  throttle        = var.api.throttle
  cache           = local.api_cache
  clients         = var.api.clients
  quota_per_day   = var.api.quota_per_day
  endpoint        = local.api_endpoint
}
