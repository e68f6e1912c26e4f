environment        = "dev"
log_retention_days = 14

api = {
  throttle = { rate = 50, burst = 100 }
}

websocket = {
  throttle = { rate = 50, burst = 100 }
}

# Paid by the hour and by the month, whether or not anybody calls.
features = {
  response_cache = false
  waf            = false
}
