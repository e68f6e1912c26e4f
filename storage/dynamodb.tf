resource "aws_dynamodb_table" "items" {
  name                        = "${var.prefix}-items"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "owner"
    type = "S"
  }

  attribute {
    name = "publicPartition"
    type = "S"
  }

  # Ids are UUIDv7, so ordering by id is ordering by time of creation.
  global_secondary_index {
    name            = "by-owner"
    hash_key        = "owner"
    range_key       = "id"
    projection_type = "ALL"
  }

  # Sparse: only public items carry the attribute, so no query of this index can ever see a private one.
  global_secondary_index {
    name            = "public"
    hash_key        = "publicPartition"
    range_key       = "id"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}

resource "aws_dynamodb_table" "idempotency" {
  #checkov:skip=CKV_AWS_28:Its rows live a day; there is nothing to recover
  name         = "${var.prefix}-idempotency"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    attribute_name = "expiration"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}

# A row for each topic that a connection listens to: who is told about a change is one query by topic.
resource "aws_dynamodb_table" "connections" {
  count = var.connections ? 1 : 0

  #checkov:skip=CKV_AWS_28:Its rows live as long as a connection, two hours at most; there is nothing to recover
  name         = "${var.prefix}-connections"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "topic"
  range_key    = "connectionId"

  attribute {
    name = "topic"
    type = "S"
  }

  attribute {
    name = "connectionId"
    type = "S"
  }

  # What a connection listens to, for when it is gone.
  global_secondary_index {
    name            = "by-connection"
    hash_key        = "connectionId"
    range_key       = "topic"
    projection_type = "ALL"
  }

  # $disconnect is sent once and may be lost.
  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
