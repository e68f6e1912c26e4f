mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:rule/a-rule" }
  }
}

override_resource {
  target          = module.failure_queue.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:starter-test-failures" }
}

override_resource {
  target          = module.queue["notifications"].aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications" }
}

override_resource {
  target          = module.queue["notifications"].aws_sqs_queue.dead_letter[0]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications-dlq" }
}

override_resource {
  target          = aws_cloudwatch_event_bus.items
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:event-bus/starter-test-items" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.item["item-created"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-created" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.item["item-updated"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-updated" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.item["item-deleted"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-deleted" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.item["image-refused"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-image-refused" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.alarms
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-alarms" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.schedule["cleanup-job"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-cleanup-job" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.schedule["report-generator"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-report-generator" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.schedule["health-checker"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-west-1:111122223333:rule/starter-test-health-checker" }
}

variables {
  prefix      = "starter-test"
  place       = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/data"
  streams     = { for name in flatten(regexall("(?m)^    ([a-z-]+) = [{]$", file("../storage/dynamodb.tf"))) : name => "arn:aws:dynamodb:eu-west-1:111122223333:table/${name}/stream/2026" }
  buckets = {
    uploads = { name = "uploads", arn = "arn:aws:s3:::uploads" }
    images  = { name = "images", arn = "arn:aws:s3:::images" }
  }
  timeouts  = { for name in keys(yamldecode(file("../security/permissions.yaml"))) : name => 30 }
  schedules = { cleanup-job = "cron(0 3 * * ? *)", report-generator = "cron(0 6 ? * MON *)", health-checker = "rate(5 minutes)" }
  emails    = []
  archive   = true
  # Everything that exists, so that new functions and resources need no edit here.
  functions = {
    for name in keys(yamldecode(file("../security/permissions.yaml"))) :
    name => { name = "starter-test-${name}", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:${name}:live", invoke_uri = "arn:aws:apigateway:${name}" } }
  }
}

run "what_failed_for_good_is_kept" {
  command = plan

  assert {
    condition     = output.queues.failures.arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-failures" && output.queues.notifications.arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications"
    error_message = "Queues go by their names here."
  }

  assert {
    condition     = output.dead_letter_queues.notifications.arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications-dlq" && toset(keys(output.dead_letter_queues)) == setsubtract(keys(output.queues), ["failures"])
    error_message = "Each queue has a dead-letter queue, but that of failures, which is the end."
  }
}

run "each_queue_has_its_consumer" {
  command = plan

  assert {
    condition     = contains(output.queue_consumers["notification-sender"], "notifications") && output.stream_consumers["data-transformer"] == "items"
    error_message = "Roles follow from who reads what."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["notifications"].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "One bad message does not bring back the others of its batch."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.queue["notifications"].function_name == var.functions["notification-sender"].alias.arn &&
      aws_lambda_event_source_mapping.queue["notifications"].event_source_arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications" &&
      aws_lambda_event_source_mapping.queue["notifications"].batch_size == 10
    )
    error_message = "notification-sender has the queue's messages, ten at a time, through its alias."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.queue["notifications"].scaling_config).maximum_concurrency == 10
    error_message = "The pollers never scale into the function's throttle, which would count as attempts."
  }

  assert {
    condition     = length(setsubtract(["starter-test-failures", "starter-test-notifications"], output.event_queues)) == 0
    error_message = "The data key is for the queues that rules send to."
  }
}

run "only_this_environments_rules_may_send" {
  command = plan

  assert {
    condition = local.rule_arns["notifications"] == [
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-image-refused",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-created",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-deleted",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-updated",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-alarms",
    ]
    error_message = "The rules of domain events and alarms may send notifications; no schedule may."
  }

  assert {
    condition = local.rule_arns["failures"] == [
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-image-refused",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-created",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-deleted",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-items/starter-test-item-updated",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-cleanup-job",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-health-checker",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-report-generator",
      "arn:aws:events:eu-west-1:111122223333:rule/starter-test-alarms",
    ]
    error_message = "Every rule may send what its target did not take."
  }
}

run "nobody_speaks_to_the_topic_in_the_clear" {
  command = plan

  assert {
    condition = jsondecode(aws_sns_topic.notifications.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["sns:Publish", "sns:Subscribe"]
      Resource  = "arn:aws:sns:eu-west-1:111122223333:starter-test-notifications"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The topic refuses plain HTTP, and says nothing else: who may publish is said by roles."
  }
}

run "the_stream_is_read_without_one_record_stopping_it" {
  command = plan

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].event_source_arn == var.streams.items && aws_lambda_event_source_mapping.stream["data-transformer"].function_name == var.functions["data-transformer"].alias.arn
    error_message = "data-transformer has the items' changes, through its alias."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A batch is repeated from the record that failed, not from its beginning."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].bisect_batch_on_function_error && aws_lambda_event_source_mapping.stream["data-transformer"].maximum_retry_attempts == 50 && aws_lambda_event_source_mapping.stream["data-transformer"].maximum_record_age_in_seconds == 3600
    error_message = "A bad record is found by halving, and is given up: attempts and age are bounded."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].destination_config[0].on_failure[0].destination_arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-failures"
    error_message = "A record that was given up can be found again from the failure queue."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].starting_position == "TRIM_HORIZON"
    error_message = "What was written before the mapping was made is not lost."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["data-transformer"].parallelization_factor == 2 && aws_lambda_event_source_mapping.stream["data-transformer"].batch_size == 100 && aws_lambda_event_source_mapping.stream["data-transformer"].maximum_batching_window_in_seconds == 1
    error_message = "Batches are gathered for a second, and two of a shard are worked on at once."
  }

  assert {
    condition     = [for filter in one(aws_lambda_event_source_mapping.stream["data-transformer"].filter_criteria).filter : jsondecode(filter.pattern)] == [{ eventName = ["INSERT", "MODIFY", "REMOVE"] }]
    error_message = "Only changes start the function."
  }
}

