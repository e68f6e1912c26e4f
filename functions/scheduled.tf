locals {
  scheduled = {
    cleanup-job = {
      description     = "Deletes what nothing refers to any more"
      memory_mb       = 512
      timeout_seconds = 300
      environment = merge(local.connections_environment, {
        ITEMS_TABLE       = var.tables.items
        IDEMPOTENCY_TABLE = var.tables.idempotency
        IMAGES_BUCKET     = var.buckets.images.name
      })
    }
    report-generator = {
      description     = "Reports on the week that has ended"
      memory_mb       = 1024
      timeout_seconds = 300
      environment = {
        ITEMS_TABLE            = var.tables.items
        IDEMPOTENCY_TABLE      = var.tables.idempotency
        REPORTS_BUCKET         = var.buckets.reports.name
        NOTIFICATION_TOPIC_ARN = var.notification_topic
      }
    }
    # Answers GET /health too, so it ends before the gateway gives up. It is not retried: the next check comes in minutes.
    # Ten TLS connections at once want a whole core, which comes with 1,769 MB.
    health-checker = {
      description     = "Whether everything that the others need is there"
      memory_mb       = 1769
      timeout_seconds = 20
      retries         = { attempts = 0, maximum_age_seconds = 300 }
      environment = merge(local.crud_environment, local.connections_environment, {
        IDEMPOTENCY_TABLE      = var.tables.idempotency
        UPLOADS_BUCKET         = var.buckets.uploads.name
        IMAGES_BUCKET          = var.buckets.images.name
        REPORTS_BUCKET         = var.buckets.reports.name
        NOTIFICATION_QUEUE_URL = var.notification_queue_url
        NOTIFICATION_TOPIC_ARN = var.notification_topic
        EVENT_BUS              = var.event_bus
        TOKEN_SECRET_ARN       = var.secrets.token_key
      })
    }
  }
}
