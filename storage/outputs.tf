output "items_table" {
  description = "The items."
  value       = { name = aws_dynamodb_table.items.name, arn = aws_dynamodb_table.items.arn }
}

output "idempotency_table" {
  description = "First answers of requests with an Idempotency-Key."
  value       = { name = aws_dynamodb_table.idempotency.name, arn = aws_dynamodb_table.idempotency.arn }
}

output "artefact_bucket" {
  description = "Where functions and layers are deployed from. Known only once it can be written to."
  value       = aws_s3_bucket_versioning.artefacts.bucket
}
