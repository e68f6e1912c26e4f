output "functions" {
  description = "Names of all functions: whoever stands in permissions.yaml."
  value       = local.functions
}

output "role_arns" {
  description = "Each function's role, known once it may do what the tables say: Lambda checks that when it takes a destination."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
  depends_on  = [aws_iam_role_policy.calls, aws_iam_role_policy.services]
}

output "data_key_arn" {
  description = "The key of tables, buckets, queues, topics and secrets."
  value       = aws_kms_key.data.arn
}

output "log_key_arn" {
  description = "The key of log groups."
  value       = aws_kms_key.logs.arn
}

output "secrets" {
  description = "ARNs of the secrets: what signs tokens and list cursors."
  value       = { for name, secret in aws_secretsmanager_secret.key : name => secret.arn }
}

output "queue_senders" {
  description = "Rows of service-permissions.yaml about which service may send to which queue."
  value       = local.queue_senders
}

output "api_gateway_logging_role" {
  description = "What API Gateway writes its logs with, known once it may: API Gateway checks that."
  value       = aws_iam_role.gateway_logging.arn
  depends_on  = [aws_iam_role_policy_attachment.gateway_logging]
}
