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

# As it ships, prod asks for what nobody can guess.
run "prod_asks_for_an_origin_and_an_address" {
  command = plan

  expect_failures = [var.api, var.notifications]
}

run "prod_plans" {
  command = plan

  variables {
    api           = merge(var.api, { cors_origin = "https://app.example.com" })
    notifications = { emails = ["ops@example.com"] }
  }

  assert {
    condition     = output.environment == "prod" && tolist(keys(output.functions)) == tolist(module.functions.names)
    error_message = "Everything is there, under prod's name."
  }

  assert {
    condition     = local.api_cache == null && !output.response_cache
    error_message = "The response cache ships off: that no two callers share a page is for a deployment to show."
  }

  assert {
    condition     = [for feature, on in var.features : feature if !on] == ["response_cache"] && local.requests_per_address == 2000
    error_message = "prod leaves nothing else out, and has a firewall."
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
    condition     = length(var.concurrency) == 0
    error_message = "A new account's limit is too low for provisioned concurrency: prod ships without."
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
