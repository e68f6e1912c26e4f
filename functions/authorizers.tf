locals {
  # Whoever verifies a token does it with the same settings: the REST authorizer, and the WebSocket API's $connect.
  token_environment = merge(
    {
      TOKEN_ISSUER   = var.tokens.issuer
      TOKEN_AUDIENCE = var.tokens.audience
    },
    var.tokens.jwks == null ? {} : {
      JWKS_ISSUER = var.tokens.jwks.issuer
      JWKS_URL    = var.tokens.jwks.url
      JWKS_ADMIN  = tostring(var.tokens.jwks.admin)
    },
  )

  authorizers = {
    rest-authorizer = {
      description = "Who calls the REST API, and what they may do there"
      secrets     = ["token"]
      environment = merge(local.token_environment, { ANONYMOUS_READS = tostring(var.anonymous_reads) })
    }
  }
}
