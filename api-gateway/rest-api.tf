locals {
  stage = "prod"

  # Which function the gateway may invoke, and from which method of which path alone: any value of a path's parameter.
  invocations = merge(
    {
      for route in flatten([
        for path, methods in local.operations : [
          for method, operation in methods : {
            id       = "gateway-${operation.operationId}"
            function = operation["x-function"]
            source   = "*/${upper(method)}${replace(path, "/{[^}]*}/", "*")}"
          } if contains(keys(var.functions), try(operation["x-function"], ""))
        ]
      ]) : route.id => route
    },
    { gateway-asks-rest-authorizer = { function = "rest-authorizer", source = "authorizers/*" } },
  )
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

    precondition {
      condition     = length(local.unanswered) == 0
      error_message = "openapi.yaml has operations whose function does not exist: ${join(", ", sort(local.unanswered))}. Add the function's block to functions/, or correct x-function. There are: ${join(", ", keys(var.functions))}."
    }
  }
}

# The source's ARN holds the account and the API. A source_account beside it would add nothing, and API Gateway is not
# documented to send one: a condition on it might refuse every request.
resource "aws_lambda_permission" "invoke" {
  for_each = local.invocations

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.value.function].name
  qualifier     = var.functions[each.value.function].alias.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.items.execution_arn}/${each.value.source}"
}