run "an_upload_starts_image_processor_and_nothing_else_does" {
  command = plan

  assert {
    condition     = keys(aws_s3_bucket_notification.objects) == ["uploads"] && aws_s3_bucket_notification.objects["uploads"].bucket == "uploads"
    error_message = "The images' bucket starts nothing: a derivative can never make a derivative."
  }

  assert {
    condition = [for each in aws_s3_bucket_notification.objects["uploads"].lambda_function : [each.lambda_function_arn, tolist(each.events), each.filter_prefix]] == [
      [var.functions["image-processor"].alias.arn, tolist(["s3:ObjectCreated:*"]), "uploads/"]
    ]
    error_message = "New objects under uploads/ start image-processor through its alias."
  }
}

# says: Images cannot be written to the upload bucket
run "images_in_the_upload_bucket_are_refused" {
  command = plan

  variables {
    buckets = {
      uploads = { name = "one", arn = "arn:aws:s3:::one" }
      images  = { name = "one", arn = "arn:aws:s3:::one" }
    }
  }

  expect_failures = [var.buckets]
}

run "who_starts_functions_is_named_with_its_account" {
  command = plan

  assert {
    condition = { for id, permission in aws_lambda_permission.invoke : id => [permission.function_name, permission.principal, permission.source_arn] } == {
      uploads-start-image-processor    = ["starter-test-image-processor", "s3.amazonaws.com", "arn:aws:s3:::uploads"]
      schedule-starts-cleanup-job      = ["starter-test-cleanup-job", "events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/starter-test-cleanup-job"]
      schedule-starts-report-generator = ["starter-test-report-generator", "events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/starter-test-report-generator"]
      schedule-starts-health-checker   = ["starter-test-health-checker", "events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/starter-test-health-checker"]
    }
    error_message = "Each function is started by its own source alone."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.invoke : permission.source_account == "111122223333" && permission.qualifier == "live" && permission.action == "lambda:InvokeFunction"])
    error_message = "A bucket's name alone names no account: it may be somebody else's one day."
  }
}

