# Deployments made when there was one bucket keep it: renamed in the state alone, it is neither emptied nor made anew.

moved {
  from = aws_s3_bucket.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_public_access_block.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_ownership_controls.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_ownership_controls.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_server_side_encryption_configuration.this
}

moved {
  from = aws_s3_bucket_versioning.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_versioning.this
}

moved {
  from = aws_s3_bucket_lifecycle_configuration.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_lifecycle_configuration.this
}

moved {
  from = aws_s3_bucket_policy.artefacts
  to   = module.bucket["artefacts"].aws_s3_bucket_policy.this
}

# The table of connections became one that can be left out.
moved {
  from = aws_dynamodb_table.connections
  to   = aws_dynamodb_table.connections[0]
}
