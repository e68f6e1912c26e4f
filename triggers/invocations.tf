# Who may invoke a function without asking for it over HTTP: S3, for new uploads, and EventBridge, on a schedule.

locals {
  invocation_sources = merge(
    { uploads_bucket = var.buckets.uploads.arn },
    { for job, rule in aws_cloudwatch_event_rule.schedule : "schedule/${job}" => rule.arn },
  )
}

resource "aws_lambda_permission" "invoke" {
  for_each = var.invocations

  statement_id   = each.key
  action         = "lambda:InvokeFunction"
  function_name  = var.functions[each.value.function].name
  qualifier      = var.functions[each.value.function].alias.name
  principal      = each.value.service
  source_arn     = local.invocation_sources[each.value.source]
  source_account = var.place.account
}
