mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_s3_bucket.this
  override_during = plan
  values          = { id = "reports", arn = "arn:aws:s3:::reports" }
}

variables {
  name                = "starter-test-reports"
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = false
  cors_origin         = "https://app.example.com"
}

run "a_bucket_is_closed" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Public access is blocked in all four ways."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Nobody reaches the bucket or an object without TLS."
  }

  assert {
    condition = (
      one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn &&
      one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms" &&
      one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    )
    error_message = "Objects are encrypted with the environment's own key, which is asked once per bucket and not per object."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "What was overwritten can be had back."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access control lists are off."
  }

  assert {
    condition     = aws_s3_bucket.this.bucket == "starter-test-reports" && aws_s3_bucket.this.force_destroy
    error_message = "Without protection a bucket is destroyed with what is in it."
  }
}

run "objects_are_kept_unless_they_end" {
  command = plan

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].expired_object_delete_marker && aws_s3_bucket_lifecycle_configuration.this.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1 && aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Parts of an aborted upload end after a day and old versions after thirty; nothing else ends but what marks a deletion."
  }
}

run "objects_end" {
  command = plan

  variables {
    kept_days = 7
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 7 && aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 7
    error_message = "Objects end when asked for, and their old versions never later."
  }
}

run "browsers_stay_away" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "A browser may do nothing unless asked for."
  }
}

run "browsers_of_one_origin_may_do_one_thing" {
  command = plan

  variables {
    browser_methods = ["POST"]
  }

  assert {
    condition     = tolist(one(aws_s3_bucket_cors_configuration.this[0].cors_rule).allowed_methods) == tolist(["POST"]) && tolist(one(aws_s3_bucket_cors_configuration.this[0].cors_rule).allowed_origins) == tolist(["https://app.example.com"])
    error_message = "One origin, for the one thing that a browser does there."
  }
}

run "deletion_protection_keeps_what_is_in_it" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket that is not empty stays."
  }
}

run "a_name_may_be_as_long_as_s3_takes" {
  command = plan

  variables {
    name = "a-project-and-its-env-artefacts-111122223333-ap-southeast-1-xyz"
  }

  assert {
    condition     = length(aws_s3_bucket.this.bucket) == 63
    error_message = "63 characters are a bucket's name."
  }
}

# says: characters, and S3 takes 63
run "a_name_that_s3_does_not_take" {
  command = plan

  variables {
    name = "a-project-and-its-env-artefacts-111122223333-ap-southeast-1-wxyz"
  }

  expect_failures = [aws_s3_bucket.this]
}
