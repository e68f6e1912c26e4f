mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_s3_bucket.artefacts
  override_during = plan
  values          = { arn = "arn:aws:s3:::artefacts" }
}

variables {
  prefix              = "starter-test"
  place               = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = false
}

run "tables_are_encrypted_and_items_can_be_restored" {
  command = plan

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency] :
      table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    ])
    error_message = "Both tables are encrypted with the environment's own key."
  }

  assert {
    condition     = aws_dynamodb_table.items.point_in_time_recovery[0].enabled
    error_message = "Items can be restored to any second of the last 35 days."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.items, aws_dynamodb_table.idempotency] : table.ttl[0].enabled && table.billing_mode == "PAY_PER_REQUEST"])
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

run "the_artefact_bucket_is_closed" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.artefacts.block_public_acls,
      aws_s3_bucket_public_access_block.artefacts.block_public_policy,
      aws_s3_bucket_public_access_block.artefacts.ignore_public_acls,
      aws_s3_bucket_public_access_block.artefacts.restrict_public_buckets,
    ])
    error_message = "Public access is blocked in all four ways."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.artefacts.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::artefacts", "arn:aws:s3:::artefacts/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Nobody reaches the bucket or an object without TLS."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.artefacts.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    error_message = "Objects are encrypted with the environment's own key."
  }

  assert {
    condition     = aws_s3_bucket_versioning.artefacts.versioning_configuration[0].status == "Enabled"
    error_message = "An overwritten artefact can be had back."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.artefacts.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1
    error_message = "Parts of an aborted upload are not paid for."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.artefacts.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access control lists are off."
  }
}

run "without_protection_everything_can_be_destroyed" {
  command = plan

  assert {
    condition     = !aws_dynamodb_table.items.deletion_protection_enabled && aws_s3_bucket.artefacts.force_destroy
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
    condition     = !aws_s3_bucket.artefacts.force_destroy
    error_message = "A bucket that is not empty stays."
  }
}
