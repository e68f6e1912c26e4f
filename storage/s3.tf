# The buckets, all made alike: closed, encrypted, versioned, reached by TLS alone. What is special about one stands here.

locals {
  buckets = {
    # Functions made from S3 objects are created side by side, those made from files one by one.
    artefacts = { kept_days = null, browser_methods = [] }
    # What callers send. It is read once, within seconds; nobody looks at it again.
    uploads = { kept_days = 7, browser_methods = ["POST"] }
    # What image-processor makes of it. In a bucket of its own, so that a derivative can never start it again.
    images  = { kept_days = null, browser_methods = ["GET"] }
    reports = { kept_days = 365, browser_methods = [] }
  }
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  #checkov:skip=CKV_AWS_18:Who may read or write is decided by IAM and seen in CloudTrail; access logs would name every caller's objects once more
  #checkov:skip=CKV_AWS_144:Artefacts and derivatives can be made again, uploads live a week, reports are derived from the table
  #checkov:skip=CKV2_AWS_62:Uploads alone start something, in triggers/s3-triggers.tf
  bucket        = "${var.prefix}-${each.key}-${var.place.account}-${var.place.region}"
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  # Old versions can be ended only once there are versions.
  bucket = aws_s3_bucket_versioning.this[each.key].bucket

  rule {
    id     = "forget-what-was-replaced"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    noncurrent_version_expiration {
      noncurrent_days = min(30, coalesce(each.value.kept_days, 30))
    }
  }

  dynamic "rule" {
    for_each = each.value.kept_days == null ? [] : [each.value.kept_days]

    content {
      id     = "end"
      status = "Enabled"
      filter {}

      expiration {
        days = rule.value
      }
    }
  }
}

# A browser sends the upload and loads the images itself, by the signed URLs that the API gave it.
resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = { for name, bucket in local.buckets : name => bucket.browser_methods if length(bucket.browser_methods) > 0 }

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_methods = each.value
    allowed_origins = [var.cors_origin]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = aws_s3_bucket_public_access_block.this[each.key].bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [each.value.arn, "${each.value.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
