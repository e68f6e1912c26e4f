output "name" {
  description = "The function's name in AWS."
  value       = aws_lambda_function.this.function_name
}

output "alias" {
  description = "The alias `live`: its name, ARN, and the URI that API Gateway invokes it by."
  value = {
    name       = aws_lambda_alias.live.name
    arn        = aws_lambda_alias.live.arn
    invoke_uri = aws_lambda_alias.live.invoke_arn
  }
}
