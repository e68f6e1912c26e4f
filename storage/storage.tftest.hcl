mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_s3_bucket.this["artefacts"]
  override_during = plan
  values          = { id = "artefacts", arn = "arn:aws:s3:::artefacts" }
}

override_resource {
  target          = aws_s3_bucket.this["uploads"]
  override_during = plan
  values          = { id = "uploads", arn = "arn:aws:s3:::uploads" }
}

override_resource {
  target          = aws_s3_bucket.this["images"]
  override_during = plan
  values          = { id = "images", arn = "arn:aws:s3:::images" }
}

override_resource {
  target          = aws_s3_bucket.this["reports"]
  override_during = plan
  values          = { id = "reports", arn = "arn:aws:s3:::reports" }
}

variables {
  prefix              = "starter-test"
  place               = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = false
  cors_origin         = "https://app.example.com"
}

run "tables_are_encrypted_and_items_can_be_restored" {
  command = plan

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency, aws_dynamodb_table.connections] :
      table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    ])
    error_message = "Every table is encrypted with the environment's own key."
  }

  assert {
    condition     = aws_dynamodb_table.items.point_in_time_recovery[0].enabled
    error_message = "Items can be restored to any second of the last 35 days."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency, aws_dynamodb_table.connections] : table.ttl[0].enabled && table.billing_mode == "PAY_PER_REQUEST"])
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
    condition     = [aws_dynamodb_table.connections.hash_key, aws_dynamodb_table.connections.range_key] == ["topic", "connectionId"]
    error_message = "Who listens to a topic is one query."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.connections.global_secondary_index : index.name => [index.hash_key, index.range_key, index.projection_type] } == { by-connection = ["connectionId", "topic", "ALL"] }
    error_message = "What a connection listens to is one query, for when it is gone."
  }

  assert {
    condition     = one(aws_dynamodb_table.connections.ttl).attribute_name == "expiresAt"
    error_message = "A lost $disconnect is made up for by the time to live."
  }
}

run "every_bucket_is_closed" {
  command = plan

  assert {
    condition     = tolist(keys(aws_s3_bucket.this)) == tolist(["artefacts", "images", "reports", "uploads"]) && length(distinct([for bucket in aws_s3_bucket.this : bucket.bucket])) == 4
    error_message = "These are the buckets."
  }

  assert {
    condition = alltrue([
      for name in keys(local.buckets) : alltrue([
        aws_s3_bucket_public_access_block.this[name].block_public_acls,
        aws_s3_bucket_public_access_block.this[name].block_public_policy,
        aws_s3_bucket_public_access_block.this[name].ignore_public_acls,
        aws_s3_bucket_public_access_block.this[name].restrict_public_buckets,
      ])
    ])
    error_message = "Public access is blocked in all four ways."
  }

  assert {
    condition = alltrue([
      for name in keys(local.buckets) : jsondecode(aws_s3_bucket_policy.this[name].policy).Statement == [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${name}", "arn:aws:s3:::${name}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    ])
    error_message = "Nobody reaches a bucket or an object without TLS."
  }

  assert {
    condition = alltrue([
      for name in keys(local.buckets) :
      one(aws_s3_bucket_server_side_encryption_configuration.this[name].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn &&
      one(aws_s3_bucket_server_side_encryption_configuration.this[name].rule).bucket_key_enabled
    ])
    error_message = "Objects are encrypted with the environment's own key, which is asked once per bucket and not per object."
  }

  assert {
    condition     = alltrue([for name in keys(local.buckets) : aws_s3_bucket_versioning.this[name].versioning_configuration[0].status == "Enabled"])
    error_message = "What was overwritten can be had back."
  }

  assert {
    condition     = alltrue([for name in keys(local.buckets) : aws_s3_bucket_ownership_controls.this[name].rule[0].object_ownership == "BucketOwnerEnforced"])
    error_message = "Access control lists are off."
  }
}

run "nothing_is_kept_that_nobody_needs" {
  command = plan

  assert {
    condition     = alltrue([for name in keys(local.buckets) : aws_s3_bucket_lifecycle_configuration.this[name].rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1])
    error_message = "Parts of an aborted upload are not paid for."
  }

  assert {
    condition = { for name in keys(local.buckets) : name => aws_s3_bucket_lifecycle_configuration.this[name].rule[0].noncurrent_version_expiration[0].noncurrent_days } == {
      artefacts = 30
      images    = 30
      reports   = 30
      uploads   = 7
    }
    error_message = "Old versions end, and never later than what replaced them."
  }

  assert {
    condition = { for name in keys(local.buckets) : name => [for rule in aws_s3_bucket_lifecycle_configuration.this[name].rule : rule.expiration[0].days if length(rule.expiration) > 0] } == {
      artefacts = []
      images    = []
      reports   = [365]
      uploads   = [7]
    }
    error_message = "Uploads end after a week and reports after a year; images live as long as their items."
  }
}

run "browsers_may_send_uploads_and_load_images" {
  command = plan

  assert {
    condition = { for name, cors in aws_s3_bucket_cors_configuration.this : name => [tolist(one(cors.cors_rule).allowed_methods), tolist(one(cors.cors_rule).allowed_origins)] } == {
      images  = [tolist(["GET"]), tolist(["https://app.example.com"])]
      uploads = [tolist(["POST"]), tolist(["https://app.example.com"])]
    }
    error_message = "One origin, each bucket for the one thing that a browser does there."
  }
}

run "without_protection_everything_can_be_destroyed" {
  command = plan

  assert {
    condition     = !aws_dynamodb_table.items.deletion_protection_enabled && alltrue([for bucket in aws_s3_bucket.this : bucket.force_destroy])
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

  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "A bucket that is not empty stays."
  }
}
