environment         = "prod"
log_retention_days  = 365
deletion_protection = true

api = {
  cors_origin      = "https://app.example.com"
  throttle         = { rate = 500, burst = 1000 }
  validate_answers = false
}

websocket = {
  throttle = { rate = 500, burst = 1000 }
}

concurrency = {
  rest-authorizer = { provisioned = 2 }
  get-item        = { provisioned = 2 }

  # Keeps a flood of uploads from taking the account's whole concurrency. Uncomment it where
  # `python -m tools doctor --env prod` says that the account allows it: a new one refuses any reservation.
  # image-processor = { reserved = 20 }
}
