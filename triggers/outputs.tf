output "queues" {
  description = "ARN and URL of each queue by its name here. In failures is what failed for good: asynchronous invocations, stream records, events that no target took."
  value       = merge({ failures = module.failure_queue.queue }, { for name, queue in module.queue : name => queue.queue })
}

output "dead_letter_queues" {
  description = "ARN and URL of each queue's dead-letter queue, by the queue's name here."
  value       = { for name, queue in module.queue : name => queue.dead_letter_queue }
}

output "topics" {
  description = "ARNs of the topics by their names here: notification tells people."
  value       = { notification = aws_sns_topic.notifications.arn }
}

output "event_bus" {
  description = "The bus of domain events."
  value       = { name = aws_cloudwatch_event_bus.items.name, arn = aws_cloudwatch_event_bus.items.arn }
}

# The next three are known before anything is made: keys and roles are made before what they are for.

output "queue_consumers" {
  description = "Which queues a function reads."
  value       = transpose({ for queue, settings in local.queues : queue => [settings.consumer] })
}

output "stream_consumers" {
  description = "Which table's stream a function reads."
  value       = { for function, settings in local.stream_consumers : function => settings.table }
}

output "event_queues" {
  description = "Names in AWS of the queues that EventBridge sends to."
  value       = sort(distinct([for queue in concat(["failures"], values(local.event_targets)[*].queue, tolist(local.alarm_queues)) : "${var.prefix}-${queue}"]))
}

output "started" {
  description = "Functions that something starts: new objects, a schedule, or Lambda itself, which polls a source for them."
  value       = toset(concat([for row in values(local.invocations) : row.function], values(local.queues)[*].consumer, keys(local.stream_consumers)))
}
