mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_dynamodb_table.this
  override_during = plan
  values          = { stream_arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026" }
}

variables {
  name                = "orders"
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = true
  hash_key            = "id"
}

run "a_table_keeps_its_rows_unless_it_says_otherwise" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn && one(aws_dynamodb_table.this.server_side_encryption).enabled
    error_message = "It is encrypted with the environment's own key, and nothing is paid while it is idle."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery).enabled && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Rows can be restored, and the table cannot be deleted where that is asked for."
  }

  assert {
    condition     = [for attribute in aws_dynamodb_table.this.attribute : "${attribute.name} ${attribute.type}"] == ["id S"]
    error_message = "The key is a string."
  }

  assert {
    condition     = output.stream == null && !aws_dynamodb_table.this.stream_enabled && length(aws_dynamodb_table.this.global_secondary_index) == 0
    error_message = "There is no stream and no index unless asked for."
  }
}

run "a_table_for_a_while_can_be_deleted" {
  command = plan

  variables {
    lasting    = false
    expires_by = "expiresAt"
  }

  assert {
    condition     = !one(aws_dynamodb_table.this.point_in_time_recovery).enabled && !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Nothing is paid for what nobody would restore."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "expiresAt" && one(aws_dynamodb_table.this.ttl).enabled
    error_message = "Rows end by themselves."
  }
}

run "without_protection_it_can_be_destroyed" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "terraform destroy leaves nothing behind."
  }
}

run "keys_of_indexes_are_attributes_too" {
  command = plan

  variables {
    range_key   = "placedAt"
    number_keys = ["placedAt"]
    indexes     = { by-owner = { hash_key = "owner", range_key = "id" }, by-state = { hash_key = "state" } }
    stream      = true
  }

  assert {
    condition     = toset([for attribute in aws_dynamodb_table.this.attribute : "${attribute.name} ${attribute.type}"]) == toset(["id S", "placedAt N", "owner S", "state S"])
    error_message = "DynamoDB wants every key's attribute declared, and no other."
  }

  assert {
    condition     = jsonencode({ for index in aws_dynamodb_table.this.global_secondary_index : index.name => [index.hash_key, index.range_key, index.projection_type] }) == jsonencode({ by-owner = ["owner", "id", "ALL"], by-state = ["state", null, "ALL"] })
    error_message = "An index has its keys and all attributes."
  }

  assert {
    condition     = aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES" && output.stream.arn == "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026"
    error_message = "The stream shows what a row was and what it is."
  }
}
