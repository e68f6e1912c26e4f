output "url" {
  description = "The WebSocket API's URL with its stage."
  value       = var.endpoint == null ? "${aws_apigatewayv2_api.this.api_endpoint}/${var.stage_name}" : replace(local.endpoint, "/^http/", "ws")
}

# Both are known as soon as the API is: the functions that push stand behind its routes, and know where to push to.
output "endpoint" {
  description = "Where functions push to connections."
  value       = local.endpoint
}

output "connections_arn" {
  description = "What pushing to a connection needs a right on."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/POST/@connections/*"
}

output "started" {
  description = "Functions that it invokes."
  value       = toset([for row in values(local.routes) : row.function])
}
