# terraform test -test-directory=tests/terraform -filter=tests/terraform/prod.tftest.hcl -var-file=environments/prod.tfvars

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

run "prod_plans" {
  command = plan

  assert {
    condition     = output.environment == "prod" && tolist(keys(output.functions)) == tolist(module.security.functions)
    error_message = "Everything is there, under prod's name."
  }

  assert {
    condition     = local.api_cache == { size = "0.5", ttl_seconds = 30 }
    error_message = "prod caches the list."
  }

  assert {
    condition     = alltrue(values(var.features)) && local.requests_per_address == 2000
    error_message = "prod leaves nothing out, and has a firewall."
  }

  assert {
    condition     = var.deletion_protection && var.log_retention_days == 365
    error_message = "prod keeps its data, and its logs for a year."
  }

  assert {
    condition     = !var.api.anonymous_reads && var.api.cors_origin != "*" && !var.api.validate_answers
    error_message = "prod asks everybody for a token, answers one origin, and does not pay for checking its own answers."
  }

  assert {
    condition     = length(var.concurrency) > 0 && alltrue([for name in keys(var.concurrency) : contains(module.security.functions, name)])
    error_message = "prod keeps functions warm that are there."
  }

  assert {
    condition     = var.tracing_mode == "Active" && var.emulator == null && local.target == "aws"
    error_message = "prod is traced, and on AWS."
  }

  assert {
    condition     = var.websocket.throttle.rate >= var.api.throttle.rate && output.buckets.uploads != output.buckets.images
    error_message = "What the REST API takes, the WebSocket API can tell; and no derivative starts image-processor."
  }
}
