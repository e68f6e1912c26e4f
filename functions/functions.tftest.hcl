mock_provider "aws" {
  override_during = plan
}

variables {
  prefix            = "starter-test"
  architecture      = "arm64"
  bucket            = "artefacts"
  layer_arns        = {}
  artefacts         = null
  failure_queue_arn = "arn:aws:sqs:eu-west-1:111122223333:failures"
  tracing_mode      = "Active"
  concurrency       = {}
  schedules         = {}
  # Everything that exists, so that new functions and resources need no edit here.
  tables                  = { for found in regexall("(?m)^    ([a-z-]+) = [{]$", file("../storage/dynamodb.tf")) : found[0] => found[0] }
  buckets                 = { for found in regexall("(?m)^    ([a-z-]+) += [{] kept", file("../storage/s3.tf")) : found[0] => found[0] }
  queues                  = { for name in concat(["failures"], flatten(regexall("(?m)^    ([a-z-]+) = [{]$", file("../triggers/sqs-queues.tf")))) : name => "https://sqs.eu-west-1.amazonaws.com/111122223333/${name}" }
  topics                  = { notification = "arn:aws:sns:eu-west-1:111122223333:notifications" }
  secrets                 = { token = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token", cursor = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor" }
  websocket_endpoint      = "https://ws123.execute-api.eu-west-1.amazonaws.com/prod"
  images                  = { sizes = { thumb = 160, large = 1280 }, format = "webp", max_pixels = 50000000, upload_max_bytes = 20971520 }
  event_bus               = "bus"
  connections_per_subject = 20
  tokens                  = { issuer = "starter", audience = "items-api" }
  anonymous_reads         = false
  cors_origin             = "https://app.example.com"
  validate_answers        = true
  left_out                = []
  role_arns               = { for name in keys(yamldecode(file("../security/permissions.yaml"))) : name => "arn:aws:iam::111122223333:role/${name}" }
  log_groups              = { for name in keys(yamldecode(file("../security/permissions.yaml"))) : name => "/aws/lambda/starter-test-${name}" }
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
    condition = alltrue([
      for name in concat(keys(local.crud_api), keys(local.authorizers), ["health-checker"]) : local.timeouts[name] < 29
    ])
    error_message = "A function that somebody waits for ends before the gateway gives up after 29 seconds."
  }

  assert {
    condition     = alltrue([for name in keys(local.crud_api) : try(local.environments[name].ITEMS_TABLE, "items") == "items" && local.environments[name].CORS_ORIGIN == "https://app.example.com" && local.environments[name].VALIDATE_ANSWERS == "true"])
    error_message = "The API's functions know their table and the origin that they answer."
  }

  assert {
    condition     = alltrue([for name in ["cleanup-job", "create-item", "data-transformer", "notification-sender", "report-generator"] : local.environments[name].IDEMPOTENCY_TABLE == "idempotency"]) && !can(local.environments["get-item"].IDEMPOTENCY_TABLE)
    error_message = "First answers, events that were handled, and leases of jobs are kept by these."
  }

  assert {
    condition     = local.environments["list-items"].CURSOR_SECRET_ARN == var.secrets.cursor && local.environments["rest-authorizer"].TOKEN_SECRET_ARN == var.secrets.token
    error_message = "Secrets are known by their ARNs alone, each to the one function that reads it."
  }

  assert {
    condition     = local.environments["rest-authorizer"].ANONYMOUS_READS == "false" && !can(local.environments["rest-authorizer"].JWKS_URL)
    error_message = "Nobody is let through without a token, and no foreign keys are trusted, unless asked for."
  }
}

