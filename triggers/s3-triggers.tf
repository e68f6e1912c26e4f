# Which function new objects of a bucket start. Who may start it follows (invocations.tf).

locals {
  object_consumers = {
    image-processor = { bucket = "uploads", prefix = "uploads/" }
  }
}

# A bucket has one notification for all of its functions.
resource "aws_s3_bucket_notification" "objects" {
  for_each = toset(values(local.object_consumers)[*].bucket)

  bucket = var.buckets[each.key].name

  dynamic "lambda_function" {
    for_each = { for function, objects in local.object_consumers : function => objects if objects.bucket == each.key }

    content {
      id                  = "${each.key}-start-${lambda_function.key}"
      lambda_function_arn = var.functions[lambda_function.key].alias.arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = lambda_function.value.prefix
    }
  }

  # S3 asks Lambda whether it may, and refuses the setting otherwise.
  depends_on = [aws_lambda_permission.invoke]
}
