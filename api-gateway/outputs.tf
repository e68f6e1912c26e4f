output "url" {
  description = "The API's URL with its stage."
  value       = var.endpoint == null ? aws_api_gateway_stage.prod.invoke_url : "${var.endpoint}/${aws_api_gateway_rest_api.items.id}/${aws_api_gateway_stage.prod.stage_name}"
}

output "id" {
  description = "The API's id."
  value       = aws_api_gateway_rest_api.items.id
}

output "body" {
  description = "What API Gateway was given: the contract with everything filled in."
  value       = local.body
}

output "websocket_url" {
  description = "The WebSocket API's URL with its stage."
  value       = var.endpoint == null ? "${aws_apigatewayv2_api.websocket.api_endpoint}/${local.stage}" : replace(local.websocket_endpoint, "/^http/", "ws")
}

# Both are known as soon as the API is: the functions that push stand behind its routes, and know where to push to.
output "websocket_endpoint" {
  description = "Where functions push to connections."
  value       = local.websocket_endpoint
}

output "websocket_connections_arn" {
  description = "What pushing to a connection needs a right on."
  value       = "${aws_apigatewayv2_api.websocket.execution_arn}/${local.stage}/POST/@connections/*"
}
