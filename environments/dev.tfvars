environment        = "dev"
log_retention_days = 14

api = {
  throttle = { rate = 50, burst = 100 }

  # One environment owns API Gateway's logging role in an account and region. Where prod shares both, let it be prod:
  # the role goes with its owner, and nobody's logs are written then.
  manage_account = true
}

websocket = {
  throttle = { rate = 50, burst = 100 }
}

# Paid by the month, whether or not anybody calls.
features = {
  waf = false
}
