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

output "traced_as" {
  description = "The name under which the stage's requests are traced."
  value       = "${aws_api_gateway_rest_api.items.name}/${local.stage}"
}

output "started" {
  description = "Functions that it invokes."
  value       = setunion([for row in values(local.invocations) : row.function], flatten(module.websocket[*].started))
}

# By index, not by a splat: a splat of a module waits for all of it, and its routes wait for the functions that are told these.

output "websocket_url" {
  description = "The WebSocket API's URL with its stage; null where there is none."
  value       = try(module.websocket[0].url, null)
}

output "websocket_endpoint" {
  description = "Where functions push to connections; null without a WebSocket API."
  value       = try(module.websocket[0].endpoint, null)
}

output "websocket_connections_arn" {
  description = "What pushing to a connection needs a right on; null without a WebSocket API."
  value       = try(module.websocket[0].connections_arn, null)
}
