# `schedule` says when a function runs by itself, in UTC; the root's variable `schedules` may say otherwise.

locals {
  scheduled = {
    cleanup-job = {
      description     = "Deletes what nothing refers to any more"
      timeout_seconds = 300
      schedule        = "cron(0 3 * * ? *)"
      tables          = ["items", "idempotency", "connections"]
      buckets         = ["images"]
    }
    report-generator = {
      description     = "Reports on the week that has ended"
      memory_mb       = 1024
      timeout_seconds = 300
      schedule        = "cron(0 6 ? * MON *)"
      tables          = ["items", "idempotency"]
      buckets         = ["reports"]
      topics          = ["notification"]
    }
    # Answers GET /health too, so it ends before the gateway gives up. It is not retried: the next check comes in minutes.
    # A dozen TLS connections at once want a whole core, which comes with 1,769 MB.
    health-checker = {
      description     = "Whether everything that the others need is there"
      memory_mb       = 1769
      timeout_seconds = 20
      schedule        = "rate(5 minutes)"
      retries         = { attempts = 0, maximum_age_seconds = 300 }
      dependencies    = true
      environment     = local.http_environment
    }
  }
}
