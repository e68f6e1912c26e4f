mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_kms_key.data
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-west-1:111122223333:key/data" }
}

override_resource {
  target          = aws_secretsmanager_secret.key["token"]
  override_during = plan
  values          = { arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token" }
}

override_resource {
  target          = aws_secretsmanager_secret.key["cursor"]
  override_during = plan
  values          = { arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor" }
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

run "what_functions_call_is_rendered_from_the_table" {
  command = plan

  assert {
    condition     = tolist(keys(aws_iam_role_policy.calls)) == tolist([for name, rows in yamldecode(file("permissions.yaml")) : name if length(rows) > 0])
    error_message = "Whoever stands in permissions.yaml has a role that may call what stands there."
  }

  assert {
    condition = alltrue([
      for name, rows in yamldecode(file("permissions.yaml")) : jsonencode(jsondecode(aws_iam_role_policy.calls[name].policy).Statement) == jsonencode([
        for row in rows : {
          Effect   = "Allow"
          Action   = row.actions
          Resource = local.arns[row.resource]
        }
      ]) if length(rows) > 0
    ])
    error_message = "A role may call exactly the actions of its rows, each on its row's resource alone."
  }
}

run "permissions_go_by_names_that_follow_from_the_resources" {
  command = plan

  assert {
    condition = alltrue([
      for name, wanted in {
        items_table           = [var.tables.items.arn]
        items_indexes         = ["${var.tables.items.arn}/index/*"]
        idempotency_table     = [var.tables.idempotency.arn]
        connections_table     = [var.tables.connections.arn]
        connections_indexes   = ["${var.tables.connections.arn}/index/*"]
        uploads_bucket        = ["arn:aws:s3:::uploads"]
        uploads_objects       = ["arn:aws:s3:::uploads/uploads/*"]
        images_bucket         = ["arn:aws:s3:::images"]
        images_objects        = ["arn:aws:s3:::images/images/*"]
        reports_objects       = ["arn:aws:s3:::reports/reports/*"]
        event_bus             = [var.event_bus]
        notification_topic    = [var.topics.notification]
        websocket_connections = var.websocket_connections
        token_secret          = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:token"]
        cursor_secret         = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor"]
        every_bucket          = ["arn:aws:s3:::images", "arn:aws:s3:::reports", "arn:aws:s3:::uploads"]
        every_topic           = [var.topics.notification]
        every_secret          = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token"]
      } : jsonencode(local.arns[name]) == jsonencode(wanted)
    ])
    error_message = "Each name stands for its resource's ARN."
  }

  assert {
    condition     = length(local.arns.every_table) == length(var.tables) && length(local.arns.every_queue) == length(var.queues) && contains(local.arns.every_table, var.tables.items.arn)
    error_message = "Whoever looks at everything may look at what is new."
  }
}

run "nobody_may_do_more_than_named" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.calls), values(aws_iam_role_policy.services)) : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "No role has an action with a wildcard."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.calls), values(aws_iam_role_policy.services)) : [
        for statement in jsondecode(policy.policy).Statement : !contains(statement.Resource, "*") || contains(["TracesAreWritten", "StreamsAreListed"], try(statement.Sid, ""))
      ]
    ]))
    error_message = "Resource \"*\" is for X-Ray and for listing streams alone, which know no resources."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_iam_role_policy.calls), values(aws_iam_role_policy.services)) :
      !strcontains(policy.policy, "logs:CreateLogGroup")
    ])
    error_message = "Log groups are made by monitoring/ alone: one made by Lambda would have no retention and no key."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      strcontains(policy.policy, "secretsmanager.") == contains(local.actions[name], "secretsmanager:GetSecretValue")
    ])
    error_message = "The secrets' key is for those alone who read secrets."
  }

  assert {
    condition     = alltrue([for name in ["rest-authorizer", "health-checker"] : !strcontains(aws_iam_role_policy.services[name].policy, "dynamodb.")])
    error_message = "Who reads and writes no row, as the authorizer and the health check, has no use of the tables' key."
  }

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.services :
      strcontains(policy.policy, "\"s3.") == (length(setintersection(local.actions[name], ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])) > 0) &&
      strcontains(policy.policy, "\"sns.") == contains(local.actions[name], "sns:Publish")
    ]) && strcontains(aws_iam_role_policy.services["create-upload"].policy, "\"s3.") && strcontains(aws_iam_role_policy.services["report-generator"].policy, "\"sns.")
    error_message = "The key of objects and messages is for those alone who read or write them."
  }

  assert {
    condition     = [for name, policy in aws_iam_role_policy.services : name if strcontains(policy.policy, "dynamodb:")] == ["data-transformer"] && [for name, policy in aws_iam_role_policy.services : name if strcontains(policy.policy, "sqs:ReceiveMessage")] == ["notification-sender"]
    error_message = "Each source is polled with the rights of the one function that it feeds."
  }

  assert {
    condition     = tolist(keys(aws_iam_role.function)) == tolist(sort(var.functions)) && length(distinct([for role in aws_iam_role.function : role.name])) == length(var.functions)
    error_message = "Every function has a role of its own."
  }

  assert {
    condition     = aws_iam_role.function["get-item"].name == "starter-test-get-item-eu-west-1" && aws_iam_role.gateway_logging.name == "starter-test-gateway-logging-eu-west-1"
    error_message = "Roles are global: their names hold the region, so that two regions of one account stand side by side."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.gateway_logging.policy_arn == "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    error_message = "The only managed policy is the one of API Gateway's logging role."
  }
}

