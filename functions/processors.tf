# What happens after the answer was given: images, domain events, notifications.

locals {
  processors = {
    # Decoding 24 megapixels wants CPU, and CPU comes with memory.
    image-processor = {
      description     = "Makes the sizes of an uploaded image"
      memory_mb       = 1024
      timeout_seconds = 60
      tables          = ["items"]
      buckets         = ["uploads", "images"]
      event_bus       = true
      environment = {
        IMAGE_SIZES      = join(" ", [for name, side in var.images.sizes : "${name}:${side}"])
        IMAGE_FORMAT     = var.images.format
        IMAGE_MAX_PIXELS = tostring(var.images.max_pixels)
        UPLOAD_MAX_BYTES = tostring(var.images.upload_max_bytes)
      }
    }
    data-transformer = {
      description     = "Makes a domain event of each change of an item"
      timeout_seconds = 30
      tables          = ["idempotency"]
      event_bus       = true
    }
    notification-sender = {
      description     = "Tells connections and subscribers"
      timeout_seconds = 30
      tables          = ["idempotency", "connections"]
      topics          = ["notification"]
      pushes          = true
    }
  }
}
