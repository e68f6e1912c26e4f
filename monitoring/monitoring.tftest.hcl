mock_provider "aws" {
  override_during = plan
}

variables {
  prefix         = "starter-test"
  functions      = ["create-item", "rest-authorizer"]
  kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/logs"
  retention_days = 14
  traced_service = null
}

run "every_log_group_ends_and_is_encrypted" {
  command = plan

  assert {
    condition = alltrue([
      for group in concat(values(aws_cloudwatch_log_group.function), [aws_cloudwatch_log_group.api]) :
      group.retention_in_days == 14 && group.kms_key_id == var.kms_key_arn
    ])
    error_message = "No log is kept for ever, and none lies in the clear."
  }

  assert {
    condition = output.function_log_groups == {
      create-item     = "/aws/lambda/starter-test-create-item"
      rest-authorizer = "/aws/lambda/starter-test-rest-authorizer"
    }
    error_message = "There is a log group for each function, under the name that its role may write to."
  }

  assert {
    condition     = output.api_log_group.name == "/aws/apigateway/starter-test-items" && output.api_log_group.retention_days == 14 && output.api_log_group.kms_key_arn == var.kms_key_arn
    error_message = "Requests are logged under the API's name."
  }
}

run "without_tracing_there_are_no_rules" {
  command = plan

  assert {
    condition     = length(aws_xray_sampling_rule.requests) == 0 && length(aws_xray_group.trouble) == 0
    error_message = "A rule that chooses nothing would take one of the region's 25."
  }
}

run "requests_are_sampled_by_what_they_are" {
  command = plan

  variables {
    traced_service = "starter-test-items/prod"
  }

  assert {
    condition = { for name, rule in aws_xray_sampling_rule.requests : name => jsonencode([rule.http_method, rule.url_path, rule.reservoir_size, rule.fixed_rate]) } == {
      health  = jsonencode(["GET", "*/health", 0, 0.01])
      writes  = jsonencode(["P*", "*", 2, 0.25])
      deletes = jsonencode(["DELETE", "*", 2, 0.25])
    }
    error_message = "Health checks are traced rarely, writes often, and X-Ray's default rule has the rest."
  }

  assert {
    condition = alltrue([
      for name, rule in aws_xray_sampling_rule.requests :
      rule.service_name == "starter-test-items/prod" && rule.service_type == "AWS::ApiGateway::Stage" && rule.rule_name == "starter-test-${name}"
    ])
    error_message = "The rules are for this environment's API alone, and named after it."
  }

  assert {
    condition = alltrue([
      for rule in values(aws_xray_sampling_rule.requests) : rule.priority >= 1 && rule.priority <= 9999
    ]) && aws_xray_sampling_rule.requests["health"].priority < aws_xray_sampling_rule.requests["writes"].priority && length(distinct(values(aws_xray_sampling_rule.requests)[*].priority)) == 3
    error_message = "The first that matches decides, and X-Ray takes 1 to 9999."
  }

  assert {
    condition     = aws_xray_group.trouble[0].filter_expression == "service(\"starter-test-items/prod\") { fault = true OR responsetime > 3 }" && !aws_xray_group.trouble[0].insights_configuration[0].insights_enabled
    error_message = "What failed or was slow is found in one place, at no price by trace."
  }
}

run "environments_stand_side_by_side_under_names_that_xray_takes" {
  command = plan

  variables {
    prefix         = "a-project-of-twenty1-environments1"
    traced_service = "a-project-of-twenty1-environments1-items/prod"
  }

  assert {
    condition     = alltrue([for name in concat(values(aws_xray_sampling_rule.requests)[*].rule_name, aws_xray_group.trouble[*].group_name) : length(name) <= 32 && startswith(name, "a-project-of-twent")])
    error_message = "X-Ray takes 32 characters."
  }

  assert {
    condition     = local.first_priority != 1 + 3 * (parseint(substr(sha256("starter-test"), 0, 8), 16) % 3333)
    error_message = "Another environment has other priorities."
  }
}
