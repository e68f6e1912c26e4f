environment        = "dev"
log_retention_days = 14

api = {
  throttle = { rate = 50, burst = 100 }
}

websocket = {
  throttle = { rate = 50, burst = 100 }
}
