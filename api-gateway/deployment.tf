# A stage serves the snapshot that its deployment took: a changed body needs a new deployment, whatever changed in it.

resource "aws_api_gateway_deployment" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id

  triggers = {
    body = sha256(local.body)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "prod" {
  #checkov:skip=CKV_AWS_120:The cache ships off, until a deployment shows that no two callers share a page
  #checkov:skip=CKV2_AWS_4:Errors are logged; what it asks for beside that, metrics of each method, is paid for one by one
  #checkov:skip=CKV2_AWS_77:It wants hosting providers refused too, from where programs call; Log4j's lookups are refused by the known bad inputs
  #checkov:skip=CKV2_AWS_51:Callers are known by their tokens, not by client certificates
  rest_api_id           = aws_api_gateway_rest_api.items.id
  deployment_id         = aws_api_gateway_deployment.items.id
  stage_name            = local.stage
  description           = "The only stage: environments are separate deployments of everything"
  xray_tracing_enabled  = var.tracing
  cache_cluster_enabled = var.cache != null
  cache_cluster_size    = try(var.cache.size, null)

  # Nothing that a caller has written: AWS does not say that $context.path and $context.error.validationErrorString are
  # escaped, and a line with a quote in it would be no JSON.
  access_log_settings {
    destination_arn = var.log_group.arn
    format = jsonencode({
      requestId      = "$context.requestId"
      time           = "$context.requestTime"
      method         = "$context.httpMethod"
      route          = "$context.resourcePath"
      status         = "$context.status"
      latencyMs      = "$context.responseLatency"
      integrationMs  = "$context.integration.latency"
      integration    = "$context.integration.status"
      responseBytes  = "$context.responseLength"
      authorizer     = "$context.authorizer.status"
      authorizerMs   = "$context.authorizer.latency"
      errorType      = "$context.error.responseType"
      extendedId     = "$context.extendedRequestId"
      traceId        = "$context.xrayTraceId"
      firewall       = "$context.wafResponseCode"
      sourceIp       = "$context.identity.sourceIp"
      throttledByKey = "$context.identity.apiKeyId"
    })
  }

  depends_on = [aws_api_gateway_account.this, aws_cloudwatch_log_group.execution]
}

# Where API Gateway writes its own errors. It would make the group by itself, without an end and without a key.
resource "aws_cloudwatch_log_group" "execution" {
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.items.id}/${local.stage}"
  retention_in_days = var.log_group.retention_days
  kms_key_id        = var.log_group.kms_key_arn
}

resource "aws_api_gateway_method_settings" "all" {
  #checkov:skip=CKV_AWS_225:Only the list is cached; one item is always as new as the last answered write
  rest_api_id = aws_api_gateway_rest_api.items.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
    metrics_enabled        = false # metrics of each method are paid for one by one; those of the stage are free
    logging_level          = "ERROR"
    data_trace_enabled     = false # it would log bodies, and tokens with them
    caching_enabled        = false
  }
}

# By path and method, as API Gateway writes it: slashes within a path are ~1.
locals {
  cached_methods = toset(flatten([
    for path, methods in local.cached : [
      for method, cached in methods : "${replace(trimprefix(path, "/"), "/", "~1")}/${upper(method)}" if cached && var.cache != null
    ]
  ]))
}

resource "aws_api_gateway_method_settings" "cached" {
  for_each = local.cached_methods

  rest_api_id = aws_api_gateway_rest_api.items.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  method_path = each.key

  settings {
    throttling_rate_limit                      = var.throttle.rate
    throttling_burst_limit                     = var.throttle.burst
    metrics_enabled                            = false
    logging_level                              = "ERROR"
    data_trace_enabled                         = false
    caching_enabled                            = true
    cache_ttl_in_seconds                       = var.cache.ttl_seconds
    cache_data_encrypted                       = true
    require_authorization_for_cache_control    = true
    unauthorized_cache_control_header_strategy = "SUCCEED_WITH_RESPONSE_HEADER"
  }
}

# Whoever has no token may ask for it, and each answer may take a look at every dependency.
resource "aws_api_gateway_method_settings" "health" {
  #checkov:skip=CKV_AWS_225:A kept answer would tell how things were; the function keeps its own for seconds
  rest_api_id = aws_api_gateway_rest_api.items.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  method_path = "health/GET"

  settings {
    throttling_rate_limit  = min(var.throttle.rate, 10)
    throttling_burst_limit = min(var.throttle.burst, 20)
    metrics_enabled        = false
    logging_level          = "ERROR"
    data_trace_enabled     = false
    caching_enabled        = false
  }
}

resource "aws_api_gateway_account" "this" {
  count = var.manage_account ? 1 : 0

  cloudwatch_role_arn = var.logging_role
}

resource "aws_api_gateway_usage_plan" "clients" {
  name        = "${var.prefix}-clients"
  description = "What each API client may use"

  api_stages {
    api_id = aws_api_gateway_rest_api.items.id
    stage  = aws_api_gateway_stage.prod.stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle.rate
    burst_limit = var.throttle.burst
  }

  quota_settings {
    limit  = var.quota_per_day
    period = "DAY"
  }
}

resource "aws_api_gateway_api_key" "client" {
  for_each = var.clients

  name        = "${var.prefix}-${each.key}"
  description = "The API client ${each.key}. A key names a client for its quota; it proves nothing."
}

resource "aws_api_gateway_usage_plan_key" "client" {
  for_each = var.clients

  key_id        = aws_api_gateway_api_key.client[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.clients.id
}
