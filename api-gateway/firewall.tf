# AWS WAF in front of the REST stage: before the authorizer, and before anything is paid for by invocation. It looks at
# addresses, at how many requests come from one, and at what is known to be an attack.

locals {
  # Of AWS's common rules, those that are counted instead of blocking.
  counted = [
    # They block from 8 KB of body and 2 KB of query on. The rule "body" below has the handlers' measure, and a query that
    # is too long is a 400 that says so.
    "SizeRestrictions_BODY",
    "SizeRestrictions_QUERYSTRING",
    # An item's text may speak of HTML, paths and addresses. It is kept as text and answered as JSON.
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    # Callers are programs too, and some of them do not say which.
    "NoUserAgent_HEADER",
  ]

  # As much as handlers take (lambda_src/web/bodies.py), and all that WAF can be shown; by default that is the first 16 KB
  # ("Considerations for managing body inspection", AWS WAF Developer Guide). What a body has beyond the limit nobody would
  # have looked at.
  inspected_kb = 64
}

resource "aws_wafv2_web_acl" "items" {
  count = var.requests_per_address == null ? 0 : 1

  #checkov:skip=CKV2_AWS_31:The access log says what the firewall refused; a log of its own would hold tokens, and is paid by GB
  name        = "${var.prefix}-items"
  description = "In front of the REST API"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  association_config {
    request_body {
      api_gateway {
        default_size_inspection_limit = "KB_${local.inspected_kb}"
      }
    }
  }

  # Many people may share an address, so this is a bound on floods and not on people.
  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        limit                 = var.requests_per_address
        evaluation_window_sec = 300
      }
    }

    visibility_config {
      metric_name                = "${var.prefix}-rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "body"
    priority = 1

    action {
      block {}
    }

    statement {
      size_constraint_statement {
        comparison_operator = "GT"
        size                = local.inspected_kb * 1024

        field_to_match {
          body {
            oversize_handling = "MATCH"
          }
        }

        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }

    visibility_config {
      metric_name                = "${var.prefix}-body"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  # The rule groups that AWS keeps up to date ("Baseline rule groups", "IP reputation rule groups", AWS WAF Developer
  # Guide). With the two rules above they stay below the 1,500 capacity units that a web ACL's price holds.
  rule {
    name     = "reputation"
    priority = 2

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAmazonIpReputationList"
      }
    }

    visibility_config {
      metric_name                = "${var.prefix}-reputation"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "known-bad-inputs"
    priority = 3

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }

    visibility_config {
      metric_name                = "${var.prefix}-known-bad-inputs"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "common"
    priority = 4

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesCommonRuleSet"

        dynamic "rule_action_override" {
          for_each = local.counted

          content {
            name = rule_action_override.value

            action_to_use {
              count {}
            }
          }
        }
      }
    }

    visibility_config {
      metric_name                = "${var.prefix}-common"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    metric_name                = "${var.prefix}-items"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "items" {
  count = length(aws_wafv2_web_acl.items)

  resource_arn = aws_api_gateway_stage.prod.arn
  web_acl_arn  = aws_wafv2_web_acl.items[count.index].arn
}