run "domain_events_reach_the_queue" {
  command = plan

  assert {
    condition = { for rule in aws_cloudwatch_event_rule.item : rule.name => jsondecode(rule.event_pattern) } == {
      starter-test-item-created  = { source = ["items"], detail-type = ["ItemCreated"] }
      starter-test-item-updated  = { source = ["items"], detail-type = ["ItemUpdated"] }
      starter-test-item-deleted  = { source = ["items"], detail-type = ["ItemDeleted"] }
      starter-test-image-refused = { source = ["items"], detail-type = ["ImageRefused"] }
    }
    error_message = "Every kind has a rule of its own."
  }

  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.item : rule.event_bus_name == "starter-test-items"]) && alltrue([for key, target in aws_cloudwatch_event_target.item : target.event_bus_name == "starter-test-items" && target.arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications" if startswith(key, "notifications/")])
    error_message = "From the environment's own bus to the notification queue."
  }

  assert {
    condition     = toset([for target in values(local.event_targets) : target.kind]) == toset(keys(aws_cloudwatch_event_rule.item))
    error_message = "No rule is without a target."
  }

  assert {
    condition     = aws_cloudwatch_event_archive.items[0].event_source_arn == "arn:aws:events:eu-west-1:111122223333:event-bus/starter-test-items" && aws_cloudwatch_event_archive.items[0].retention_days == 30 && jsondecode(aws_cloudwatch_event_archive.items[0].event_pattern) == { source = ["items"] }
    error_message = "Domain events of the last 30 days can be replayed."
  }
}

run "alarms_reach_the_queue" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.alarms.event_pattern) == {
      source      = ["aws.cloudwatch"]
      detail-type = ["CloudWatch Alarm State Change"]
      detail      = { alarmName = [{ prefix = "starter-test-" }] }
    }
    error_message = "This environment's alarms, and no others of the account."
  }

  assert {
    condition     = aws_cloudwatch_event_target.alarms["notifications"].arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-notifications"
    error_message = "Alarms go the way of the other notifications."
  }
}

run "jobs_run_on_schedule" {
  command = plan

  assert {
    condition = { for job, rule in aws_cloudwatch_event_rule.schedule : job => rule.schedule_expression } == {
      cleanup-job      = "cron(0 3 * * ? *)"
      report-generator = "cron(0 6 ? * MON *)"
      health-checker   = "rate(5 minutes)"
    }
    error_message = "Each job has the schedule that was asked for."
  }

  assert {
    condition = { for job, target in aws_cloudwatch_event_target.schedule : job => target.arn } == {
      cleanup-job      = "arn:aws:lambda:eu-west-1:111122223333:function:cleanup-job:live"
      report-generator = "arn:aws:lambda:eu-west-1:111122223333:function:report-generator:live"
      health-checker   = "arn:aws:lambda:eu-west-1:111122223333:function:health-checker:live"
    }
    error_message = "A schedule starts its function's alias."
  }
}

run "no_target_loses_an_event" {
  command = plan

  assert {
    condition = alltrue([
      for target in concat(values(aws_cloudwatch_event_target.item), values(aws_cloudwatch_event_target.schedule), values(aws_cloudwatch_event_target.alarms)) :
      one(target.dead_letter_config).arn == "arn:aws:sqs:eu-west-1:111122223333:starter-test-failures"
    ])
    error_message = "What a target does not take goes to the failure queue."
  }

  assert {
    condition = alltrue([
      for target in concat(values(aws_cloudwatch_event_target.item), values(aws_cloudwatch_event_target.schedule), values(aws_cloudwatch_event_target.alarms)) :
      one(target.retry_policy).maximum_retry_attempts >= 5 && one(target.retry_policy).maximum_event_age_in_seconds <= 3600
    ])
    error_message = "Sending is retried, and not for a day: nobody wants yesterday's push."
  }
}

run "people_subscribe_to_what_they_want" {
  command = plan

  variables {
    emails = ["ops@example.com"]
  }

  assert {
    condition     = aws_sns_topic.notifications.kms_master_key_id == var.kms_key_arn
    error_message = "Messages are encrypted with the environment's own key."
  }

  assert {
    condition = (
      aws_sns_topic_subscription.email["ops@example.com"].protocol == "email" &&
      jsondecode(aws_sns_topic_subscription.email["ops@example.com"].filter_policy) == { kind = ["AlarmStateChange", "Report"] } &&
      aws_sns_topic_subscription.email["ops@example.com"].filter_policy_scope == "MessageAttributes"
    )
    error_message = "A mailbox has alarms and reports, not every change of an item."
  }
}

run "nobody_is_written_to_unasked" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "There are no subscribers unless asked for."
  }
}

run "without_an_archive_the_bus_is_there_all_the_same" {
  command = plan

  variables {
    archive = false
  }

  assert {
    condition     = length(aws_cloudwatch_event_archive.items) == 0 && aws_cloudwatch_event_bus.items.name == "starter-test-items" && length(aws_cloudwatch_event_rule.item) == 4
    error_message = "What is kept to be replayed can be left out; what happens is told as before."
  }
}
