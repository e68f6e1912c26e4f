mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { id = "ws123", api_endpoint = "wss://ws123.execute-api.eu-west-1.amazonaws.com", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:ws123" }
}

override_resource {
  target          = aws_cloudwatch_log_group.access
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:access" }
}

variables {
  prefix         = "starter-test"
  stage_name     = "prod"
  retention_days = 14
  kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/logs"
  throttle       = { rate = 20, burst = 40 }
  endpoint       = null
  functions = {
    websocket-connect    = { name = "starter-test-websocket-connect", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-connect:live", invoke_uri = "arn:aws:apigateway:websocket-connect" } }
    websocket-disconnect = { name = "starter-test-websocket-disconnect", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-disconnect:live", invoke_uri = "arn:aws:apigateway:websocket-disconnect" } }
    websocket-message    = { name = "starter-test-websocket-message", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-message:live", invoke_uri = "arn:aws:apigateway:websocket-message" } }
  }
}

run "connections_and_messages_reach_their_functions" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_api.this.protocol_type == "WEBSOCKET" && aws_apigatewayv2_api.this.route_selection_expression == "$request.body.action"
    error_message = "A message's action names its route."
  }

  assert {
    condition     = tolist(keys(aws_apigatewayv2_route.this)) == tolist(["$connect", "$default", "$disconnect", "ping", "subscribe", "unsubscribe"])
    error_message = "These are the routes; what none of them names goes to $default."
  }

  assert {
    condition = { for route, settings in local.routes : route => settings.function } == {
      "$connect"    = "websocket-connect"
      "$disconnect" = "websocket-disconnect"
      "$default"    = "websocket-message"
      "subscribe"   = "websocket-message"
      "unsubscribe" = "websocket-message"
      "ping"        = "websocket-message"
    }
    error_message = "Each route has its function."
  }

  assert {
    condition = alltrue([
      for name, integration in aws_apigatewayv2_integration.this :
      integration.integration_type == "AWS_PROXY" && integration.integration_uri == "arn:aws:apigateway:${name}"
    ])
    error_message = "Functions are reached through their aliases."
  }

  assert {
    condition     = tolist(keys(aws_apigatewayv2_route_response.this)) == tolist(["$default", "ping", "subscribe", "unsubscribe"])
    error_message = "Who sends a message is answered on the connection."
  }

  assert {
    condition = alltrue([
      for route, settings in local.routes : (aws_apigatewayv2_route.this[route].route_response_selection_expression == "$default") == contains(keys(aws_apigatewayv2_route_response.this), route)
    ])
    error_message = "A route answers only when it both selects a response and has one."
  }

}

run "a_changed_definition_is_deployed" {
  command = plan

  assert {
    condition     = !aws_apigatewayv2_stage.this.auto_deploy && aws_apigatewayv2_deployment.this.triggers.definition == sha256(local.definition)
    error_message = "The stage serves what was deployed, and the trigger is the hash of all that it is made of."
  }

  assert {
    condition = (
      jsondecode(local.definition).routes == jsondecode(jsonencode(local.routes)) &&
      jsondecode(local.definition).selection == "$request.body.action" &&
      jsondecode(local.definition).integrations == {
        websocket-connect    = "arn:aws:apigateway:websocket-connect"
        websocket-disconnect = "arn:aws:apigateway:websocket-disconnect"
        websocket-message    = "arn:aws:apigateway:websocket-message"
      }
    )
    error_message = "Routes, answers, selection and functions are all in the hash."
  }
}

run "every_route_is_throttled_measured_and_logged" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_stage.this.name == "prod" && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 20 && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 40
    error_message = "Settings without both limits would switch throttling off."
  }

  assert {
    condition     = !aws_apigatewayv2_stage.this.default_route_settings[0].detailed_metrics_enabled && aws_apigatewayv2_stage.this.default_route_settings[0].logging_level == "ERROR" && aws_apigatewayv2_stage.this.default_route_settings[0].data_trace_enabled == false
    error_message = "Every route is measured and its errors are logged; no message ever is."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.access.name == "/aws/apigateway/starter-test-websocket" &&
      aws_cloudwatch_log_group.access.retention_in_days == 14 &&
      aws_cloudwatch_log_group.access.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/logs" &&
      aws_apigatewayv2_stage.this.access_log_settings[0].destination_arn == "arn:aws:logs:eu-west-1:111122223333:log-group:access"
    )
    error_message = "Connections and messages are logged apart from requests; the log ends, and is encrypted."
  }

  assert {
    condition = alltrue([
      for name in ["query", "token", "authorization", "header", "$context.path", "authorizer"] : !strcontains(lower(aws_apigatewayv2_stage.this.access_log_settings[0].format), name)
    ]) && strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "$context.connectionId")
    error_message = "A line names the connection, and never the query, which may hold the caller's token."
  }

  assert {
    condition = length(setsubtract(values(jsondecode(aws_apigatewayv2_stage.this.access_log_settings[0].format)), [
      for name in [
        "apiId", "connectedAt", "connectionId", "domainName", "error.message", "error.messageString", "error.responseType",
        "eventType", "extendedRequestId", "identity.sourceIp", "identity.userAgent", "integration.error",
        "integration.integrationStatus", "integration.latency", "integration.requestId", "integration.status",
        "integrationLatency", "messageId", "requestId", "requestTime", "requestTimeEpoch", "routeKey", "stage", "status",
      ] : "$context.${name}"
    ])) == 0
    error_message = "A WebSocket API's access log knows the variables of \"Configure logging for WebSocket APIs\"; others stay empty."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.execution.name == "/aws/apigateway/ws123/prod" &&
      aws_cloudwatch_log_group.execution.retention_in_days == 14 &&
      aws_cloudwatch_log_group.execution.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/logs"
    )
    error_message = "API Gateway's own log is there before it writes, ends, and is encrypted."
  }
}

