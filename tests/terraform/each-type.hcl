# One resource of each type that the application has and the local cloud knows, as small as it can be; a test's main.tf.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  default_tags {
    tags = {
      Project     = "starter"
      Environment = var.environment
    }
  }
}

variable "environment" {
  type = string
}

variable "emulator" {
  type = any
}

locals {
  prefix = "starter-${var.environment}"
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  allow = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }]
  })
}

resource "terraform_data" "build" {
  input = var.emulator.endpoint
}

resource "aws_kms_key" "data" {
  description = "${local.prefix}: data"
}

resource "aws_kms_alias" "data" {
  name          = "alias/${local.prefix}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_iam_role" "function" {
  name               = "${local.prefix}-function"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "calls" {
  name   = "calls"
  role   = aws_iam_role.function.id
  policy = local.allow
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${local.prefix}-function"
  retention_in_days = 1
}

resource "aws_dynamodb_table" "items" {
  name         = "${local.prefix}-items"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_s3_bucket" "artefacts" {
  bucket        = "${local.prefix}-artefacts"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "artefacts" {
  bucket = aws_s3_bucket.artefacts.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "code" {
  bucket = aws_s3_bucket.artefacts.bucket
  key    = "code.zip"
  source = "${path.module}/code.zip"
}

resource "aws_lambda_layer_version" "base" {
  layer_name = "${local.prefix}-base"
  s3_bucket  = aws_s3_object.code.bucket
  s3_key     = aws_s3_object.code.key
}

resource "aws_lambda_function" "this" {
  function_name = "${local.prefix}-function"
  role          = aws_iam_role.function.arn
  runtime       = "python3.13"
  handler       = "index.handler"
  s3_bucket     = aws_s3_object.code.bucket
  s3_key        = aws_s3_object.code.key
  layers        = [aws_lambda_layer_version.base.arn]
  publish       = true
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 21600
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.schedule.arn
}

resource "aws_sqs_queue" "failures" {
  name                       = "${local.prefix}-failures"
  visibility_timeout_seconds = 60
}

resource "aws_lambda_event_source_mapping" "failures" {
  event_source_arn = aws_sqs_queue.failures.arn
  function_name    = aws_lambda_alias.live.arn
}

resource "aws_sns_topic" "notifications" {
  name = "${local.prefix}-notifications"
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.failures.arn
}

resource "aws_cloudwatch_event_bus" "items" {
  name = "${local.prefix}-items"
}

resource "aws_cloudwatch_event_archive" "items" {
  name             = "${local.prefix}-items"
  event_source_arn = aws_cloudwatch_event_bus.items.arn
}

resource "aws_cloudwatch_event_rule" "created" {
  name           = "${local.prefix}-created"
  event_bus_name = aws_cloudwatch_event_bus.items.name
  event_pattern  = jsonencode({ source = ["items"] })
}

resource "aws_cloudwatch_event_rule" "schedule" {
  name                = "${local.prefix}-schedule"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_target" "created" {
  rule           = aws_cloudwatch_event_rule.created.name
  event_bus_name = aws_cloudwatch_event_bus.items.name
  target_id      = "queue"
  arn            = aws_sqs_queue.failures.arn
}

resource "aws_secretsmanager_secret" "key" {
  name                    = "${local.prefix}/key"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "key" {
  secret_id                = aws_secretsmanager_secret.key.id
  secret_string_wo         = "x"
  secret_string_wo_version = 1
}

resource "aws_api_gateway_rest_api" "items" {
  name = "${local.prefix}-items"

  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "items", version = "1" }
    paths = {
      "/items" = {
        get = {
          responses = {}
          x-amazon-apigateway-integration = {
            type             = "mock"
            httpMethod       = "POST"
            requestTemplates = { "application/json" = "{\"statusCode\": 200}" }
          }
        }
      }
    }
  })
}

resource "aws_api_gateway_deployment" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  triggers    = { body = sha256(aws_api_gateway_rest_api.items.body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.items.id
  deployment_id = aws_api_gateway_deployment.items.id
  stage_name    = "prod"
}

resource "aws_api_gateway_usage_plan" "clients" {
  name = "${local.prefix}-clients"

  api_stages {
    api_id = aws_api_gateway_rest_api.items.id
    stage  = aws_api_gateway_stage.prod.stage_name
  }
}

resource "aws_api_gateway_api_key" "client" {
  name = "${local.prefix}-client"
}

resource "aws_api_gateway_usage_plan_key" "client" {
  key_id        = aws_api_gateway_api_key.client.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.clients.id
}

resource "aws_apigatewayv2_api" "this" {
  name                       = "${local.prefix}-websocket"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "this" {
  api_id             = aws_apigatewayv2_api.this.id
  integration_type   = "AWS_PROXY"
  integration_method = "POST"
  integration_uri    = aws_lambda_alias.live.invoke_arn
}

resource "aws_apigatewayv2_route" "this" {
  api_id                              = aws_apigatewayv2_api.this.id
  route_key                           = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.this.id}"
  route_response_selection_expression = "$default"
}

resource "aws_apigatewayv2_route_response" "this" {
  api_id             = aws_apigatewayv2_api.this.id
  route_id           = aws_apigatewayv2_route.this.id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id     = aws_apigatewayv2_api.this.id
  depends_on = [aws_apigatewayv2_route.this, aws_apigatewayv2_route_response.this]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id        = aws_apigatewayv2_api.this.id
  deployment_id = aws_apigatewayv2_deployment.this.id
  name          = "prod"
}

resource "aws_wafv2_web_acl" "items" {
  name  = "${local.prefix}-items"
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  visibility_config {
    cloudwatch_metrics_enabled = false
    metric_name                = "items"
    sampled_requests_enabled   = false
  }
}

output "api_url" {
  value = aws_api_gateway_rest_api.items.id
}
