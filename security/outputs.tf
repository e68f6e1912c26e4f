output "role_arns" {
  description = "Each function's role, known once it may do what the tables say: Lambda checks that when it takes a destination."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
  depends_on  = [aws_iam_role_policy.calls, aws_iam_role_policy.services]

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "security/permissions.yaml names what does not exist: ${join(", ", local.unknown)}. Add it, or correct the name. The resources are: ${join(", ", keys(local.arns))}."
  }
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
  description = "ARNs of the secrets by their names here: token signs tokens, cursor the lists' cursors."
  value       = { for name, secret in aws_secretsmanager_secret.key : name => secret.arn }
}

output "api_gateway_logging_role" {
  description = "What API Gateway writes its logs with, known once it may: API Gateway checks that."
  value       = aws_iam_role.gateway_logging.arn
  depends_on  = [aws_iam_role_policy_attachment.gateway_logging]
}
