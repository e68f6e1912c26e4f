# One queue: encrypted, reached by TLS alone, and with a dead-letter queue for messages that failed each time. Policies and
# redrive settings are arguments of the queue: as resources of their own each costs a wait of 25 s.

locals {
  arn_prefix      = "arn:${var.place.partition}:sqs:${var.place.region}:${var.place.account}"
  arn             = "${local.arn_prefix}:${var.name}"
  dead_letter_arn = "${local.arn}-dlq"

  # Nobody reaches a queue without TLS (Amazon SQS Developer Guide, "Amazon SQS security best practices").
  tls_only = {
    for arn in [local.arn, local.dead_letter_arn] : arn => {
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }

  # EventBridge may send for this environment's rules alone.
  events = [
    for rules in [var.event_rule_arns] : {
      Sid       = "EventsAreSent"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = ["sqs:SendMessage"]
      Resource  = local.arn
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.place.account }
        ArnEquals    = { "aws:SourceArn" = rules }
      }
    } if length(rules) > 0
  ]
}

resource "aws_sqs_queue" "this" {
  name                      = var.name
  message_retention_seconds = var.kept_days * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  policy                    = jsonencode({ Version = "2012-10-17", Statement = concat([local.tls_only[local.arn]], local.events) })

  # A message must not come back while Lambda still retries the batch that it is in.
  visibility_timeout_seconds = var.consumer_timeout_seconds == null ? null : 6 * var.consumer_timeout_seconds

  # AWS asks for five at least: receiving counts also when Lambda throttles the function.
  redrive_policy = var.dead_letter ? jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn, maxReceiveCount = var.attempts }) : null

  # It is no queue's dead-letter queue: nothing that was received too often may end here, where nobody would know its kind.
  redrive_allow_policy = jsonencode({ redrivePermission = "denyAll" })
}

# A message's age counts from when it was first sent, so this one keeps it longest. `python -m tools redrive` sends messages
# back once the cause is fixed.
resource "aws_sqs_queue" "dead_letter" {
  count = var.dead_letter ? 1 : 0

  name                      = "${var.name}-dlq"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  policy                    = jsonencode({ Version = "2012-10-17", Statement = [local.tls_only[local.dead_letter_arn]] })
  redrive_allow_policy      = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [local.arn] })
}
