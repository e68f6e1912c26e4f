output "name" {
  description = "The bucket's name, known only once it can be written to."
  value       = aws_s3_bucket_versioning.this.bucket
}

output "arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.this.arn
}
