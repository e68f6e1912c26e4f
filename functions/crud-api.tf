locals {
  crud_environment = {
    ITEMS_TABLE      = var.items_table
    CORS_ORIGIN      = var.cors_origin
    VALIDATE_ANSWERS = tostring(var.validate_answers)
  }

  crud_api = {
    create-item = {
      description     = "POST /items"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.crud_environment, { IDEMPOTENCY_TABLE = var.idempotency })
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
  }
}
