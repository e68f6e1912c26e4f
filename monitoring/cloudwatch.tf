# Log groups exist before what writes to them: made by Lambda itself they would have no end of retention and no key.

resource "aws_cloudwatch_log_group" "function" {
  for_each = toset(var.functions)

  name              = "/aws/lambda/${var.prefix}-${each.key}"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/apigateway/${var.prefix}-items"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn
}
