# One bucket: closed to the public, encrypted, versioned, reached by TLS alone.

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Who may read or write is decided by IAM and seen in CloudTrail; access logs would name every caller's objects once more
  #checkov:skip=CKV_AWS_144:Artefacts and derivatives can be made again, uploads live a week, reports are made from the table
  #checkov:skip=CKV2_AWS_62:Whether anything listens is decided in triggers/s3-triggers.tf; to uploads alone something does
  bucket        = var.name
  force_destroy = !var.deletion_protection

  lifecycle {
    precondition {
      condition     = length(var.name) <= 63
      error_message = "The bucket name \"${var.name}\" has ${length(var.name)} characters, and S3 takes 63: shorten `project` or `environment` by ${length(var.name) - 63}."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  # Old versions can be ended only once there are versions.
  depends_on = [aws_s3_bucket_versioning.this]

  rule {
    id     = "forget-what-nobody-needs"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    noncurrent_version_expiration {
      noncurrent_days = min(30, coalesce(var.kept_days, 30))
    }

    # What was deleted leaves a marker, which ends with the days or, where nothing else ends, by itself.
    expiration {
      days                         = var.kept_days
      expired_object_delete_marker = var.kept_days == null ? true : null
    }
  }
}

# A browser sends the upload and loads the images itself, by the signed URLs that the API gave it.
resource "aws_s3_bucket_cors_configuration" "this" {
  count = length(var.browser_methods) > 0 ? 1 : 0

  bucket = aws_s3_bucket.this.id

  cors_rule {
    allowed_methods = var.browser_methods
    allowed_origins = [var.cors_origin]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket_public_access_block.this.bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