run "functions_push_to_the_stage" {
  command = plan

  assert {
    condition     = output.url == "wss://ws123.execute-api.eu-west-1.amazonaws.com/prod" && output.endpoint == "https://ws123.execute-api.eu-west-1.amazonaws.com/prod"
    error_message = "Callers connect by wss, functions push by https."
  }

  assert {
    condition     = output.connections_arn == "arn:aws:execute-api:eu-west-1:111122223333:ws123/prod/POST/@connections/*"
    error_message = "The right to push is of this stage alone, and to push is all that it is."
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.name == var.stage_name
    error_message = "Both APIs have one stage, under one name."
  }
}

run "an_emulator_serves_connections_itself" {
  command = plan

  variables {
    endpoint = "http://127.0.0.1:4566/_aws/execute-api"
  }

  assert {
    condition     = output.url == "ws://127.0.0.1:4566/_aws/execute-api/ws123/prod" && output.endpoint == "http://127.0.0.1:4566/_aws/execute-api/ws123/prod"
    error_message = "API Gateway's host names do not resolve there."
  }
}

run "only_the_gateway_may_invoke_and_only_by_its_route" {
  command = plan

  assert {
    condition = { for route, permission in aws_lambda_permission.invoke : route => [permission.function_name, permission.source_arn] } == {
      "$connect"    = ["starter-test-websocket-connect", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/$connect"]
      "$disconnect" = ["starter-test-websocket-disconnect", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/$disconnect"]
      subscribe     = ["starter-test-websocket-message", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/subscribe"]
      unsubscribe   = ["starter-test-websocket-message", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/unsubscribe"]
      ping          = ["starter-test-websocket-message", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/ping"]
      "$default"    = ["starter-test-websocket-message", "arn:aws:execute-api:eu-west-1:111122223333:ws123/*/$default"]
    }
    error_message = "Each function is invoked by its own routes of this API alone."
  }

  assert {
    condition = alltrue([
      for permission in aws_lambda_permission.invoke :
      permission.principal == "apigateway.amazonaws.com" && permission.action == "lambda:InvokeFunction" && permission.qualifier == "live"
    ])
    error_message = "API Gateway alone, through the alias alone."
  }
}