run "every_function_is_told_what_it_needs" {
  command = plan

  assert {
    condition = alltrue([
      for name, wanted in {
        create-item          = tolist(["CORS_ORIGIN", "IDEMPOTENCY_TABLE", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        get-item             = tolist(["CORS_ORIGIN", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        list-items           = tolist(["CORS_ORIGIN", "CURSOR_SECRET_ARN", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        update-item          = tolist(["CORS_ORIGIN", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        delete-item          = tolist(["CORS_ORIGIN", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        create-upload        = tolist(["CORS_ORIGIN", "ITEMS_TABLE", "UPLOADS_BUCKET", "UPLOAD_MAX_BYTES", "VALIDATE_ANSWERS"])
        list-images          = tolist(["CORS_ORIGIN", "IMAGES_BUCKET", "ITEMS_TABLE", "VALIDATE_ANSWERS"])
        rest-authorizer      = tolist(["ANONYMOUS_READS", "TOKEN_AUDIENCE", "TOKEN_ISSUER", "TOKEN_SECRET_ARN"])
        image-processor      = tolist(["EVENT_BUS", "IMAGES_BUCKET", "IMAGE_FORMAT", "IMAGE_MAX_PIXELS", "IMAGE_SIZES", "ITEMS_TABLE", "UPLOADS_BUCKET", "UPLOAD_MAX_BYTES"])
        data-transformer     = tolist(["EVENT_BUS", "IDEMPOTENCY_TABLE"])
        notification-sender  = tolist(["CONNECTIONS_TABLE", "IDEMPOTENCY_TABLE", "NOTIFICATION_TOPIC_ARN", "WEBSOCKET_ENDPOINT"])
        websocket-connect    = tolist(["CONNECTIONS_PER_SUBJECT", "CONNECTIONS_TABLE", "TOKEN_AUDIENCE", "TOKEN_ISSUER", "TOKEN_SECRET_ARN"])
        websocket-disconnect = tolist(["CONNECTIONS_TABLE"])
        websocket-message    = tolist(["CONNECTIONS_TABLE", "ITEMS_TABLE"])
        cleanup-job          = tolist(["CONNECTIONS_TABLE", "IDEMPOTENCY_TABLE", "IMAGES_BUCKET", "ITEMS_TABLE"])
        report-generator     = tolist(["IDEMPOTENCY_TABLE", "ITEMS_TABLE", "NOTIFICATION_TOPIC_ARN", "REPORTS_BUCKET"])
        health-checker       = tolist(["CORS_ORIGIN", "DEPENDENCIES", "VALIDATE_ANSWERS"])
      } : sort([for variable in keys(local.environments[name]) : variable if !startswith(variable, "POWERTOOLS_")]) == wanted
    ])
    error_message = "A function is told what it needs, and nothing else."
  }

  assert {
    condition     = local.environments["image-processor"].IMAGE_SIZES == "large:1280 thumb:160" && local.environments["image-processor"].IMAGE_FORMAT == "webp" && local.environments["image-processor"].IMAGE_MAX_PIXELS == "50000000"
    error_message = "image-processor knows which sizes to make, and what to refuse."
  }

  assert {
    condition     = local.environments["create-upload"].UPLOAD_MAX_BYTES == local.environments["image-processor"].UPLOAD_MAX_BYTES
    error_message = "What may be uploaded is what may be processed."
  }

  assert {
    condition     = local.environments["image-processor"].UPLOADS_BUCKET == "uploads" && local.environments["image-processor"].IMAGES_BUCKET == "images" && local.environments["report-generator"].REPORTS_BUCKET == "reports"
    error_message = "Each bucket is known by its own name."
  }

  assert {
    condition = alltrue([
      for name, value in local.token_environment : local.environments["websocket-connect"][name] == value && local.environments["rest-authorizer"][name] == value
    ])
    error_message = "A token is good for the WebSocket API exactly when it is good for the REST API."
  }

  assert {
    condition     = output.timeouts["notification-sender"] == 30 && output.timeouts["get-item"] == 10 && alltrue([for name, settings in local.functions : output.timeouts[name] == try(settings.timeout_seconds, 10)])
    error_message = "Queues' visibility timeouts are computed from the timeouts that functions have."
  }

  assert {
    condition     = [for name, function in local.functions : name if can(function.retries)] == ["health-checker"] && local.functions["health-checker"].retries.attempts == 0
    error_message = "A health check that failed is not repeated: the next one is. Everything else is retried."
  }
}

run "settings_reach_the_functions" {
  command = plan

  variables {
    anonymous_reads         = true
    validate_answers        = false
    tokens                  = { issuer = "starter", audience = "items-api", jwks = { issuer = "https://id.example.com", url = "https://id.example.com/keys" } }
    connections_per_subject = 7
  }

  assert {
    condition = (
      local.environments["rest-authorizer"].ANONYMOUS_READS == "true" &&
      local.environments["rest-authorizer"].JWKS_ISSUER == "https://id.example.com" &&
      local.environments["rest-authorizer"].JWKS_URL == "https://id.example.com/keys"
    )
    error_message = "The authorizer knows whom it may let through and whose keys it trusts."
  }

  assert {
    condition = alltrue([
      for name in ["rest-authorizer", "websocket-connect"] : local.environments[name].JWKS_ADMIN == "false"
    ])
    error_message = "Another issuer's administrators are none here unless asked for."
  }

  assert {
    condition     = local.environments["websocket-connect"].CONNECTIONS_PER_SUBJECT == "7"
    error_message = "The handshake knows how many connections one caller may have."
  }

  assert {
    condition     = alltrue([for name in keys(local.crud_api) : local.environments[name].VALIDATE_ANSWERS == "false"])
    error_message = "Handlers check their answers only where asked."
  }
}

run "without_connections_nobody_is_told_of_them" {
  command = plan

  variables {
    tables             = merge(var.tables, { connections = null })
    websocket_endpoint = null
    left_out           = ["websocket-connect", "websocket-disconnect", "websocket-message"]
  }

  assert {
    condition     = length(setintersection(keys(output.functions), var.left_out)) == 0 && length(output.functions) == length(var.role_arns) - 3
    error_message = "What is left out is not made, and all else is."
  }

  assert {
    condition = alltrue([
      for environment in values(local.environments) : !can(environment.CONNECTIONS_TABLE) && !can(environment.WEBSOCKET_ENDPOINT) && !strcontains(jsonencode(environment), "connections")
    ])
    error_message = "A variable that would be empty is not set."
  }
}

run "everything_there_is_is_looked_at" {
  command = plan

  assert {
    condition = jsonencode(jsondecode(local.environments["health-checker"].DEPENDENCIES)) == jsonencode({
      tables  = var.tables
      buckets = var.buckets
      queues  = var.queues
      topics  = var.topics
      secrets = var.secrets
      buses   = { event = "bus" }
    })
    error_message = "health-checker is told of all resources, without naming one."
  }
}

run "functions_run_by_themselves_as_their_blocks_say" {
  command = plan

  assert {
    condition     = [for name in ["cleanup-job", "report-generator", "health-checker"] : output.schedules[name]] == ["cron(0 3 * * ? *)", "cron(0 6 ? * MON *)", "rate(5 minutes)"]
    error_message = "These have a schedule."
  }
}

run "a_schedule_may_be_another" {
  command = plan

  variables {
    schedules = { health-checker = "rate(1 minute)" }
  }

  assert {
    condition     = output.schedules["health-checker"] == "rate(1 minute)" && output.schedules["cleanup-job"] == "cron(0 3 * * ? *)"
    error_message = "What is not named runs as its block says."
  }
}

# says: schedules names a function that runs on no schedule
run "a_schedule_of_an_unknown_function_is_refused" {
  command = plan

  variables {
    schedules = { health = "rate(1 minute)" }
  }

  expect_failures = [var.schedules]
}

# says: functions/ names what does not exist
run "a_table_that_does_not_exist_is_refused" {
  command = plan

  variables {
    tables = { for name, table in var.tables : name => table if name != "idempotency" }
  }

  expect_failures = [output.names]
}

# says: concurrency names a function that does not exist
run "concurrency_of_an_unknown_function_is_refused" {
  command = plan

  variables {
    concurrency = { get-itme = { provisioned = 2 } }
  }

  expect_failures = [var.concurrency]
}
