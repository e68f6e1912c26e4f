output "failure_queue" {
  description = "Where asynchronous invocations go that failed for good."
  value       = { arn = aws_sqs_queue.failures.arn, url = aws_sqs_queue.failures.url }
}
