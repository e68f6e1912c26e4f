mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_api_gateway_rest_api.items
  override_during = plan
  values          = { id = "abc123", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:abc123" }
}

override_resource {
  target          = aws_api_gateway_stage.prod
  override_during = plan
  values          = { invoke_url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod" }
}

override_resource {
  target          = aws_apigatewayv2_api.websocket
  override_during = plan
  values          = { id = "ws123", api_endpoint = "wss://ws123.execute-api.eu-west-1.amazonaws.com", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:ws123" }
}

variables {
  prefix = "starter-test"
  websocket_log_group = {
    name = "/aws/apigateway/websocket"
    arn  = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/apigateway/websocket"
  }
  websocket_throttle = { rate = 20, burst = 40 }
  log_group = {
    name           = "/aws/apigateway/items"
    arn            = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/apigateway/items"
    retention_days = 14
    kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/logs"
  }
  logging_role    = "arn:aws:iam::111122223333:role/gateway-logging"
  manage_account  = true
  tracing         = true
  anonymous_reads = false
  cors_origin     = "https://app.example.com"
  throttle        = { rate = 50, burst = 100 }
  cache           = null
  clients         = []
  quota_per_day   = 1000
  endpoint        = null
  functions = {
    create-item          = { name = "starter-test-create-item", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:create-item:live", invoke_uri = "arn:aws:apigateway:create-item" } }
    get-item             = { name = "starter-test-get-item", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:get-item:live", invoke_uri = "arn:aws:apigateway:get-item" } }
    list-items           = { name = "starter-test-list-items", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:list-items:live", invoke_uri = "arn:aws:apigateway:list-items" } }
    update-item          = { name = "starter-test-update-item", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:update-item:live", invoke_uri = "arn:aws:apigateway:update-item" } }
    delete-item          = { name = "starter-test-delete-item", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:delete-item:live", invoke_uri = "arn:aws:apigateway:delete-item" } }
    create-upload        = { name = "starter-test-create-upload", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:create-upload:live", invoke_uri = "arn:aws:apigateway:create-upload" } }
    list-images          = { name = "starter-test-list-images", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:list-images:live", invoke_uri = "arn:aws:apigateway:list-images" } }
    health-checker       = { name = "starter-test-health-checker", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:health-checker:live", invoke_uri = "arn:aws:apigateway:health-checker" } }
    rest-authorizer      = { name = "starter-test-rest-authorizer", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:rest-authorizer:live", invoke_uri = "arn:aws:apigateway:rest-authorizer" } }
    websocket-connect    = { name = "starter-test-websocket-connect", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-connect:live", invoke_uri = "arn:aws:apigateway:websocket-connect" } }
    websocket-disconnect = { name = "starter-test-websocket-disconnect", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-disconnect:live", invoke_uri = "arn:aws:apigateway:websocket-disconnect" } }
    websocket-message    = { name = "starter-test-websocket-message", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:websocket-message:live", invoke_uri = "arn:aws:apigateway:websocket-message" } }
  }
  # The rows of security/service-permissions.yaml; that they are these is tested there.
  invocations = {
    gateway-invokes-create-item    = { function = "create-item", service = "apigateway.amazonaws.com", api = "rest", source = "*/POST/items" }
    gateway-invokes-list-items     = { function = "list-items", service = "apigateway.amazonaws.com", api = "rest", source = "*/GET/items" }
    gateway-invokes-get-item       = { function = "get-item", service = "apigateway.amazonaws.com", api = "rest", source = "*/GET/items/*" }
    gateway-invokes-update-item    = { function = "update-item", service = "apigateway.amazonaws.com", api = "rest", source = "*/PUT/items/*" }
    gateway-invokes-delete-item    = { function = "delete-item", service = "apigateway.amazonaws.com", api = "rest", source = "*/DELETE/items/*" }
    gateway-invokes-create-upload  = { function = "create-upload", service = "apigateway.amazonaws.com", api = "rest", source = "*/POST/items/*/images" }
    gateway-invokes-list-images    = { function = "list-images", service = "apigateway.amazonaws.com", api = "rest", source = "*/GET/items/*/images" }
    gateway-invokes-health-checker = { function = "health-checker", service = "apigateway.amazonaws.com", api = "rest", source = "*/GET/health" }
    gateway-asks-rest-authorizer   = { function = "rest-authorizer", service = "apigateway.amazonaws.com", api = "rest", source = "authorizers/*" }
    gateway-connects               = { function = "websocket-connect", service = "apigateway.amazonaws.com", api = "websocket", source = "*/$connect" }
    gateway-disconnects            = { function = "websocket-disconnect", service = "apigateway.amazonaws.com", api = "websocket", source = "*/$disconnect" }
    gateway-passes-subscribe       = { function = "websocket-message", service = "apigateway.amazonaws.com", api = "websocket", source = "*/subscribe" }
    gateway-passes-unsubscribe     = { function = "websocket-message", service = "apigateway.amazonaws.com", api = "websocket", source = "*/unsubscribe" }
    gateway-passes-ping            = { function = "websocket-message", service = "apigateway.amazonaws.com", api = "websocket", source = "*/ping" }
    gateway-passes-anything-else   = { function = "websocket-message", service = "apigateway.amazonaws.com", api = "websocket", source = "*/$default" }
  }
}

run "connections_and_messages_reach_their_functions" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_api.websocket.protocol_type == "WEBSOCKET" && aws_apigatewayv2_api.websocket.route_selection_expression == "$request.body.action"
    error_message = "A message's action names its route."
  }

  assert {
    condition     = tolist(keys(aws_apigatewayv2_route.websocket)) == tolist(["$connect", "$default", "$disconnect", "ping", "subscribe", "unsubscribe"])
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
      for name, integration in aws_apigatewayv2_integration.websocket :
      integration.integration_type == "AWS_PROXY" && integration.integration_uri == "arn:aws:apigateway:${name}"
    ])
    error_message = "Functions are reached through their aliases."
  }

  assert {
    condition     = tolist(keys(aws_apigatewayv2_route_response.websocket)) == tolist(["$default", "ping", "subscribe", "unsubscribe"])
    error_message = "Who sends a message is answered on the connection."
  }

  assert {
    condition = alltrue([
      for route, settings in local.routes : (aws_apigatewayv2_route.websocket[route].route_response_selection_expression == "$default") == contains(keys(aws_apigatewayv2_route_response.websocket), route)
    ])
    error_message = "A route answers only when it both selects a response and has one."
  }

  assert {
    condition = toset([for row in values(var.invocations) : "${row.source} ${row.function}" if row.api == "websocket"]) == toset([
      for route, settings in local.routes : "*/${route} ${settings.function}"
    ])
    error_message = "Every route may invoke its function, and there is no right without a route."
  }
}

run "a_changed_definition_is_deployed" {
  command = plan

  assert {
    condition     = !aws_apigatewayv2_stage.websocket.auto_deploy && aws_apigatewayv2_deployment.websocket.triggers.definition == sha256(local.websocket_definition)
    error_message = "The stage serves what was deployed, and the trigger is the hash of all that it is made of."
  }

  assert {
    condition = (
      jsondecode(local.websocket_definition).routes == jsondecode(jsonencode(local.routes)) &&
      jsondecode(local.websocket_definition).selection == "$request.body.action" &&
      jsondecode(local.websocket_definition).integrations == {
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
    condition     = aws_apigatewayv2_stage.websocket.name == "prod" && aws_apigatewayv2_stage.websocket.default_route_settings[0].throttling_rate_limit == 20 && aws_apigatewayv2_stage.websocket.default_route_settings[0].throttling_burst_limit == 40
    error_message = "Settings without both limits would switch throttling off."
  }

  assert {
    condition     = aws_apigatewayv2_stage.websocket.default_route_settings[0].detailed_metrics_enabled && aws_apigatewayv2_stage.websocket.default_route_settings[0].logging_level == "ERROR" && aws_apigatewayv2_stage.websocket.default_route_settings[0].data_trace_enabled == false
    error_message = "Every route is measured and its errors are logged; no message ever is."
  }

  assert {
    condition     = aws_apigatewayv2_stage.websocket.access_log_settings[0].destination_arn == var.websocket_log_group.arn
    error_message = "Access logs go to the group that monitoring/ made."
  }

  assert {
    condition = alltrue([
      for name in ["query", "token", "authorization", "header", "$context.path", "authorizer"] : !strcontains(lower(aws_apigatewayv2_stage.websocket.access_log_settings[0].format), name)
    ]) && strcontains(aws_apigatewayv2_stage.websocket.access_log_settings[0].format, "$context.connectionId")
    error_message = "A line names the connection, and never the query, which may hold the caller's token."
  }

  assert {
    condition = length(setsubtract(values(jsondecode(aws_apigatewayv2_stage.websocket.access_log_settings[0].format)), [
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
      aws_cloudwatch_log_group.websocket_execution.name == "/aws/apigateway/ws123/prod" &&
      aws_cloudwatch_log_group.websocket_execution.retention_in_days == 14 &&
      aws_cloudwatch_log_group.websocket_execution.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/logs"
    )
    error_message = "API Gateway's own log is there before it writes, ends, and is encrypted."
  }
}

run "functions_push_to_the_stage" {
  command = plan

  assert {
    condition     = output.websocket_url == "wss://ws123.execute-api.eu-west-1.amazonaws.com/prod" && output.websocket_endpoint == "https://ws123.execute-api.eu-west-1.amazonaws.com/prod"
    error_message = "Callers connect by wss, functions push by https."
  }

  assert {
    condition     = output.websocket_connections_arn == "arn:aws:execute-api:eu-west-1:111122223333:ws123/prod/POST/@connections/*"
    error_message = "The right to push is of this stage alone, and to push is all that it is."
  }

  assert {
    condition     = aws_apigatewayv2_stage.websocket.name == aws_api_gateway_stage.prod.stage_name
    error_message = "Both APIs have one stage, under one name."
  }
}

run "an_emulator_serves_connections_itself" {
  command = plan

  variables {
    endpoint = "http://127.0.0.1:4566/_aws/execute-api"
  }

  assert {
    condition     = output.websocket_url == "ws://127.0.0.1:4566/_aws/execute-api/ws123/prod" && output.websocket_endpoint == "http://127.0.0.1:4566/_aws/execute-api/ws123/prod"
    error_message = "API Gateway's host names do not resolve there."
  }
}
