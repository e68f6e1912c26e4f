# What people are told. Functions publish, and every message says its kind, so that a subscriber takes what it wants.

locals {
  topic_name = "${var.prefix}-notifications"
}

resource "aws_sns_topic" "notifications" {
  name              = local.topic_name
  kms_master_key_id = var.kms_key_arn

  # Who may publish is said by the functions' roles. A topic's policy takes some of SNS's actions alone, and no `sns:*`
  # (Amazon SNS Developer Guide, "Amazon SNS security best practices").
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["sns:Publish", "sns:Subscribe"]
      Resource  = "arn:${var.place.partition}:sns:${var.place.region}:${var.place.account}:${local.topic_name}"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# Item events are for machines: who has them in a mailbox has too many.
resource "aws_sns_topic_subscription" "email" {
  for_each = var.emails

  topic_arn           = aws_sns_topic.notifications.arn
  protocol            = "email"
  endpoint            = each.key
  filter_policy       = jsonencode({ kind = ["AlarmStateChange", "Report"] })
  filter_policy_scope = "MessageAttributes"
}
