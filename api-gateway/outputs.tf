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

output "stage_name" {
  description = "The stage's name, known once API Gateway may write logs."
  value       = local.stage
  depends_on  = [aws_api_gateway_account.this]
}

output "traced_as" {
  description = "The name under which the stage's requests are traced."
  value       = "${aws_api_gateway_rest_api.items.name}/${local.stage}"
}

output "started" {
  description = "Functions that it invokes."
  value       = toset([for row in values(local.invocations) : row.function])
}
