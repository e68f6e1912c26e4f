# terraform test -test-directory=tests/terraform -filter=tests/terraform/local.tftest.hcl -var-file=environments/local.tfvars

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

override_resource {
  target          = module.api_gateway.aws_api_gateway_rest_api.items
  override_during = plan
  values          = { id = "abc123", execution_arn = "arn:aws:execute-api:us-east-1:000000000000:abc123" }
}

override_resource {
  target          = module.api_gateway.module.websocket[0].aws_apigatewayv2_api.this
  override_during = plan
  values          = { id = "ws123", api_endpoint = "wss://ws123.execute-api.us-east-1.amazonaws.com", execution_arn = "arn:aws:execute-api:us-east-1:000000000000:ws123" }
}

variables {
  emulator = { endpoint = "http://127.0.0.1:4566", page_origin = "http://127.0.0.1:8765" }
}

run "local_plans" {
  command = plan

  assert {
    condition     = output.environment == "local" && tolist(keys(output.functions)) == tolist(module.functions.names)
    error_message = "Everything that runs on AWS runs here."
  }

  assert {
    condition     = output.api_url == "http://127.0.0.1:4566/_aws/execute-api/abc123/prod"
    error_message = "APIs are reached through the emulator."
  }

  assert {
    condition     = output.websocket_url == "ws://127.0.0.1:4566/_aws/execute-api/ws123/prod" && module.api_gateway.websocket_endpoint == "http://127.0.0.1:4566/_aws/execute-api/ws123/prod"
    error_message = "Connections are made through the emulator, and functions push through it."
  }

  assert {
    condition     = module.functions.schedules["health-checker"] == "rate(1 minute)"
    error_message = "A schedule is seen firing while one looks."
  }

  assert {
    condition     = var.api.anonymous_reads && var.tracing_mode == "PassThrough" && local.target == "local"
    error_message = "The build is for this machine, and the list can be tried without a token."
  }

  assert {
    condition     = local.cors_origin == "http://127.0.0.1:8765"
    error_message = "Of all pages on this machine the demo's alone may call the API."
  }
}

run "another_page_is_named" {
  command = plan

  variables {
    api = { cors_origin = "http://localhost:3000" }
  }

  assert {
    condition     = local.cors_origin == "http://localhost:3000"
    error_message = "An origin that was chosen goes before the demo's."
  }
}
