# What is refused, and what is said about it. `terraform test` proves that each is refused; test_refusals.py takes the
# expect_failures away and compares what is then said with the line "says:".

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

# says: The project is 2 to 20 lower-case letters
run "project_in_capitals" {
  command = plan

  variables {
    project = "My_Project"
  }

  expect_failures = [var.project]
}

# says: The environment is 2 to 12 lower-case letters
run "environment_with_a_hyphen" {
  command = plan

  variables {
    environment = "pre-prod"
  }

  expect_failures = [var.environment]
}

# says: tags holds at most eight
run "more_tags_than_an_object_takes" {
  command = plan

  variables {
    tags = { a = "1", b = "2", c = "3", d = "4", e = "5", f = "6", g = "7", h = "8", i = "9" }
  }

  expect_failures = [var.tags]
}

# says: emulator.build_target is local or aws
run "emulator_of_another_target" {
  command = plan

  variables {
    emulator = { endpoint = "http://127.0.0.1:4566", build_target = "mars" }
  }

  # The build is for another target too; what matters is the sentence about the variable.
  expect_failures = [var.emulator, terraform_data.build]
}

# says: emulator.endpoint is a URL without a path
run "emulator_with_a_path" {
  command = plan

  variables {
    emulator = { endpoint = "http://127.0.0.1:4566/aws" }
  }

  # The build in this copy is for AWS.
  expect_failures = [var.emulator, terraform_data.build]
}

# says: CloudWatch knows certain retentions only
run "retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 42
  }

  expect_failures = [var.log_retention_days]
}

# says: The tracing mode is Active or PassThrough.
run "tracing_mode_that_does_not_exist" {
  command = plan

  variables {
    tracing_mode = "On"
  }

  expect_failures = [var.tracing_mode]
}

# says: api.cors_origin is one origin without a path
run "origin_with_a_path" {
  command = plan

  variables {
    api = { cors_origin = "https://app.example.com/" }
  }

  expect_failures = [var.api]
}

# says: api.throttle wants a rate and a burst above zero
run "throttle_that_refuses_everything" {
  command = plan

  variables {
    api = { throttle = { rate = 10, burst = 0 } }
  }

  expect_failures = [var.api]
}

# says: api.cache.ttl_seconds is 1 to 30
run "cache_that_is_too_old" {
  command = plan

  variables {
    api = { cache = { size = "0.5", ttl_seconds = 300 } }
  }

  expect_failures = [var.api]
}

# says: api.cache.size is one of API Gateway's
run "cache_of_an_unknown_size" {
  command = plan

  variables {
    api = { cache = { size = "1", ttl_seconds = 30 } }
  }

  expect_failures = [var.api]
}

# says: api.requests_per_address is 100 to 20000000 whole requests
run "firewall_that_refuses_everybody" {
  command = plan

  variables {
    api = { requests_per_address = 5 }
  }

  expect_failures = [var.api]
}

# says: tokens.jwks.url starts with https://
run "keys_without_tls" {
  command = plan

  variables {
    tokens = { jwks = { issuer = "https://id.example.com", url = "http://id.example.com/keys" } }
  }

  expect_failures = [var.tokens]
}

# says: tokens.jwks.issuer is the `iss` of its tokens
run "two_issuers_of_one_name" {
  command = plan

  variables {
    tokens = { issuer = "https://id.example.com", jwks = { issuer = "https://id.example.com", url = "https://id.example.com/keys" } }
  }

  expect_failures = [var.tokens]
}

# says: tokens.jwks.issuer is the `iss` of its tokens
run "an_issuer_with_a_space" {
  command = plan

  variables {
    tokens = { jwks = { issuer = "https://id.example.com /", url = "https://id.example.com/keys" } }
  }

  expect_failures = [var.tokens]
}

# says: tokens.key_version is a whole number from 1
run "half_a_rotation" {
  command = plan

  variables {
    tokens = { key_version = 1.5 }
  }

  expect_failures = [var.tokens]
}

# says: A function's provisioned concurrency is at least 0 and at most its reserved concurrency.
run "more_warm_than_allowed" {
  command = plan

  variables {
    concurrency = { get-item = { provisioned = 5, reserved = 2 } }
  }

  expect_failures = [var.concurrency]
}

# says: images.sizes is one to eight names
run "no_size_at_all" {
  command = plan

  variables {
    images = { sizes = {} }
  }

  expect_failures = [var.images]
}

# says: images.sizes is one to eight names
run "size_of_a_wall" {
  command = plan

  variables {
    images = { sizes = { wall = 20000 } }
  }

  expect_failures = [var.images]
}

# says: images.format is webp, jpeg or avif.
run "format_that_nobody_makes" {
  command = plan

  variables {
    images = { format = "gif" }
  }

  expect_failures = [var.images]
}

# says: images.max_pixels is one to a hundred million
run "more_pixels_than_memory" {
  command = plan

  variables {
    images = { max_pixels = 200000000 }
  }

  expect_failures = [var.images]
}

# says: images.upload_max_bytes is 1024 to 52428800 (50 MiB)
run "upload_larger_than_memory" {
  command = plan

  variables {
    images = { upload_max_bytes = 1000000000 }
  }

  expect_failures = [var.images]
}

# says: A schedule is rate(5 minutes), rate(1 hour), or cron(...) with six fields
run "schedule_of_crontab" {
  command = plan

  variables {
    schedules = { cleanup-job = "0 3 * * *" }
  }

  expect_failures = [var.schedules]
}

# says: A schedule is rate(5 minutes), rate(1 hour), or cron(...) with six fields
run "schedule_in_bad_grammar" {
  command = plan

  variables {
    schedules = { health-checker = "rate(1 minutes)" }
  }

  expect_failures = [var.schedules]
}

# says: notifications.emails holds e-mail addresses
run "address_that_is_none" {
  command = plan

  variables {
    notifications = { emails = ["ops"] }
  }

  expect_failures = [var.notifications]
}

# says: websocket.connections_per_subject is 1 to 100
run "nobody_may_connect" {
  command = plan

  variables {
    websocket = { connections_per_subject = 0 }
  }

  expect_failures = [var.websocket]
}

# says: websocket.throttle wants a rate and a burst above zero
run "throttle_that_refuses_every_message" {
  command = plan

  variables {
    websocket = { throttle = { rate = 0, burst = 10 } }
  }

  expect_failures = [var.websocket]
}

# says: api.cors_origin is not set, so any page could call
run "data_that_matters_without_an_origin" {
  command = plan

  variables {
    environment         = "prod"
    deletion_protection = true
    notifications       = { emails = ["ops@example.com"] }
  }

  expect_failures = [var.api]
}

# says: notifications.emails is empty, so nobody would hear of an alarm of
run "data_that_matters_without_an_address" {
  command = plan

  variables {
    environment         = "prod"
    deletion_protection = true
    api                 = { cors_origin = "https://app.example.com" }
  }

  expect_failures = [var.notifications]
}
