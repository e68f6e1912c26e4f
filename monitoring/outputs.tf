output "function_log_groups" {
  description = "Each function's log group."
  value       = { for name, group in aws_cloudwatch_log_group.function : name => group.name }
}

output "api_log_group" {
  description = "The REST API's access log, and how long and under which key logs are kept."
  value = {
    name           = aws_cloudwatch_log_group.api.name
    arn            = aws_cloudwatch_log_group.api.arn
    retention_days = var.retention_days
    kms_key_arn    = var.kms_key_arn
  }
}
