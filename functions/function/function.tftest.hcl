mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_lambda_function.this
  override_during = plan
  values          = { version = "7" }
}

variables {
  prefix            = "starter-test"
  name              = "create-item"
  description       = "POST /items"
  built             = true
  architecture      = "arm64"
  bucket            = "artefacts"
  layer_arns        = { base = "arn:aws:lambda:eu-west-1:111122223333:layer:base:1" }
  role_arn          = "arn:aws:iam::111122223333:role/create-item"
  log_group         = "/aws/lambda/starter-test-create-item"
  failure_queue_arn = "arn:aws:sqs:eu-west-1:111122223333:failures"
  environment       = { ITEMS_TABLE = "items" }
  artefact = {
    file          = "build/functions/create-item.zip"
    key           = "functions/create-item-1234.zip"
    sha256_base64 = "c2hhMjU2"
    handler       = "crud_api.create_item.handler"
    layers        = ["base"]
  }
}

run "a_function_is_what_the_build_made" {
  command = plan

  assert {
    condition = (
      aws_lambda_function.this.s3_bucket == "artefacts" &&
      aws_lambda_function.this.s3_key == "functions/create-item-1234.zip" &&
      aws_lambda_function.this.source_code_hash == "c2hhMjU2" &&
      aws_lambda_function.this.handler == "crud_api.create_item.handler"
    )
    error_message = "Code comes from the artefact bucket, under its content's hash."
  }

  assert {
    condition     = aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-west-1:111122223333:layer:base:1"])
    error_message = "A function has the layers that its build names."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "python3.13"
    error_message = "CPU and Python are those of the build."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.name == "live" && aws_lambda_alias.live.function_version == "7"
    error_message = "Every change is a published version, and the alias points at it."
  }
}

run "logs_go_to_the_group_that_was_there_before" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/starter-test-create-item" && aws_lambda_function.this.logging_config[0].log_format == "JSON"
    error_message = "The function names its log group, so it can only be made after it."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].system_log_level == "INFO" && aws_lambda_function.this.logging_config[0].application_log_level == "INFO"
    error_message = "Report lines and metrics are lines of level INFO: a higher level would lose them."
  }

  assert {
    condition     = aws_lambda_function.this.role == "arn:aws:iam::111122223333:role/create-item"
    error_message = "The role comes from security/."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Tracing is on unless it is turned down."
  }
}

run "a_failed_event_is_kept" {
  command = plan

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.live.qualifier == "live" &&
      aws_lambda_function_event_invoke_config.live.destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-west-1:111122223333:failures"
    )
    error_message = "What fails for good through the alias goes to the failure queue."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.live.maximum_retry_attempts == 2 && aws_lambda_function_event_invoke_config.live.maximum_event_age_in_seconds == 3600
    error_message = "Two retries within an hour, unless a function asks for others."
  }
}

run "nothing_is_kept_warm_or_capped_by_default" {
  command = plan

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.live) == 0 && aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Provisioned concurrency costs money while idle: it is asked for."
  }
}

run "provisioned_concurrency_is_of_the_alias" {
  command = plan

  variables {
    concurrency = { provisioned = 2, reserved = 5 }
  }

  assert {
    condition = (
      aws_lambda_provisioned_concurrency_config.live[0].qualifier == "live" &&
      aws_lambda_provisioned_concurrency_config.live[0].provisioned_concurrent_executions == 2 &&
      aws_lambda_function.this.reserved_concurrent_executions == 5
    )
    error_message = "What callers reach is what is kept warm."
  }
}

# says: cannot exceed reserved concurrency
run "more_warm_than_allowed_is_refused" {
  command = plan

  variables {
    concurrency = { provisioned = 5, reserved = 2 }
  }

  expect_failures = [aws_lambda_function.this]
}

# says: The build has no function "
run "a_function_that_the_build_lacks_is_refused" {
  command = plan

  variables {
    artefact = null
  }

  expect_failures = [aws_lambda_function.this]
}

run "without_any_build_the_root_speaks_alone" {
  command = plan

  variables {
    artefact = null
    built    = false
  }
}

# says: Lambda's memory is 128 to 10240 MB.
run "impossible_memory_is_refused" {
  command = plan

  variables {
    memory_mb = 64
  }

  expect_failures = [var.memory_mb]
}

# says: Lambda's timeout is 1 to 900 seconds.
run "impossible_timeouts_are_refused" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

# says: Lambda retries an asynchronous invocation 0, 1 or 2 times.
run "impossible_retries_are_refused" {
  command = plan

  variables {
    retries = { attempts = 3 }
  }

  expect_failures = [var.retries]
}
