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
  place               = { partition = "aws", dns_suffix = "amazonaws.com", region = "eu-west-1", account = "111122223333" }
  deletion_protection = false
  signing_key_version = 1
  tracing_mode        = "Active"
  left_out            = []
  # Everything that exists, so that new functions and resources need no edit here.
  functions = keys(yamldecode(file("permissions.yaml")))
  tables = {
    for name in flatten(regexall("(?m)^    ([a-z-]+) = [{]$", file("../storage/dynamodb.tf"))) :
    name => { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/${name}", stream = name == "items" ? { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/items/stream/2026" } : null }
  }
  buckets = { for name in flatten(regexall("(?m)^    ([a-z-]+) += [{] kept", file("../storage/s3.tf"))) : name => { arn = "arn:aws:s3:::${name}" } if name != "artefacts" }
  queues = {
    for name in concat(["failures"], flatten(regexall("(?m)^    ([a-z-]+) = [{]$", file("../triggers/sqs-queues.tf")))) :
    name => { arn = "arn:aws:sqs:eu-west-1:111122223333:${name}" }
  }
  topics                = { notification = "arn:aws:sns:eu-west-1:111122223333:notifications" }
  event_bus             = "arn:aws:events:eu-west-1:111122223333:event-bus/items"
  websocket_connections = ["arn:aws:execute-api:eu-west-1:111122223333:ws123/prod/POST/@connections/*"]
  queue_consumers       = { notification-sender = ["notifications"] }
  stream_consumers      = { data-transformer = "items" }
  event_queues          = ["starter-test-failures", "starter-test-notifications"]
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
      for name in [
        "create-item", "get-item", "list-items", "update-item", "delete-item", "create-upload", "list-images", "image-processor", "data-transformer",
        "notification-sender", "websocket-connect", "websocket-disconnect", "websocket-message", "cleanup-job", "report-generator",
      ] :
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
      for name in ["list-items", "rest-authorizer", "websocket-connect"] :
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
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/apigateway/*",
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
    condition = alltrue([
      for name in ["list-images", "image-processor", "report-generator"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "ObjectsAreDecrypted"] == [{
        Sid       = "ObjectsAreDecrypted"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "objects-are-decrypted: whoever reads an object, or signs a link to it, may use its key, through S3 alone."
  }

  assert {
    condition = alltrue([
      for name in ["create-upload", "image-processor", "report-generator"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "ObjectsAreEncrypted"] == [{
        Sid       = "ObjectsAreEncrypted"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "objects-are-encrypted: whoever writes an object, or signs its upload, may use its key, through S3 alone."
  }

  assert {
    condition = alltrue([
      for name in ["notification-sender", "report-generator"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "TopicsAreEncrypted"] == [{
        Sid       = "TopicsAreEncrypted"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:111122223333:key/data"]
        Condition = { StringEquals = { "kms:ViaService" = "sns.eu-west-1.amazonaws.com" } }
      }]
    ])
    error_message = "topics-are-encrypted: whoever publishes may use the topic's key, through SNS alone."
  }

  assert {
    condition = alltrue([
      for name in ["data-transformer"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "StreamIsPolled"] == [{
        Sid      = "StreamIsPolled"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = ["arn:aws:dynamodb:eu-west-1:111122223333:table/items/stream/2026"]
      }]
    ])
    error_message = "stream-is-polled: Lambda reads the items' stream for data-transformer."
  }

  assert {
    condition = alltrue([
      for name in ["data-transformer"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "StreamsAreListed"] == [{
        Sid      = "StreamsAreListed"
        Effect   = "Allow"
        Action   = ["dynamodb:ListStreams"]
        Resource = ["*"]
      }]
    ])
    error_message = "streams-are-listed: Lambda finds the stream that it reads."
  }

  assert {
    condition = alltrue([
      for name in ["notification-sender"] :
      [for statement in jsondecode(aws_iam_role_policy.services[name].policy).Statement : statement if statement.Sid == "QueueIsPolled"] == [{
        Sid      = "QueueIsPolled"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        Resource = ["arn:aws:sqs:eu-west-1:111122223333:notifications"]
      }]
    ])
    error_message = "queue-is-polled: Lambda reads the notification queue for notification-sender."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.data.policy).Statement : statement if statement.Sid == "EventsAreEncrypted"] == [{
      Sid       = "EventsAreEncrypted"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:EncryptionContext:aws:sqs:arn" = [
        "arn:aws:sqs:eu-west-1:111122223333:starter-test-failures",
        "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications",
      ] } }
    }]
    error_message = "events-are-encrypted: EventBridge may use the queues' key, for this environment's queues alone."
  }
}
