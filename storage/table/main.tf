# One table: encrypted, paid by request, with its indexes and, where something reads its changes, a stream.

locals {
  keys = distinct(compact(concat(
    [var.hash_key, var.range_key],
    flatten([for index in values(var.indexes) : [index.hash_key, index.range_key]]),
  )))
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.hash_key
  range_key                   = var.range_key
  stream_enabled              = var.stream
  stream_view_type            = var.stream ? "NEW_AND_OLD_IMAGES" : null
  deletion_protection_enabled = var.deletion_protection && var.lasting

  dynamic "attribute" {
    for_each = toset(local.keys)

    content {
      name = attribute.key
      type = contains(var.number_keys, attribute.key) ? "N" : "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "ALL"
    }
  }

  dynamic "ttl" {
    for_each = var.expires_by[*]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  point_in_time_recovery {
    enabled = var.lasting
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
