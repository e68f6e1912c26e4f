locals {
  crud_environment = {
    ITEMS_TABLE      = var.tables.items
    CORS_ORIGIN      = var.cors_origin
    VALIDATE_ANSWERS = tostring(var.validate_answers)
  }

  crud_api = {
    create-item = {
      description     = "POST /items"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.crud_environment, { IDEMPOTENCY_TABLE = var.tables.idempotency })
    }
    get-item = {
      description     = "GET /items/{id}"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = local.crud_environment
    }
    list-items = {
      description     = "GET /items"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.crud_environment, { CURSOR_SECRET_ARN = var.secrets.cursor_key })
    }
    update-item = {
      description     = "PUT /items/{id}"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = local.crud_environment
    }
    delete-item = {
      description     = "DELETE /items/{id}"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = local.crud_environment
    }
    create-upload = {
      description     = "POST /items/{id}/images"
      memory_mb       = 512
      timeout_seconds = 10
      environment = merge(local.crud_environment, {
        UPLOADS_BUCKET   = var.buckets.uploads.name
        UPLOAD_MAX_BYTES = tostring(var.images.upload_max_bytes)
      })
    }
    list-images = {
      description     = "GET /items/{id}/images"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.crud_environment, { IMAGES_BUCKET = var.buckets.images.name })
    }
  }
}
