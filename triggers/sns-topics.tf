# What people are told. Functions publish, and every message says its kind, so that a subscriber takes what it wants.

resource "aws_sns_topic" "notifications" {
  name              = "${var.prefix}-notifications"
  kms_master_key_id = var.kms_key_arn
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
