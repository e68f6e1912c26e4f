# The WebSocket API: who is connected hears of changes as they come.

locals {
  # Known before the stage is, which is made after the functions that want to know it.
  endpoint = (
    var.endpoint == null
    ? "${replace(aws_apigatewayv2_api.this.api_endpoint, "/^wss:/", "https:")}/${var.stage_name}"
    : "${var.endpoint}/${aws_apigatewayv2_api.this.id}/${var.stage_name}"
  )

  # Two-way routes answer on the connection with what their function returns.
  routes = {
    "$connect"    = { function = "websocket-connect", two_way = false }
    "$disconnect" = { function = "websocket-disconnect", two_way = false }
    "$default"    = { function = "websocket-message", two_way = true }
    "subscribe"   = { function = "websocket-message", two_way = true }
    "unsubscribe" = { function = "websocket-message", two_way = true }
    "ping"        = { function = "websocket-message", two_way = true }
  }
  two_way         = { for route, settings in local.routes : route => settings if settings.two_way }
  route_functions = toset([for settings in values(local.routes) : settings.function])

  # All that a deployment is made of: a stage serves the snapshot that its deployment took.
  definition = jsonencode({
    selection    = local.route_selection
    routes       = local.routes
    integrations = { for name in local.route_functions : name => var.functions[name].alias.invoke_uri }
  })
  route_selection = "$request.body.action"
}

resource "aws_apigatewayv2_api" "this" {
  name                       = "${var.prefix}-websocket"
  description                = "Tells who is connected of changes"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = local.route_selection
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.route_functions

  api_id                    = aws_apigatewayv2_api.this.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST"
  integration_uri           = var.functions[each.key].alias.invoke_uri
  content_handling_strategy = "CONVERT_TO_TEXT"
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  #checkov:skip=CKV_AWS_309:$connect is authorized by its function, with the REST API's verifier, so that a browser may send its token in the query; later messages come on a connection that was let in
  api_id                              = aws_apigatewayv2_api.this.id
  route_key                           = each.key
  target                              = "integrations/${aws_apigatewayv2_integration.this[each.value.function].id}"
  authorization_type                  = "NONE"
  route_response_selection_expression = each.value.two_way ? "$default" : null
}

resource "aws_apigatewayv2_route_response" "this" {
  for_each = local.two_way

  api_id             = aws_apigatewayv2_api.this.id
  route_id           = aws_apigatewayv2_route.this[each.key].id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  description = "Definition ${substr(sha256(local.definition), 0, 12)}"

  triggers = {
    definition = sha256(local.definition)
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_apigatewayv2_route.this, aws_apigatewayv2_route_response.this]
}

resource "aws_apigatewayv2_stage" "this" {
  #checkov:skip=CKV2_AWS_51:Callers are known by their tokens, not by client certificates
  api_id        = aws_apigatewayv2_api.this.id
  deployment_id = aws_apigatewayv2_deployment.this.id
  name          = var.stage_name
  description   = "The only stage: environments are separate deployments of everything"
  auto_deploy   = false

  default_route_settings {
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
    detailed_metrics_enabled = false # of each route, paid for one by one; those of the stage are free
    logging_level            = "ERROR"
    data_trace_enabled       = false # it would log messages, and what a connection was opened with
  }

  # Nothing of the request but its route: the query of $connect may hold the caller's token.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId     = "$context.requestId"
      time          = "$context.requestTime"
      event         = "$context.eventType"
      route         = "$context.routeKey"
      status        = "$context.status"
      connectionId  = "$context.connectionId"
      connectedAt   = "$context.connectedAt"
      integrationMs = "$context.integrationLatency"
      integration   = "$context.integration.status"
      errorType     = "$context.error.responseType"
      sourceIp      = "$context.identity.sourceIp"
      extendedId    = "$context.extendedRequestId"
    })
  }

  depends_on = [aws_cloudwatch_log_group.execution]
}

# The access log exists before the stage: made by API Gateway itself it would have no end of retention and no key.
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.prefix}-websocket"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn
}

# Where API Gateway writes its own errors. It would make the group by itself, without an end and without a key.
resource "aws_cloudwatch_log_group" "execution" {
  name              = "/aws/apigateway/${aws_apigatewayv2_api.this.id}/${var.stage_name}"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn
}

# By its own route alone. Why no source_account stands beside the ARN is said at the REST API's.
resource "aws_lambda_permission" "invoke" {
  for_each = local.routes

  statement_id  = "gateway-passes-${trimprefix(each.key, "$")}"
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.value.function].name
  qualifier     = var.functions[each.value.function].alias.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/${each.key}"
}
