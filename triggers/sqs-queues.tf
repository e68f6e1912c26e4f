# The on-failure destination of every function: an event whose retries are used up lands here with the reason.

resource "aws_sqs_queue" "failures" {
  name                      = "${var.prefix}-failures"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
}
