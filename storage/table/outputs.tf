output "name" {
  description = "The table's name."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.this.arn
}

output "stream" {
  description = "The stream of changes; null where there is none."
  value       = var.stream ? { arn = aws_dynamodb_table.this.stream_arn } : null
}
