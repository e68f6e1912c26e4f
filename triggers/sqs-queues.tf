# Queues. Their policies and redrive settings are arguments of the queue: as resources of their own each costs a wait of 25 s.

locals {
  queue_arn_prefix = "arn:${var.place.partition}:sqs:${var.place.region}:${var.place.account}:${var.prefix}"

  # Nobody reaches a queue without TLS (Amazon SQS Developer Guide, "Amazon SQS security best practices").
  tls_only = {
    for queue in ["notifications", "failures", "notifications-dlq"] : queue => {
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "${local.queue_arn_prefix}-${queue}"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }

  # Who may send to which queue, and for which of this environment's rules.
  queue_policies = {
    for queue, tls_only in local.tls_only : queue => jsonencode({
      Version = "2012-10-17"
      Statement = concat([tls_only], [
        for id, sender in var.queue_senders : {
          Sid       = replace(title(replace(id, "-", " ")), " ", "")
          Effect    = "Allow"
          Principal = { Service = sender.service }
          Action    = sender.actions
          Resource  = "${local.queue_arn_prefix}-${queue}"
          Condition = {
            StringEquals = { "aws:SourceAccount" = var.place.account }
            ArnEquals    = { "aws:SourceArn" = local.rule_arns[queue] }
          }
        } if sender.queue == queue
      ])
    })
  }
}

# The on-failure destination of every function, of the stream mapping, and of events that no target took: what was tried
# for good lands here with the reason.
resource "aws_sqs_queue" "failures" {
  name                      = "${var.prefix}-failures"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.queue_policies["failures"]

  # It is no queue's dead-letter queue: nothing that was received too often may end here, where nobody would know its kind.
  redrive_allow_policy = jsonencode({ redrivePermission = "denyAll" })
}

# What somebody is to be told about.
resource "aws_sqs_queue" "notifications" {
  name                      = "${var.prefix}-notifications"
  message_retention_seconds = 4 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.queue_policies["notifications"]

  # A message must not come back while Lambda still retries the batch that it is in.
  visibility_timeout_seconds = 6 * var.notification_timeout_seconds

  # AWS asks for five at least: receiving counts also when Lambda throttles the function.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.notifications_dlq.arn
    maxReceiveCount     = 5
  })
}

# Messages that failed each time. `python -m tools redrive` sends them back once the cause is fixed.
resource "aws_sqs_queue" "notifications_dlq" {
  name                      = "${var.prefix}-notifications-dlq"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.queue_policies["notifications-dlq"]

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["${local.queue_arn_prefix}-notifications"]
  })
}

resource "aws_lambda_event_source_mapping" "notifications" {
  event_source_arn        = aws_sqs_queue.notifications.arn
  function_name           = var.functions["notification-sender"].alias.arn
  function_response_types = ["ReportBatchItemFailures"]

  # A push is wanted at once: no window.
  batch_size = 10

  # Without a cap the pollers scale until the function's throttled invocations carry good messages to the dead-letter queue.
  scaling_config {
    maximum_concurrency = 10
  }
}
