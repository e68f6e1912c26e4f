mock_provider "aws" {
  override_during = plan
}

variables {
  prefix         = "starter-test"
  functions      = ["create-item", "rest-authorizer"]
  kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/logs"
  retention_days = 14
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