run "long_names_are_cut_and_still_told_apart" {
  command = plan

  variables {
    prefix = "a-project-of-twenty1-environments1"
    place  = { partition = "aws", dns_suffix = "amazonaws.com", region = "ap-southeast-1", account = "111122223333" }
  }

  assert {
    condition     = alltrue([for name in values(local.role_names) : length(name) <= 64]) && length(distinct(values(local.role_names))) == length(local.role_names)
    error_message = "IAM takes 64 characters, and each role has a name of its own."
  }

  assert {
    condition     = startswith(aws_iam_role.function["websocket-disconnect"].name, "a-project-of-twenty1-environments1-websocket-disconnect") && aws_iam_role.function["websocket-disconnect"].name != substr("a-project-of-twenty1-environments1-websocket-disconnect-ap-southeast-2", 0, 64)
    error_message = "What is cut off still counts, by its hash."
  }
}

run "keys_rotate_and_stay_with_the_account" {
  command = plan

  assert {
    condition     = alltrue([for key in [aws_kms_key.data, aws_kms_key.logs] : key.enable_key_rotation])
    error_message = "Both keys rotate."
  }

  assert {
    condition = alltrue([
      for key in [aws_kms_key.data, aws_kms_key.logs] : contains(jsondecode(key.policy).Statement, {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      })
    ])
    error_message = "Without the account's statement nobody could ever change a key."
  }

  assert {
    condition     = length(jsondecode(aws_kms_key.data.policy).Statement) == 2 && length(jsondecode(aws_kms_key.logs.policy).Statement) == 2
    error_message = "The keys' policies say nothing but what stands in the table."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.key : secret.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/data"])
    error_message = "Secrets are encrypted with the environment's own key."
  }
}

run "what_is_deleted_is_gone_at_once" {
  command = plan

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.key : secret.recovery_window_in_days == 0])
    error_message = "Without deletion protection a secret's name is free again at once."
  }

  assert {
    condition     = aws_kms_key.data.deletion_window_in_days == 7 && aws_kms_key.logs.deletion_window_in_days == 7
    error_message = "Seven days are the least that KMS knows."
  }
}

run "deletion_protection_gives_thirty_days" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.key : secret.recovery_window_in_days == 30])
    error_message = "A deleted secret can be had back for 30 days."
  }

  assert {
    condition     = aws_kms_key.data.deletion_window_in_days == 30 && aws_kms_key.logs.deletion_window_in_days == 30
    error_message = "A deleted key can be had back for 30 days."
  }
}

run "without_active_tracing_nobody_may_write_traces" {
  command = plan

  variables {
    tracing_mode = "PassThrough"
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.services : !strcontains(policy.policy, "xray:")])
    error_message = "PassThrough grants no X-Ray action."
  }
}

run "rotation_writes_the_token_key_alone" {
  command = plan

  variables {
    signing_key_version = 7
  }

  assert {
    condition     = aws_secretsmanager_secret_version.key["token"].secret_string_wo_version == 7
    error_message = "A higher version writes a new signing key."
  }

  assert {
    condition     = aws_secretsmanager_secret_version.key["cursor"].secret_string_wo_version == 1
    error_message = "The cursors' key is not touched by it."
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.key : version.secret_string_wo == null])
    error_message = "No key stands in the plan."
  }
}

