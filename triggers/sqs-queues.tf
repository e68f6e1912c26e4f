# The queues, each made by the same block, and the functions that read them. What is special about one stands here; the
# right to read a queue follows for its consumer's role (security/).
#
# consumer: the function that reads it. events: the domain events that it takes (names of `kinds` in eventbridge.tf).
# alarms: whether it takes changes of this environment's alarms. batch_size, window_seconds: how many messages a function
# gets at once, and how long Lambda may wait for them. maximum_concurrency: how many batches are worked on at a time.

locals {
  queues = {
    # What somebody is to be told about. A push is wanted at once: no window.
    notifications = {
      consumer = "notification-sender"
      events   = keys(local.kinds)
      alarms   = true
    }
  }
}

module "queue" {
  source   = "./queue"
  for_each = local.queues

  name                     = "${var.prefix}-${each.key}"
  place                    = var.place
  kms_key_arn              = var.kms_key_arn
  consumer_timeout_seconds = var.timeouts[each.value.consumer]
  event_rule_arns          = local.rule_arns[each.key]
}

# The on-failure destination of every function, of the stream mappings, and of events that no target took: what was tried
# for good lands here with the reason.
module "failure_queue" {
  source = "./queue"

  name            = "${var.prefix}-failures"
  place           = var.place
  kms_key_arn     = var.kms_key_arn
  kept_days       = 14
  dead_letter     = false
  event_rule_arns = local.rule_arns["failures"]
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = local.queues

  event_source_arn                   = module.queue[each.key].queue.arn
  function_name                      = var.functions[each.value.consumer].alias.arn
  function_response_types            = ["ReportBatchItemFailures"]
  batch_size                         = try(each.value.batch_size, 10)
  maximum_batching_window_in_seconds = try(each.value.window_seconds, null)

  # Without a cap the pollers scale until the function's throttled invocations carry good messages to the dead-letter queue.
  scaling_config {
    maximum_concurrency = try(each.value.maximum_concurrency, 10)
  }
}
