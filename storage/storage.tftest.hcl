mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = module.bucket["artefacts"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "artefacts", arn = "arn:aws:s3:::artefacts" }
}

override_resource {
  target          = module.bucket["uploads"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "uploads", arn = "arn:aws:s3:::uploads" }
}

override_resource {
  target          = module.bucket["images"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "images", arn = "arn:aws:s3:::images" }
}

override_resource {
  target          = module.bucket["reports"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "reports", arn = "arn:aws:s3:::reports" }
}

variables {
  prefix              = "starter-test"
  place               = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = false
  cors_origin         = "https://app.example.com"
  connections         = true
}

run "tables_are_encrypted_and_items_can_be_restored" {
  command = plan

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency, aws_dynamodb_table.connections[0]] :
      table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    ])
    error_message = "Every table is encrypted with the environment's own key."
  }

  assert {
    condition     = aws_dynamodb_table.items.point_in_time_recovery[0].enabled
    error_message = "Items can be restored to any second of the last 35 days."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency, aws_dynamodb_table.connections[0]] : table.ttl[0].enabled && table.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Rows with a time to live end by themselves, and nothing is paid for an idle table."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.items.global_secondary_index : index.name => [index.hash_key, index.range_key] } == { by-owner = ["owner", "id"], public = ["publicPartition", "id"] }
    error_message = "Lists are queries: one index by owner, one of public items, both in order of creation."
  }

  assert {
    condition     = aws_dynamodb_table.items.stream_enabled && aws_dynamodb_table.items.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "The stream shows what an item was and what it is."
  }
}

run "connections_are_found_by_topic_and_by_connection" {
  command = plan

  assert {
    condition     = [aws_dynamodb_table.connections[0].hash_key, aws_dynamodb_table.connections[0].range_key] == ["topic", "connectionId"]
    error_message = "Who listens to a topic is one query."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.connections[0].global_secondary_index : index.name => [index.hash_key, index.range_key, index.projection_type] } == { by-connection = ["connectionId", "topic", "ALL"] }
    error_message = "What a connection listens to is one query, for when it is gone."
  }

  assert {
    condition     = one(aws_dynamodb_table.connections[0].ttl).attribute_name == "expiresAt"
    error_message = "A lost $disconnect is made up for by the time to live."
  }
}

run "each_bucket_is_kept_and_reached_as_it_is_used" {
  command = plan

  assert {
    condition     = tolist(keys(module.bucket)) == tolist(["artefacts", "images", "reports", "uploads"]) && tolist(keys(output.buckets)) == tolist(["images", "reports", "uploads"])
    error_message = "These are the buckets."
  }

  assert {
    condition     = { for name, bucket in local.buckets : name => bucket.kept_days } == { artefacts = null, images = null, reports = 365, uploads = 7 }
    error_message = "Uploads end after a week and reports after a year; images live as long as their items."
  }

  assert {
    condition     = { for name, bucket in local.buckets : name => jsonencode(bucket.browser_methods) } == { artefacts = "[]", images = "[\"GET\"]", reports = "[]", uploads = "[\"POST\"]" }
    error_message = "A browser sends uploads and loads images, and has nothing to do with the other buckets."
  }
}

run "without_protection_everything_can_be_destroyed" {
  command = plan

  assert {
    condition     = !aws_dynamodb_table.items.deletion_protection_enabled
    error_message = "terraform destroy leaves nothing behind."
  }
}

run "deletion_protection_keeps_what_matters" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = aws_dynamodb_table.items.deletion_protection_enabled
    error_message = "DynamoDB refuses to delete the items."
  }
}

run "without_connections_there_is_no_table_of_them" {
  command = plan

  variables {
    connections = false
  }

  assert {
    condition     = output.connections_table == null && length(aws_dynamodb_table.connections) == 0
    error_message = "What nobody can be in is not made, and nobody is given its name."
  }
}
