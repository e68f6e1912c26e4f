# What happens after the answer was given: images, domain events, notifications.

locals {
  # Known by itself, without anything that the function is told: the queue's visibility timeout is six times this.
  notification_timeout_seconds = 30

  processors = {
    # Decoding 24 megapixels wants CPU, and CPU comes with memory.
    image-processor = {
      description     = "Makes the sizes of an uploaded image"
      memory_mb       = 1024
      timeout_seconds = 60
      environment = {
        ITEMS_TABLE      = var.tables.items
        UPLOADS_BUCKET   = var.buckets.uploads.name
        IMAGES_BUCKET    = var.buckets.images.name
        IMAGE_SIZES      = join(" ", [for name, side in var.images.sizes : "${name}:${side}"])
        IMAGE_FORMAT     = var.images.format
        IMAGE_MAX_PIXELS = tostring(var.images.max_pixels)
        UPLOAD_MAX_BYTES = tostring(var.images.upload_max_bytes)
        EVENT_BUS        = var.event_bus
      }
    }
    data-transformer = {
      description     = "Makes a domain event of each change of an item"
      memory_mb       = 512
      timeout_seconds = 30
      environment = {
        EVENT_BUS         = var.event_bus
        IDEMPOTENCY_TABLE = var.tables.idempotency
      }
    }
    notification-sender = {
      description     = "Tells connections and subscribers"
      memory_mb       = 512
      timeout_seconds = local.notification_timeout_seconds
      environment = merge(local.connections_environment, local.pushing_environment, {
        IDEMPOTENCY_TABLE      = var.tables.idempotency
        NOTIFICATION_TOPIC_ARN = var.notification_topic
      })
    }
  }
}
