# terraform test -test-directory=tests/terraform -filter=tests/terraform/dev.tftest.hcl -var-file=environments/dev.tfvars

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

run "dev_plans" {
  command = plan

  assert {
    condition     = output.environment == "dev" && output.items_table == "starter-dev-items"
    error_message = "Everything is named after the project and the environment."
  }

  assert {
    condition     = tolist(keys(output.functions)) == tolist(module.functions.names)
    error_message = "Every block is a function."
  }

  assert {
    condition     = setunion(module.api_gateway.started, module.triggers.started) == toset(module.functions.names)
    error_message = "Every function is invoked by somebody, or has its source polled."
  }

  assert {
    condition     = toset(values(module.monitoring.function_log_groups)) == toset([for name in module.functions.names : "/aws/lambda/starter-dev-${name}"])
    error_message = "Every function has a log group."
  }

  assert {
    condition     = local.api_cache == null && local.requests_per_address == null && !var.deletion_protection && length(var.concurrency) == 0
    error_message = "dev pays for no cache, no firewall and nothing kept warm, and can be destroyed."
  }

  assert {
    condition     = !var.api.anonymous_reads && local.api_endpoint == null && local.target == "aws"
    error_message = "dev is on AWS, and asks everybody for a token."
  }

  assert {
    condition     = output.queues != null && output.connections_table == "starter-dev-connections" && output.event_bus == "starter-dev-items"
    error_message = "The toolkit finds tables, queues and the bus."
  }

  assert {
    condition     = length(distinct(values(output.buckets))) == 3 && output.buckets.uploads != output.buckets.images
    error_message = "The output of image-processor can never be its input."
  }

  assert {
    condition     = strcontains(output.buckets.uploads, "starter-dev-uploads-111122223333-eu-west-1") && tolist(keys(output.buckets)) == tolist(["images", "reports", "uploads"])
    error_message = "A bucket's name is its own in the world: it holds account and region."
  }

  assert {
    condition     = module.functions.schedules["health-checker"] == "rate(5 minutes)" && length(var.notifications.emails) == 0
    error_message = "dev is looked at every five minutes, and writes to nobody unasked."
  }
}
