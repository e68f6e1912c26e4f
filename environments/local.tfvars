# The local cloud. The toolkit sets `emulator`, since its port differs from checkout to checkout.
environment        = "local"
log_retention_days = 1
tracing_mode       = "PassThrough"

api = {
  anonymous_reads = true
}

# Seen firing while one looks.
schedules = {
  health-checker = "rate(1 minute)"
}

# The embedded cloud has no X-Ray.
features = {
  tracing_rules = false
}
