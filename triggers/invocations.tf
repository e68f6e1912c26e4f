# Who may invoke a function without asking for it over HTTP: S3, for new objects, and EventBridge, on a schedule.

locals {
  invocations = merge(
    {
      for function, objects in local.object_consumers : "${objects.bucket}-start-${function}" => {
        function = function
        service  = "s3.amazonaws.com"
        source   = var.buckets[objects.bucket].arn
      }
    },
    {
      for function in keys(var.schedules) : "schedule-starts-${function}" => {
        function = function
        service  = "events.amazonaws.com"
        source   = aws_cloudwatch_event_rule.schedule[function].arn
      }
    },
  )
}

# A bucket's name is free again once it is deleted, so the account is named too.
resource "aws_lambda_permission" "invoke" {
  for_each = local.invocations

  statement_id   = each.key
  action         = "lambda:InvokeFunction"
  function_name  = var.functions[each.value.function].name
  qualifier      = var.functions[each.value.function].alias.name
  principal      = each.value.service
  source_arn     = each.value.source
  source_account = var.place.account
}
