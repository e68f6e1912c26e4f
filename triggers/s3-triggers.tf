# An upload starts image-processor.

resource "aws_s3_bucket_notification" "uploads" {
  bucket = var.buckets.uploads.name

  lambda_function {
    id                  = "uploads-start-image-processor"
    lambda_function_arn = var.functions["image-processor"].alias.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "uploads/"
  }

  # S3 asks Lambda whether it may, and refuses the setting otherwise.
  depends_on = [aws_lambda_permission.invoke]
}
