mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:orders", url = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders" }
}

override_resource {
  target          = aws_sqs_queue.dead_letter
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:orders-dlq", url = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders-dlq" }
}

variables {
  name                     = "orders"
  place                    = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn              = "arn:aws:kms:eu-west-1:111122223333:key/data"
  consumer_timeout_seconds = 30
}

run "a_poisoned_message_leaves_the_queue" {
  command = plan

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-west-1:111122223333:orders-dlq", maxReceiveCount = 5 }
    error_message = "After five attempts a message goes to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letter[0].redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-west-1:111122223333:orders"] }
    error_message = "The dead-letter queue is for this one queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_allow_policy) == { redrivePermission = "denyAll" }
    error_message = "The queue itself is no queue's dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 180
    error_message = "A message stays hidden while Lambda may still retry its batch: six times the function's timeout."
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 345600 && aws_sqs_queue.dead_letter[0].message_retention_seconds == 1209600
    error_message = "A message's age counts from when it was first sent: the dead-letter queue keeps it for the longest time that SQS knows."
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letter[0]] : queue.kms_master_key_id == var.kms_key_arn])
    error_message = "Messages are encrypted with the environment's own key."
  }

  assert {
    condition     = output.queue == { arn = "arn:aws:sqs:eu-west-1:111122223333:orders", url = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders" } && output.dead_letter_queue.arn == "arn:aws:sqs:eu-west-1:111122223333:orders-dlq"
    error_message = "Tools find both."
  }
}

run "nobody_reaches_a_queue_in_the_clear" {
  command = plan

  assert {
    condition = {
      for name, policy in { orders = aws_sqs_queue.this.policy, orders-dlq = aws_sqs_queue.dead_letter[0].policy } :
      name => jsondecode(policy).Statement
      } == {
      for name in ["orders", "orders-dlq"] : name => [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-west-1:111122223333:${name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    }
    error_message = "Plain HTTP is refused, and nobody else is let in."
  }
}

run "only_the_named_rules_may_send" {
  command = plan

  variables {
    event_rule_arns = ["arn:aws:events:eu-west-1:111122223333:rule/a", "arn:aws:events:eu-west-1:111122223333:rule/b"]
  }

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "EventsAreSent"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = ["sqs:SendMessage"]
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:orders"
      Condition = {
        StringEquals = { "aws:SourceAccount" = "111122223333" }
        ArnEquals    = { "aws:SourceArn" = ["arn:aws:events:eu-west-1:111122223333:rule/a", "arn:aws:events:eu-west-1:111122223333:rule/b"] }
      }
    }]
    error_message = "EventBridge may send for these rules of this account alone."
  }
}

run "a_queue_may_be_the_end" {
  command = plan

  variables {
    dead_letter              = false
    kept_days                = 14
    consumer_timeout_seconds = null
  }

  assert {
    condition     = length(aws_sqs_queue.dead_letter) == 0 && output.dead_letter_queue == null && aws_sqs_queue.this.message_retention_seconds == 1209600
    error_message = "What waits for people waits in one place."
  }
}

# says: SQS keeps a message for 1 to 14 days
run "a_month_is_too_long" {
  command = plan

  variables {
    kept_days = 30
  }

  expect_failures = [var.kept_days]
}

# says: attempts is 5 to 1000
run "one_attempt_is_too_few" {
  command = plan

  variables {
    attempts = 1
  }

  expect_failures = [var.attempts]
}
