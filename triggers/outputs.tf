output "failure_queue" {
  description = "Where goes what failed for good: asynchronous invocations, stream records, events that no target took."
  value       = { arn = aws_sqs_queue.failures.arn, url = aws_sqs_queue.failures.url }
}

output "notification_queue" {
  description = "What somebody is to be told about."
  value       = { arn = aws_sqs_queue.notifications.arn, url = aws_sqs_queue.notifications.url }
}

output "notification_dlq" {
  description = "Notifications that failed each time."
  value       = { arn = aws_sqs_queue.notifications_dlq.arn, url = aws_sqs_queue.notifications_dlq.url }
}

output "event_bus" {
  description = "The bus of domain events."
  value       = { name = aws_cloudwatch_event_bus.items.name, arn = aws_cloudwatch_event_bus.items.arn }
}

output "notification_topic" {
  description = "What people are told."
  value       = aws_sns_topic.notifications.arn
}

output "started" {
  description = "Functions that something starts: new objects, a schedule, or Lambda itself, which polls a source for them."
  value       = toset(concat([for row in values(local.invocations) : row.function], ["data-transformer", "notification-sender"]))
}
