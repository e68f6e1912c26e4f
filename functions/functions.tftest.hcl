mock_provider "aws" {
  override_during = plan
}

variables {
  prefix           = "starter-test"
  architecture     = "arm64"
  bucket           = "artefacts"
  layer_arns       = {}
  artefacts        = null
  failure_queue    = { arn = "arn:aws:sqs:eu-west-1:111122223333:failures", url = "https://example.com" }
  tracing_mode     = "Active"
  concurrency      = {}
  items_table      = "items"
  idempotency      = "first-answers"
  secrets          = { token_key = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token", cursor_key = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor" }
  tokens           = { issuer = "starter", audience = "items-api" }
  anonymous_reads  = false
  cors_origin      = "https://app.example.com"
  validate_answers = true
  role_arns = {
    create-item     = "arn:aws:iam::111122223333:role/create-item"
    get-item        = "arn:aws:iam::111122223333:role/get-item"
    list-items      = "arn:aws:iam::111122223333:role/list-items"
    update-item     = "arn:aws:iam::111122223333:role/update-item"
    delete-item     = "arn:aws:iam::111122223333:role/delete-item"
    rest-authorizer = "arn:aws:iam::111122223333:role/rest-authorizer"
  }
  log_groups = {
    create-item     = "/aws/lambda/starter-test-create-item"
    get-item        = "/aws/lambda/starter-test-get-item"
    list-items      = "/aws/lambda/starter-test-list-items"
    update-item     = "/aws/lambda/starter-test-update-item"
    delete-item     = "/aws/lambda/starter-test-delete-item"
    rest-authorizer = "/aws/lambda/starter-test-rest-authorizer"
  }
}

run "every_function_is_there_with_what_it_needs" {
  command = plan

  assert {
    condition     = tolist(keys(output.functions)) == tolist(sort(keys(var.role_arns)))
    error_message = "There is one function for each role, and none beside them."
  }

  assert {
    condition     = alltrue([for name, function in output.functions : function.name == "starter-test-${name}" && function.alias.name == "live"])
    error_message = "Every function is called by its alias."
  }

  assert {
    condition     = alltrue([for function in values(local.functions) : function.timeout_seconds < 29])
    error_message = "A function ends before the gateway gives up after 29 seconds."
  }

  assert {
    condition     = alltrue([for function in values(local.crud_api) : function.environment.ITEMS_TABLE == "items" && function.environment.CORS_ORIGIN == "https://app.example.com" && function.environment.VALIDATE_ANSWERS == "true"])
    error_message = "The API's functions know their table and the origin that they answer."
  }

  assert {
    condition     = [for name, function in local.functions : name if can(function.environment.IDEMPOTENCY_TABLE)] == ["create-item"]
    error_message = "Only create-item keeps first answers."
  }

  assert {
    condition     = local.functions["list-items"].environment.CURSOR_SECRET_ARN == var.secrets.cursor_key && local.functions["rest-authorizer"].environment.TOKEN_SECRET_ARN == var.secrets.token_key
    error_message = "Secrets are known by their ARNs alone, each to the one function that reads it."
  }

  assert {
    condition     = local.functions["rest-authorizer"].environment.ANONYMOUS_READS == "false" && local.functions["rest-authorizer"].environment.JWKS_URL == ""
    error_message = "Nobody is let through without a token, and no foreign keys are trusted, unless asked for."
  }
}

run "settings_reach_the_functions" {
  command = plan

  variables {
    anonymous_reads  = true
    validate_answers = false
    tokens           = { issuer = "starter", audience = "items-api", jwks = { issuer = "https://id.example.com", url = "https://id.example.com/keys" } }
  }

  assert {
    condition = (
      local.functions["rest-authorizer"].environment.ANONYMOUS_READS == "true" &&
      local.functions["rest-authorizer"].environment.JWKS_ISSUER == "https://id.example.com" &&
      local.functions["rest-authorizer"].environment.JWKS_URL == "https://id.example.com/keys"
    )
    error_message = "The authorizer knows whom it may let through and whose keys it trusts."
  }

  assert {
    condition     = alltrue([for function in values(local.crud_api) : function.environment.VALIDATE_ANSWERS == "false"])
    error_message = "Handlers check their answers only where asked."
  }
}

# says: concurrency names a function that does not exist
run "concurrency_of_an_unknown_function_is_refused" {
  command = plan

  variables {
    concurrency = { get-itme = { provisioned = 2 } }
  }

  expect_failures = [var.concurrency]
}
