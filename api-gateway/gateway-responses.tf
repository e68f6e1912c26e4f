# What the gateway answers by itself: the same problem documents, with the same CORS headers. Every text is fixed: API
# Gateway's own messages may repeat what the caller sent, and its templates have nothing that would escape it.

locals {
  not_found = { status = 404, title = "Not Found", detail = "There is no such path and method." }
  internal  = { status = 500, title = "Internal Server Error", detail = null }
  too_many  = { status = 429, title = "Too Many Requests", detail = "Slow down and try again later." }

  problems = {
    ACCESS_DENIED                  = { status = 403, title = "Forbidden", detail = "The token does not grant this." }
    API_CONFIGURATION_ERROR        = local.internal
    AUTHORIZER_CONFIGURATION_ERROR = local.internal
    AUTHORIZER_FAILURE             = local.internal
    BAD_REQUEST_BODY               = { status = 400, title = "Bad Request", detail = "The body is not a JSON object." }
    BAD_REQUEST_PARAMETERS         = { status = 400, title = "Bad Request", detail = "A required parameter is missing or blank." }
    # For reasons that have no answer of their own; the gateway's status stays as it is.
    DEFAULT_4XX = { status = null, title = "The gateway refused the request", detail = null }
    DEFAULT_5XX = { status = null, title = "The gateway failed", detail = null }
    # Nothing here takes AWS signatures, so whoever is told of a wrong one has asked for what is not there.
    EXPIRED_TOKEN                = local.not_found
    INTEGRATION_FAILURE          = { status = 502, title = "Bad Gateway", detail = null }
    INTEGRATION_TIMEOUT          = { status = 504, title = "Gateway Timeout", detail = null }
    INVALID_API_KEY              = { status = 403, title = "Forbidden", detail = "The API key is missing or unknown." }
    INVALID_SIGNATURE            = local.not_found
    MISSING_AUTHENTICATION_TOKEN = local.not_found
    QUOTA_EXCEEDED               = local.too_many
    REQUEST_TOO_LARGE            = { status = 413, title = "Content Too Large", detail = null }
    RESOURCE_NOT_FOUND           = local.not_found
    THROTTLED                    = local.too_many
    UNAUTHORIZED                 = { status = 401, title = "Unauthorized", detail = "A valid bearer token is needed." }
    # Handlers answer 415 themselves. The gateway does so where a request without a route has a body of another type than JSON.
    UNSUPPORTED_MEDIA_TYPE = local.not_found
    # AWS WAF's refusal. It says no more: an attacker need not learn which rule it was.
    WAF_FILTERED = { status = 403, title = "Forbidden", detail = "The firewall refused the request." }
  }

  problem_headers = {
    Content-Type                = "application/problem+json"
    Cache-Control               = "no-store"
    Access-Control-Allow-Origin = var.cors_origin
  }

  problem_templates = {
    for kind, problem in local.problems : kind => {
      "application/json" = jsonencode({
        for key, value in merge({ type = "about:blank", requestId = "$context.requestId" }, problem) : key => value if value != null
      })
    }
  }

  gateway_responses = {
    for kind, problem in local.problems : kind => merge(
      {
        responseParameters = {
          for name, value in merge(local.problem_headers, kind == "UNAUTHORIZED" ? { WWW-Authenticate = "Bearer" } : {}) :
          "gatewayresponse.header.${name}" => "'${value}'"
        }
        responseTemplates = local.problem_templates[kind]
      },
      { for key, value in { statusCode = problem.status } : key => value if value != null },
    )
  }
}
