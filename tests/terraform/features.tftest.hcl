# terraform test -test-directory=tests/terraform -filter=tests/terraform/features.tftest.hcl -verbose
#
# Each feature left out alone, and all of them. What is planned then is looked at in test_features.py, which knows
# each run by its name; what modules make of it is tested in the modules.

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

  # With ARNs, policies are known while planning.
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/k", key_id = "k" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/t", stream_arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/s" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "b", arn = "arn:aws:s3:::b" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s" }
  }
  mock_resource "aws_cloudwatch_event_bus" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:event-bus/b" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:q", url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:t" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { id = "w", api_endpoint = "wss://w", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:w" }
  }
}

run "without_websocket" {
  command = plan

  variables {
    features = { websocket = false, response_cache = true }
  }

  assert {
    condition     = output.websocket_url == null && output.connections_table == null
    error_message = "The toolkit is told that there is no WebSocket API."
  }

  assert {
    condition     = setsubtract(keys(yamldecode(file("security/permissions.yaml"))), keys(output.functions)) == local.left_out && length(local.left_out) >= 3
    error_message = "Its functions alone are left out."
  }

  assert {
    condition     = tolist(keys(output.functions)) == tolist(module.functions.names) && toset(keys(module.monitoring.function_log_groups)) == toset(module.functions.names)
    error_message = "What is left out has neither role nor log group, and all else has both."
  }
}

run "without_response_cache" {
  command = plan

  # As it is for who says nothing.
  variables {
    features = {}
  }

  assert {
    condition     = [for feature, on in var.features : feature if !on] == ["response_cache"]
    error_message = "A feature is there unless it is switched off; the response cache is not unless it is switched on."
  }
}

run "without_waf" {
  command = plan

  variables {
    features = { waf = false, response_cache = true }
  }
}

run "without_tracing_rules" {
  command = plan

  variables {
    features = { tracing_rules = false, response_cache = true }
  }
}

run "without_event_archive" {
  command = plan

  variables {
    features = { event_archive = false, response_cache = true }
  }
}

run "nothing" {
  command = plan

  variables {
    features = { websocket = false, response_cache = false, waf = false, tracing_rules = false, event_archive = false }
  }

  assert {
    condition     = module.api_gateway.websocket_endpoint == null && output.items_table == "starter-dev-items" && output.event_bus == "starter-dev-items"
    error_message = "The items API needs none of them."
  }
}

run "rules_without_traces" {
  command = plan

  variables {
    tracing_mode = "PassThrough"
  }
}
