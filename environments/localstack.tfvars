# LocalStack's open code, by `--env localstack`. The toolkit sets `emulator`, since its port differs from checkout to checkout.
environment        = "localstack"
log_retention_days = 1
tracing_mode       = "PassThrough"

api = {
  anonymous_reads = true
}

# Seen firing while one looks.
schedules = {
  health-checker = "rate(1 minute)"
}

# Not in the open runtime; what there is of it takes a setting and does nothing.
features = {
  websocket     = false
  waf           = false
  tracing_rules = false
}
