# The bus of domain events, the schedules, and the alarms. Whatever a target does not take goes to the failure queue.

locals {
  # Domain events by the last part of their rule's name: lambda_src/domain/item_events.py has them.
  kinds = {
    item-created  = "ItemCreated"
    item-updated  = "ItemUpdated"
    item-deleted  = "ItemDeleted"
    image-refused = "ImageRefused"
  }

  # Which domain events go to which queue.
  event_targets = merge([
    for queue, settings in local.queues : { for kind in try(settings.events, []) : "${queue}/${kind}" => { queue = queue, kind = kind } }
  ]...)
  alarm_queues = toset([for queue, settings in local.queues : queue if try(settings.alarms, false)])

  # Which rules send to which queue.
  rule_arns = merge(
    {
      for queue, settings in local.queues : queue => concat(
        [for kind in try(settings.events, []) : aws_cloudwatch_event_rule.item[kind].arn],
        [for arn in [aws_cloudwatch_event_rule.alarms.arn] : arn if contains(local.alarm_queues, queue)],
      )
    },
    {
      failures = concat(
        [for kind in keys(local.kinds) : aws_cloudwatch_event_rule.item[kind].arn],
        [for function in keys(var.schedules) : aws_cloudwatch_event_rule.schedule[function].arn],
        [aws_cloudwatch_event_rule.alarms.arn],
      )
    },
  )
}

# Encrypted by AWS's own key: EventBridge keeps an event only until its targets have it. What is kept longer, in the
# queues, is encrypted by ours.
resource "aws_cloudwatch_event_bus" "items" {
  name        = "${var.prefix}-items"
  description = "Domain events of items"
}

# Replayed onto the same bus, for instance when a new consumer wants to know what has been.
resource "aws_cloudwatch_event_archive" "items" {
  count = var.archive ? 1 : 0

  name             = "${var.prefix}-items"
  description      = "Domain events of the last 30 days"
  event_source_arn = aws_cloudwatch_event_bus.items.arn
  retention_days   = 30
  event_pattern    = jsonencode({ source = ["items"] })
}

resource "aws_cloudwatch_event_rule" "item" {
  for_each = local.kinds

  name           = "${var.prefix}-${each.key}"
  description    = "${each.value}: somebody may want to know"
  event_bus_name = aws_cloudwatch_event_bus.items.name
  event_pattern  = jsonencode({ source = ["items"], detail-type = [each.value] })
}

resource "aws_cloudwatch_event_target" "item" {
  for_each = local.event_targets

  rule           = aws_cloudwatch_event_rule.item[each.value.kind].name
  event_bus_name = aws_cloudwatch_event_bus.items.name
  target_id      = each.value.queue
  arn            = module.queue[each.value.queue].queue.arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = module.failure_queue.queue.arn
  }
}

# CloudWatch says on the default bus that an alarm has changed.
resource "aws_cloudwatch_event_rule" "alarms" {
  name        = "${var.prefix}-alarms"
  description = "An alarm of this environment has changed its state"

  event_pattern = jsonencode({
    source      = ["aws.cloudwatch"]
    detail-type = ["CloudWatch Alarm State Change"]
    detail      = { alarmName = [{ prefix = "${var.prefix}-" }] }
  })
}

resource "aws_cloudwatch_event_target" "alarms" {
  for_each = local.alarm_queues

  rule      = aws_cloudwatch_event_rule.alarms.name
  target_id = each.key
  arn       = module.queue[each.key].queue.arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = module.failure_queue.queue.arn
  }
}

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = var.schedules

  name                = "${var.prefix}-${each.key}"
  description         = "When ${each.key} runs"
  schedule_expression = each.value
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = var.schedules

  rule      = aws_cloudwatch_event_rule.schedule[each.key].name
  target_id = each.key
  arn       = var.functions[each.key].alias.arn

  # For as long as Lambda does not take the event; what the function makes of it is retried by Lambda.
  retry_policy {
    maximum_event_age_in_seconds = 900
    maximum_retry_attempts       = 5
  }

  dead_letter_config {
    arn = module.failure_queue.queue.arn
  }

  # A schedule that fires before it may invoke has failed for nothing.
  depends_on = [aws_lambda_permission.invoke]
}
