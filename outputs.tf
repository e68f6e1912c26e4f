output "api_url" {
  description = "The REST API, with its stage."
  value       = module.api_gateway.url
}

output "websocket_url" {
  description = "The WebSocket API, with its stage; null without the feature `websocket`."
  value       = module.api_gateway.websocket_url
}

output "region" {
  description = "Where it runs."
  value       = local.place.region
}

output "environment" {
  description = "The environment that this is."
  value       = var.environment
}

output "token" {
  description = "What `python -m tools token` mints tokens with: the secret that holds the key, and the claims."
  value = {
    secret_arn = module.security.secrets.token
    issuer     = var.tokens.issuer
    audience   = var.tokens.audience
  }
}

output "functions" {
  description = "The functions' names in AWS, by their names here."
  value       = { for name, function in module.functions.functions : name => function.name }
}

output "anonymous_reads" {
  description = "Whether `GET /items` answers without a token."
  value       = var.api.anonymous_reads
}

output "response_cache" {
  description = "Whether answers of `GET /items` are kept by the gateway."
  value       = local.api_cache != null
}

output "items_table" {
  description = "The DynamoDB table that holds the items."
  value       = module.storage.tables.items.name
}

output "connections_table" {
  description = "The DynamoDB table that holds who listens by WebSocket; null without the feature `websocket`."
  value       = one(module.storage.tables.connections[*].name)
}

output "buckets" {
  description = "The buckets of uploads, images and reports."
  value       = { for name, bucket in module.storage.buckets : name => bucket.name }
}

output "queues" {
  description = "URLs of the queues by their names here; in failures is what failed for good."
  value       = { for name, queue in module.triggers.queues : name => queue.url }
}

output "dead_letter_queues" {
  description = "URLs of the dead-letter queues, by the names of the queues whose failed messages they hold."
  value       = { for name, queue in module.triggers.dead_letter_queues : name => queue.url }
}

output "event_bus" {
  description = "The EventBridge bus of domain events."
  value       = module.triggers.event_bus.name
}

output "notification_topic" {
  description = "The SNS topic that tells people."
  value       = module.triggers.topics.notification
}

output "try_it" {
  description = "Commands that show the API at work."
  value       = <<-EOT
    # A token, minted with the environment's signing key
    TOKEN=$(python3 -m tools token --env ${var.environment})
    # List%{if var.api.anonymous_reads} (public items need no token)%{endif}
    curl ${module.api_gateway.url}/items${var.api.anonymous_reads ? "" : " -H \"Authorization: Bearer $TOKEN\""}
    # Create
    curl -X POST ${module.api_gateway.url}/items -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name":"Lamp","category":"lighting","price":29.9}'
  EOT
}
