# The WebSocket API, where there is to be one. Its resources are in websocket/.

module "websocket" {
  source = "./websocket"
  count  = var.websocket == null ? 0 : 1

  prefix         = var.prefix
  functions      = var.functions
  stage_name     = local.stage
  retention_days = var.websocket.retention_days
  kms_key_arn    = var.websocket.kms_key_arn
  throttle       = var.websocket.throttle
  endpoint       = var.endpoint

  # API Gateway makes no stage that logs before it may write logs.
  depends_on = [aws_api_gateway_account.this]
}
