locals {
  # Whoever answers a request knows who may read the answer.
  http_environment = {
    CORS_ORIGIN      = var.cors_origin
    VALIDATE_ANSWERS = tostring(var.validate_answers)
  }

  endpoints = {
    create-item = {
      description = "POST /items"
      tables      = ["items", "idempotency"]
    }
    get-item = {
      description = "GET /items/{id}"
      tables      = ["items"]
    }
    list-items = {
      description = "GET /items"
      tables      = ["items"]
      secrets     = ["cursor"]
    }
    update-item = {
      description = "PUT /items/{id}"
      tables      = ["items"]
    }
    delete-item = {
      description = "DELETE /items/{id}"
      tables      = ["items"]
    }
    create-upload = {
      description = "POST /items/{id}/images"
      tables      = ["items"]
      buckets     = ["uploads"]
      environment = { UPLOAD_MAX_BYTES = tostring(var.images.upload_max_bytes) }
    }
    list-images = {
      description = "GET /items/{id}/images"
      tables      = ["items"]
      buckets     = ["images"]
    }
  }

  crud_api = {
    for name, settings in local.endpoints :
    name => merge(settings, { environment = merge(local.http_environment, try(settings.environment, {})) })
  }
}
