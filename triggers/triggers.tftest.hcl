mock_provider "aws" {
  override_during = plan
}

variables {
  prefix      = "starter-test"
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/data"
}

run "failures_are_kept" {
  command = plan

  assert {
    condition     = aws_sqs_queue.failures.message_retention_seconds == 1209600
    error_message = "A failed event waits for 14 days, the longest that SQS knows."
  }

  assert {
    condition     = aws_sqs_queue.failures.kms_master_key_id == var.kms_key_arn
    error_message = "Events are encrypted with the environment's own key."
  }
}
