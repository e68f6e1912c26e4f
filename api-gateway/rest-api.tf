locals {
  stage = "prod"

  contract = templatefile("${path.module}/openapi.yaml", {
    title              = "${var.prefix}-items"
    cors_origin        = var.cors_origin
    list_authorizer    = var.anonymous_reads ? "caller_or_anonymous" : "caller"
    authorizer_uri     = var.functions["rest-authorizer"].alias.invoke_uri
    create_item_uri    = var.functions["create-item"].alias.invoke_uri
    get_item_uri       = var.functions["get-item"].alias.invoke_uri
    list_items_uri     = var.functions["list-items"].alias.invoke_uri
    update_item_uri    = var.functions["update-item"].alias.invoke_uri
    delete_item_uri    = var.functions["delete-item"].alias.invoke_uri
    create_upload_uri  = var.functions["create-upload"].alias.invoke_uri
    list_images_uri    = var.functions["list-images"].alias.invoke_uri
    health_checker_uri = var.functions["health-checker"].alias.invoke_uri
  })

  # With API clients, every method that asks for a token asks for a key beside it. What is open to all stays so: GET /health.
  keyed = length(var.clients) == 0 ? local.contract : replace(local.contract, "/- \"?(caller\\w*)\"?: \\[\\]/", "- { $1: [], api_key: [] }")

  # Of a body that does not fit its schema API Gateway says "Invalid request body", and what it knows of the reason repeats
  # what the caller sent, unescaped. So it asks for a JSON object, and the handler, which holds a body to the schema anyway,
  # says what is wrong with it.
  object_bodies = replace(local.keyed, "/(requestBody:\\s+required: true\\s+content:\\s+application/json: \\{ schema: \\{ \\$ref: \"#/components/schemas/)\\w+/", "$${1}JsonObject")

  body = jsonencode(yamldecode(local.object_bodies))
}

resource "aws_api_gateway_rest_api" "items" {
  name              = "${var.prefix}-items"
  body              = local.body
  put_rest_api_mode = "overwrite"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The source's ARN holds the account and the API. A source_account beside it would add nothing, and API Gateway is not
# documented to send one: a condition on it might refuse every request.
resource "aws_lambda_permission" "invoke" {
  for_each = var.invocations

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.value.function].name
  qualifier     = var.functions[each.value.function].alias.name
  principal     = each.value.service
  source_arn    = "${aws_api_gateway_rest_api.items.execution_arn}/${each.value.source}"
}
