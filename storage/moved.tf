# Deployments made when there was one bucket keep it: renamed in the state alone, it is neither emptied nor made anew.

moved {
  from = aws_s3_bucket.artefacts
  to   = aws_s3_bucket.this["artefacts"]
}

moved {
  from = aws_s3_bucket_public_access_block.artefacts
  to   = aws_s3_bucket_public_access_block.this["artefacts"]
}

moved {
  from = aws_s3_bucket_ownership_controls.artefacts
  to   = aws_s3_bucket_ownership_controls.this["artefacts"]
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.artefacts
  to   = aws_s3_bucket_server_side_encryption_configuration.this["artefacts"]
}

moved {
  from = aws_s3_bucket_versioning.artefacts
  to   = aws_s3_bucket_versioning.this["artefacts"]
}

moved {
  from = aws_s3_bucket_lifecycle_configuration.artefacts
  to   = aws_s3_bucket_lifecycle_configuration.this["artefacts"]
}

moved {
  from = aws_s3_bucket_policy.artefacts
  to   = aws_s3_bucket_policy.this["artefacts"]
}
