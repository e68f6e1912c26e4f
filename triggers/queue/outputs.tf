output "queue" {
  description = "The queue's ARN and URL."
  value       = { arn = aws_sqs_queue.this.arn, url = aws_sqs_queue.this.url }
}

output "dead_letter_queue" {
  description = "ARN and URL of its dead-letter queue; null where there is none."
  value       = one([for queue in aws_sqs_queue.dead_letter : { arn = queue.arn, url = queue.url }])
}
