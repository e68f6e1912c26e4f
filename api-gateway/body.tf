# The body that API Gateway is given: the contract, and around each operation what is API Gateway's own. Nothing here names
# an endpoint, so a new one needs openapi.yaml alone. There is nothing but locals in this file: tests render it by itself.

locals {
  contract = yamldecode(file("${path.module}/openapi.yaml"))

  operations = {
    for path, item in local.contract.paths : path => {
      for method, operation in item : method => operation if contains(["get", "put", "post", "delete", "patch", "head"], method)
    }
  }

  # What the contract asks for and functions/ does not have, in words (rest-api.tf refuses it).
  unanswered = flatten([
    for path, methods in local.operations : [
      for method, operation in methods : "${upper(method)} ${path} (x-function: ${try(operation["x-function"], "none")})"
      if !contains(keys(var.functions), try(operation["x-function"], ""))
    ]
  ])

  cached = {
    for path, methods in local.operations : path => { for method, operation in methods : method => try(operation["x-cached"], false) }
  }

  # Whose answers are kept for each caller: the authorizer decides about the header, the cache is keyed by it.
  authorization = {
    name     = "Authorization"
    in       = "header"
    required = false
    schema   = { type = "string", minLength = 1, maxLength = 8192, pattern = "^[Bb]earer [-_.A-Za-z0-9]+$" }
  }
  parameters = {
    for path, methods in local.operations : path => {
      for method, operation in methods : method => concat(
        [for parameter in try(operation.parameters, []) : parameter],
        [for parameter in [local.authorization] : parameter if local.cached[path][method]],
      )
    }
  }
  # Compared as text: a list of objects that differ would turn their numbers into strings.
  path_parameters = merge(
    {
      for path, methods in local.parameters : path => [
        for text in distinct([for parameter in flatten(values(methods)) : jsonencode(parameter) if parameter.in == "path"]) : jsondecode(text)
      ]
    },
    { "/" = [], "/{proxy+}" = [{ name = "proxy", in = "path", required = true, schema = { type = "string" } }] },
  )

  # The scheme that authorizes an operation; null for one that is open. An operation that says nothing is not.
  schemes = {
    for path, methods in local.operations : path => {
      for method, operation in methods : method => (
        length(try(operation.security, ["caller"])) == 0 ? null
        : var.anonymous_reads && anytrue([for choice in try(operation.security, []) : length(choice) == 0]) ? "caller_or_anonymous"
        : "caller"
      )
    }
  }

  # With API clients, every method that asks for a token asks for a key beside it. What is open to all stays so.
  security = {
    for path, methods in local.schemes : path => {
      for method, scheme in methods : method => [
        for name in compact([scheme]) : { for asked in concat([name], length(var.clients) > 0 ? ["api_key"] : []) : asked => [] }
      ]
    }
  }

  answered = {
    for path, methods in local.operations : path => {
      for method, operation in methods : method => merge(
        { for key, value in operation : key => value if !startswith(key, "x-") },
        { for key, value in {
          security   = local.security[path][method]
          parameters = local.parameters[path][method]
          # Of a body that does not fit its schema API Gateway says "Invalid request body", and what it knows of the reason
          # repeats what the caller sent, unescaped. So it asks for a JSON object, and the handler, which holds a body to the
          # schema anyway, says what is wrong with it.
          requestBody = can(operation.requestBody) ? merge(operation.requestBody, { content = { "application/json" = { schema = { "$ref" = "#/components/schemas/JsonObject" } } } }) : null
        } : key => value if key == "security" || try(length(value), 0) > 0 },
        {
          x-amazon-apigateway-integration = merge(
            {
              type                = "aws_proxy"
              httpMethod          = "POST"
              uri                 = try(var.functions[operation["x-function"]].alias.invoke_uri, "missing")
              passthroughBehavior = "when_no_match"
              timeoutInMillis     = 29000
            },
            # The caller is part of the key: nobody is ever answered with another caller's page.
            { for key, value in {
              cacheNamespace = operation.operationId
              cacheKeyParameters = [
                for parameter in local.parameters[path][method] :
                "method.request.${parameter.in == "query" ? "querystring" : parameter.in}.${parameter.name}"
              ]
            } : key => value if local.cached[path][method] },
          )
        },
      )
    }
  }

  # In camel case, for the ids of what the gateway answers by itself: /items/{id} is ItemsId.
  path_names = {
    for path in concat(keys(local.operations), ["/", "/{proxy+}"]) :
    path => join("", concat([for part in split("/", path) : title(trim(part, "{}+"))], path == "/" ? ["Root"] : []))
  }

  no_body = { schema = { type = "string" } }

  # A page learns from it what it may send here.
  preflights = {
    for path, methods in local.operations : path => merge(
      {
        operationId = "preflight${local.path_names[path]}"
        summary     = "CORS preflight"
        responses = {
          "204" = {
            description = "What the browser may send."
            headers     = { for name in keys(local.preflight_headers[path]) : name => local.no_body }
          }
        }
        x-amazon-apigateway-integration = {
          type                = "mock"
          passthroughBehavior = "when_no_match"
          requestTemplates    = { "application/json" = jsonencode({ statusCode = 204 }) }
          responses = {
            default = {
              statusCode         = "204"
              responseParameters = { for name, value in local.preflight_headers[path] : "method.response.header.${name}" => "'${value}'" }
            }
          }
        }
      },
      { for key, value in { parameters = local.path_parameters[path] } : key => value if length(value) > 0 },
    )
  }
  preflight_headers = {
    for path, methods in local.operations : path => {
      Access-Control-Allow-Origin  = var.cors_origin
      Access-Control-Allow-Methods = join(",", concat(sort([for method in keys(methods) : upper(method)]), ["OPTIONS"]))
      Access-Control-Allow-Headers = join(",", sort(distinct(concat(
        ["X-Correlation-Id"],
        [for parameter in flatten(values(local.parameters[path])) : parameter.name if parameter.in == "header"],
        anytrue([for operation in values(methods) : can(operation.requestBody)]) ? ["Content-Type"] : [],
        anytrue([for scheme in values(local.schemes[path]) : scheme != null]) ? ["Authorization", "X-Api-Key"] : [],
      ))))
      Access-Control-Max-Age = "600"
    }
  }

  # Any other method, on every path, and whatever is no path. Without it API Gateway would read the caller's bearer token as
  # an AWS signature, refuse it with 403, and repeat it in its message.
  nothing_here = {
    for path, name in local.path_names : path => merge(
      {
        operationId = "nothingAt${name}"
        summary     = "There is no such path and method"
        security    = []
        responses = {
          "404" = {
            description = "A problem document (RFC 9457)."
            headers     = { for name in ["Access-Control-Allow-Origin", "Cache-Control", "Content-Type"] : name => local.no_body }
            content     = { "application/problem+json" = { schema = { "$ref" = "#/components/schemas/Problem" } } }
          }
        }
        x-amazon-apigateway-integration = {
          type = "mock"
          # A body of another type than the template's is UNSUPPORTED_MEDIA_TYPE, which answers the same.
          passthroughBehavior = "never"
          requestTemplates    = { "application/json" = jsonencode({ statusCode = 404 }) }
          responses = {
            default = {
              statusCode         = "404"
              responseParameters = { for name, value in local.problem_headers : "method.response.header.${name}" => "'${value}'" }
              responseTemplates  = local.problem_templates["RESOURCE_NOT_FOUND"]
            }
          }
        }
      },
      { for key, value in { parameters = local.path_parameters[path] } : key => value if length(value) > 0 },
    )
  }

  security_schemes = {
    caller = {
      type                         = "apiKey"
      name                         = "Authorization"
      in                           = "header"
      description                  = "A bearer token (JWT)."
      x-amazon-apigateway-authtype = "custom"
      x-amazon-apigateway-authorizer = {
        type          = "token"
        authorizerUri = var.functions["rest-authorizer"].alias.invoke_uri
        # The scheme in any case (RFC 9110, section 11.1), and three parts. Anything else is a 401 that no function is asked for.
        identityValidationExpression = "^[Bb][Ee][Aa][Rr][Ee][Rr] +[-_A-Za-z0-9]+[.][-_A-Za-z0-9]+[.][-_A-Za-z0-9]+$"
        authorizerResultTtlInSeconds = 300
      }
    }
    caller_or_anonymous = {
      type                         = "apiKey"
      name                         = "Unused"
      in                           = "header"
      description                  = "A bearer token, or nothing at all. Without an identity source the authorizer is always asked."
      x-amazon-apigateway-authtype = "custom"
      x-amazon-apigateway-authorizer = {
        type                         = "request"
        authorizerUri                = var.functions["rest-authorizer"].alias.invoke_uri
        authorizerResultTtlInSeconds = 0
      }
    }
    api_key = {
      type        = "apiKey"
      name        = "x-api-key"
      in          = "header"
      description = "Asked for only where a usage plan has clients."
    }
  }

  body = jsonencode(merge(local.contract, {
    info = merge(local.contract.info, { title = "${var.prefix}-items" })
    paths = {
      for path in keys(local.path_names) : path => merge(
        try(local.answered[path], {}),
        { for method, operation in { options = try(local.preflights[path], null) } : method => operation if operation != null },
        { x-amazon-apigateway-any-method = local.nothing_here[path] },
      )
    }
    components = merge(local.contract.components, {
      securitySchemes = local.security_schemes
      schemas = merge(local.contract.components.schemas, {
        JsonObject = { type = "object", description = "What the gateway asks of a body in the place of its schema; the handler asks the rest." }
      })
    })
    x-amazon-apigateway-request-validators = { all = { validateRequestBody = true, validateRequestParameters = true } }
    x-amazon-apigateway-request-validator  = "all"
    x-amazon-apigateway-gateway-responses  = local.gateway_responses
  }))
}
