environment         = "prod"
log_retention_days  = 365
deletion_protection = true

# The plan asks for two things that only you know: the origin of your web application, and who is told of alarms.
api = {
  # cors_origin    = "https://app.example.com"
  throttle         = { rate = 500, burst = 1000 }
  validate_answers = false

  # One environment owns API Gateway's logging role in an account and region. Say false here where dev shares both.
  manage_account = true
}

# notifications = { emails = ["ops@example.com"] }

websocket = {
  throttle = { rate = 500, burst = 1000 }
}

# Functions kept warm, paid by the hour. A new account may run ten functions at once, and Lambda keeps those for whoever is
# not named here, so AWS refuses this there: first raise "Concurrent executions" (Service Quotas, Lambda, L-B99A9384).
# concurrency = {
#   rest-authorizer = { provisioned = 2 }
#   get-item        = { provisioned = 2 }
#
#   # Keeps a flood of uploads from taking the account's whole concurrency. `python -m tools doctor --env prod` says what
#   # the account allows: a new one refuses any reservation.
#   image-processor = { reserved = 20 }
# }
