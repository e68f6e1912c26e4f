locals {
  # The account decides by IAM policies who may use a key; without this statement nobody could ever change it.
  account_statement = {
    Sid       = "Account"
    Effect    = "Allow"
    Principal = { AWS = "arn:${var.place.partition}:iam::${var.place.account}:root" }
    Action    = "kms:*"
    Resource  = "*" # in a key's policy: this key
  }
}

resource "aws_kms_key" "data" {
  description             = "${var.prefix}: tables, buckets, queues, topics and secrets"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_protection ? 30 : 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([local.account_statement], [
      for row in local.service_permissions : {
        Sid       = replace(title(replace(row.id, "-", " ")), " ", "")
        Effect    = "Allow"
        Principal = { Service = row.service }
        Action    = row.actions
        Resource  = "*" # in a key's policy: this key
        # For this environment's queues, whose policies name the rules and the account: the key is told the queue by SQS.
        # aws:SourceArn and aws:SourceAccount are "not supported for EventBridge-to-encrypted topics" in a key's policy
        # (Amazon SNS Developer Guide, "Key management"), and SQS's guide says nothing else of queues. A condition on
        # what is not sent would lose every event, and only a metric would say so.
        Condition = { StringEquals = { "kms:EncryptionContext:aws:sqs:arn" = [
          for queue in var.event_queues : "arn:${var.place.partition}:sqs:${var.place.region}:${var.place.account}:${queue}"
        ] } }
      } if row.how == "key" && row.resource == "data_key"
    ])
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.prefix}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_key" "logs" {
  description             = "${var.prefix}: log groups"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_protection ? 30 : 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([local.account_statement], [
      for row in local.service_permissions : {
        Sid       = replace(title(replace(row.id, "-", " ")), " ", "")
        Effect    = "Allow"
        Principal = { Service = "${row.service}.${var.place.region}.${var.place.dns_suffix}" }
        Action    = row.actions
        Resource  = "*" # in a key's policy: this key
        Condition = {
          ArnLike = {
            # API Gateway names its execution logs by the API's id alone.
            "kms:EncryptionContext:aws:logs:arn" = [
              for name in ["*${var.prefix}*", "API-Gateway-Execution-Logs_*", "/aws/apigateway/*"] :
              "arn:${var.place.partition}:logs:${var.place.region}:${var.place.account}:log-group:${name}"
            ]
          }
        }
      } if row.how == "key" && row.resource == "log_key"
    ])
  })
}

resource "aws_kms_alias" "logs" {
  name          = "alias/${var.prefix}-logs"
  target_key_id = aws_kms_key.logs.key_id
}
