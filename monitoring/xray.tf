# Which requests X-Ray traces. Where a request enters is decided once, by the REST API's stage; functions follow, and Lambda
# asks no rules for those that come in otherwise ("Visualize Lambda function invocations using AWS X-Ray"). Names and
# priorities are the account's and the region's: both are made of the environment's name, so that several environments
# stand side by side. A region has 25 rules ("X-Ray endpoints and quotas"), enough for eight environments.

locals {
  # Names have 32 characters at most: one that is too long is cut, and told apart by its hash.
  xray_prefix = length(var.prefix) <= 24 ? var.prefix : "${substr(var.prefix, 0, 18)}-${substr(sha256(var.prefix), 0, 5)}"

  # 1 to 9999, one after another in this order. By the name's hash, three in a row for each environment.
  first_priority = 1 + 3 * (parseint(substr(sha256(var.prefix), 0, 8), 16) % 3333)

  # Whatever matches none is X-Ray's default rule's: one request a second, and one of twenty.
  sampled = {
    # Comes every few seconds from whoever watches, and is always the same.
    health = { order = 0, method = "GET", path = "*/health", a_second = 0, rate = 0.01 }
    # Fewer than reads, and they begin what goes on after the answer: stream, events, pushes.
    writes  = { order = 1, method = "P*", path = "*", a_second = 2, rate = 0.25 }
    deletes = { order = 2, method = "DELETE", path = "*", a_second = 2, rate = 0.25 }
  }
  rules = var.traced_service == null ? {} : local.sampled
}

resource "aws_xray_sampling_rule" "requests" {
  for_each = local.rules

  rule_name      = "${local.xray_prefix}-${each.key}"
  priority       = local.first_priority + each.value.order
  version        = 1
  reservoir_size = each.value.a_second
  fixed_rate     = each.value.rate
  service_name   = var.traced_service
  service_type   = "AWS::ApiGateway::Stage"
  http_method    = each.value.method
  url_path       = each.value.path
  host           = "*"
  resource_arn   = "*"
}

# What to look at first when something is wrong, in the form that applies to one service's part of a trace ("Use filter
# expressions", complex keywords). Its traces are counted as metrics too.
resource "aws_xray_group" "trouble" {
  count = var.traced_service == null ? 0 : 1

  group_name        = "${local.xray_prefix}-trouble"
  filter_expression = "service(\"${var.traced_service}\") { fault = true OR responsetime > 3 }"

  # Insights is paid by trace.
  insights_configuration {
    insights_enabled      = false
    notifications_enabled = false
  }
}
