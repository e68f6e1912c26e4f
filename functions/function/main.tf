# One Lambda function: code from S3, a published version, the alias `live` that everything calls, and where its failures go.

resource "aws_s3_object" "code" {
  bucket = var.bucket
  key    = try(var.artefact.key, "missing")
  source = try("${path.root}/${var.artefact.file}", null)

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:In a VPC only where a function reaches something private; this one does not
  #checkov:skip=CKV_AWS_115:A cap is the operator's choice (variable concurrency)
  #checkov:skip=CKV_AWS_116:Failures go to the alias's on-failure destination, which also says why they failed
  #checkov:skip=CKV_AWS_173:No secret stands in the environment; secrets are read at run time
  #checkov:skip=CKV_AWS_272:Artefacts are pinned by SHA-256 from the build to the function
  #checkov:skip=CKV_AWS_50:Tracing is a variable, Active by default
  function_name                  = "${var.prefix}-${var.name}"
  description                    = var.description
  role                           = var.role_arn
  runtime                        = "python3.13"
  architectures                  = [var.architecture]
  handler                        = try(var.artefact.handler, "missing")
  s3_bucket                      = aws_s3_object.code.bucket
  s3_key                         = aws_s3_object.code.key
  source_code_hash               = try(var.artefact.sha256_base64, null)
  layers                         = [for layer in try(var.artefact.layers, []) : var.layer_arns[layer]]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = coalesce(var.concurrency.reserved, -1)
  publish                        = true

  environment {
    variables = var.environment
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO" # with WARN the metrics would be lost: Lambda takes their lines for INFO
    system_log_level      = "INFO" # with WARN there would be no report lines: duration, memory, init
    log_group             = var.log_group
  }

  tracing_config {
    mode = var.tracing_mode
  }

  lifecycle {
    precondition {
      condition     = var.artefact != null || !var.built
      error_message = "The build has no function \"${var.name}\": a function ${var.name} is a file lambda_src/*/${replace(var.name, "-", "_")}.py with a `handler`. Write it, or take the function out of functions/, then run: python -m tools build"
    }
    precondition {
      condition     = var.concurrency.provisioned == 0 || coalesce(var.concurrency.reserved, var.concurrency.provisioned) >= var.concurrency.provisioned
      error_message = "${var.name}: provisioned concurrency (${var.concurrency.provisioned}) cannot exceed reserved concurrency (${coalesce(var.concurrency.reserved, 0)}); change `concurrency` in the environment's .tfvars."
    }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What callers are answered by"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.concurrency.provisioned > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.concurrency.provisioned
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = var.retries.maximum_age_seconds
  maximum_retry_attempts       = var.retries.attempts

  destination_config {
    on_failure {
      destination = var.failure_queue_arn
    }
  }
}
