output "arns" {
  description = "Each layer's current version."
  value       = { for name, layer in aws_lambda_layer_version.this : name => layer.arn }
}