run "other_partitions_have_other_arns" {
  command = plan

  variables {
    place = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn", region = "cn-north-1", account = "111122223333" }
  }

  assert {
    condition = toset(flatten([
      for policy in values(aws_iam_role_policy.services) : [
        for statement in jsondecode(policy.policy).Statement : try([statement.Condition.StringEquals["kms:ViaService"]], [])
      ]
    ])) == toset([for service in ["dynamodb", "s3", "secretsmanager", "sns", "sqs"] : "${service}.cn-north-1.amazonaws.com.cn"])
    error_message = "A key is used through services under the partition's own domain."
  }

  assert {
    condition     = [for statement in jsondecode(aws_kms_key.logs.policy).Statement : statement.Principal.Service if statement.Sid == "LogsAreEncrypted"] == ["logs.cn-north-1.amazonaws.com.cn"]
    error_message = "CloudWatch Logs is the one service here whose principal ends in the partition's own domain."
  }

  assert {
    condition     = jsondecode(aws_iam_role.function["get-item"].assume_role_policy).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "Other services have one principal in every partition."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.services["get-item"].policy, "arn:aws:logs") && strcontains(aws_iam_role_policy.services["get-item"].policy, "arn:aws-cn:logs")
    error_message = "No ARN has the partition written into it."
  }
}

run "what_is_left_out_is_granted_to_nobody" {
  command = plan

  variables {
    left_out              = [for name in keys(yamldecode(file("permissions.yaml"))) : name if startswith(name, "websocket-")]
    functions             = [for name in keys(yamldecode(file("permissions.yaml"))) : name if !startswith(name, "websocket-")]
    tables                = merge(var.tables, { connections = null })
    websocket_connections = []
  }

  assert {
    condition     = tolist(keys(output.role_arns)) == tolist(sort(var.functions))
    error_message = "A function that is left out has no role."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.calls), values(aws_iam_role_policy.services)) : [
        for statement in jsondecode(policy.policy).Statement : length(statement.Resource) > 0
      ]
    ]))
    error_message = "No statement is left without a resource: IAM refuses such a policy."
  }

  assert {
    condition = { for name, policy in aws_iam_role_policy.calls : name => length(jsondecode(policy.policy).Statement) } == {
      for name, rows in yamldecode(file("permissions.yaml")) : name => length([
        for row in rows : row if !contains(["connections_table", "connections_indexes", "websocket_connections"], row.resource)
      ]) if !contains(var.left_out, name) && length(rows) > 0
    }
    error_message = "Every other row is granted."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.calls["health-checker"].policy).Statement : length(statement.Resource) if statement.Action == ["dynamodb:DescribeTable"]] == [length(var.tables) - 1]
    error_message = "The tables that are there are looked at."
  }
}

run "whoever_reads_a_queue_or_a_stream_may" {
  command = plan

  variables {
    functions        = ["orders-reader", "orders-writer"]
    left_out         = keys(yamldecode(file("permissions.yaml")))
    tables           = merge(var.tables, { orders = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", stream = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1" } } })
    queues           = merge(var.queues, { orders = { arn = "arn:aws:sqs:eu-west-1:111122223333:orders" } })
    queue_consumers  = { orders-reader = ["orders", "notifications"] }
    stream_consumers = { orders-reader = "orders" }
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.services["orders-reader"].policy).Statement : statement.Sid => statement.Resource
      if contains(["QueueIsPolled", "StreamIsPolled"], statement.Sid)
      } == {
      QueueIsPolled  = ["arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws:sqs:eu-west-1:111122223333:notifications"]
      StreamIsPolled = ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1"]
    }
    error_message = "A consumer's role may read its queues and its stream, and no others."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.services["orders-reader"].policy).Statement[*].Sid, "TablesAreDecrypted")
    error_message = "Records of a stream are encrypted with the table's key."
  }

  assert {
    condition     = length(aws_iam_role_policy.calls) == 0 && !strcontains(aws_iam_role_policy.services["orders-writer"].policy, "sqs:ReceiveMessage") && contains(keys(aws_iam_role.function), "orders-writer")
    error_message = "A function that calls nothing has a role without such rights: IAM refuses an empty policy."
  }
}

# says: security/permissions.yaml names what does not exist
run "a_permission_for_nobody_is_refused" {
  command = plan

  variables {
    functions = ["get-item"]
  }

  expect_failures = [output.role_arns]
}

# says: security/permissions.yaml names what does not exist
run "a_permission_on_nothing_is_refused" {
  command = plan

  variables {
    buckets = { uploads = { arn = "arn:aws:s3:::uploads" } }
  }

  expect_failures = [output.role_arns]
}
