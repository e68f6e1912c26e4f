# service-permissions.yaml row by row, as it ends in trust policies, role policies, key policies and invoke permissions.
# Taking any row away fails this run: tests/terraform/test_service_permissions.py does so for each.

mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_kms_key.data
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-west-1:111122223333:key/data" }
}

variables {
  prefix              = "starter-test"
  place               = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  deletion_protection = false
  signing_key_version = 1
  tracing_mode        = "Active"
  resources = {
    items_table       = ["arn:aws:dynamodb:eu-west-1:111122223333:table/items"]
    items_indexes     = ["arn:aws:dynamodb:eu-west-1:111122223333:table/items/index/*"]
    idempotency_table = ["arn:aws:dynamodb:eu-west-1:111122223333:table/idempotency"]
    failure_queue     = ["arn:aws:sqs:eu-west-1:111122223333:failures"]
  }
}

run "every_row" {
  command = plan

  assert {
    condition = length(aws_iam_role.function) > 0 && alltrue([
      for role in aws_iam_role.function : jsondecode(role.assume_role_policy).Statement == [
        { Effect = "Allow", Action = ["sts:AssumeRole"], Principal = { Service = "lambda.amazonaws.com" } }
      ]
    ])
    error_message = "lambda-assumes-function-roles: Lambda alone may assume the functions' roles."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      [for statement in jsondecode(policy.policy).Statement : statement if statement.Sid == "RuntimeWritesLogs"] == [{
        Sid      = "RuntimeWritesLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/starter-test-${name}:*"]
      }]
    ])
    error_message = "runtime-writes-logs: every function writes to its own log group, and to no other."
  }

  assert {
    condition = alltrue([
      for name in ["create-item", "get-item", "list-items", "update-item", "delete-item"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "TablesAreDecrypted"] == [{
        Sid       = "TablesAreDecrypted"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "tables-are-decrypted: whoever uses a table may use its key, through DynamoDB alone."
  }

  assert {
    condition = alltrue([
      for name in ["list-items", "rest-authorizer"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "SecretsAreDecrypted"] == [{
        Sid       = "SecretsAreDecrypted"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "secrets-are-decrypted: whoever reads a secret may use its key, through Secrets Manager alone."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      [for statement in jsondecode(policy.policy).Statement : statement if statement.Sid == "FailuresAreSent"] == [{
        Sid      = "FailuresAreSent"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-west-1:111122223333:failures"]
      }]
    ])
    error_message = "failures-are-sent: every function's on-failure destination may be written to."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      [for statement in jsondecode(policy.policy).Statement : statement if statement.Sid == "FailuresAreEncrypted"] == [{
        Sid       = "FailuresAreEncrypted"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "failures-are-encrypted: the on-failure queue's key may be used, through SQS alone."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      [for statement in jsondecode(policy.policy).Statement : statement if statement.Sid == "TracesAreWritten"] == [{
        Sid      = "TracesAreWritten"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = ["*"]
      }]
    ])
    error_message = "traces-are-written: every function may send segments to X-Ray, which knows no resources."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.logs.policy).Statement : statement if statement.Sid == "LogsAreEncrypted"] == [{
      Sid       = "LogsAreEncrypted"
      Effect    = "Allow"
      Principal = { Service = "logs.eu-west-1.amazonaws.com" }
      Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
      Resource  = "*"
      Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
        "arn:aws:logs:eu-west-1:111122223333:log-group:*starter-test*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:API-Gateway-Execution-Logs_*",
      ] } }
    }]
    error_message = "logs-are-encrypted: CloudWatch Logs may use the log key, for this environment's groups alone."
  }

  assert {
    condition = jsondecode(aws_iam_role.gateway_logging.assume_role_policy).Statement == [
      { Effect = "Allow", Action = ["sts:AssumeRole"], Principal = { Service = "apigateway.amazonaws.com" } }
    ]
    error_message = "gateway-writes-access-logs: API Gateway alone may assume its logging role."
  }

  assert {
    condition     = try(output.invocations["gateway-invokes-create-item"] == { function = "create-item", service = "apigateway.amazonaws.com", source = "*/POST/items" }, false)
    error_message = "gateway-invokes-create-item: only by POST /items."
  }

  assert {
    condition     = try(output.invocations["gateway-invokes-list-items"] == { function = "list-items", service = "apigateway.amazonaws.com", source = "*/GET/items" }, false)
    error_message = "gateway-invokes-list-items: only by GET /items."
  }

  assert {
    condition     = try(output.invocations["gateway-invokes-get-item"] == { function = "get-item", service = "apigateway.amazonaws.com", source = "*/GET/items/*" }, false)
    error_message = "gateway-invokes-get-item: only by GET /items/{id}."
  }

  assert {
    condition     = try(output.invocations["gateway-invokes-update-item"] == { function = "update-item", service = "apigateway.amazonaws.com", source = "*/PUT/items/*" }, false)
    error_message = "gateway-invokes-update-item: only by PUT /items/{id}."
  }

  assert {
    condition     = try(output.invocations["gateway-invokes-delete-item"] == { function = "delete-item", service = "apigateway.amazonaws.com", source = "*/DELETE/items/*" }, false)
    error_message = "gateway-invokes-delete-item: only by DELETE /items/{id}."
  }

  assert {
    condition     = try(output.invocations["gateway-asks-rest-authorizer"] == { function = "rest-authorizer", service = "apigateway.amazonaws.com", source = "authorizers/*" }, false)
    error_message = "gateway-asks-rest-authorizer: only as an authorizer."
  }
}
