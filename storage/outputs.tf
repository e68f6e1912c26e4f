output "items_table" {
  description = "The items."
  value       = { name = aws_dynamodb_table.items.name, arn = aws_dynamodb_table.items.arn, stream_arn = aws_dynamodb_table.items.stream_arn }
}

output "idempotency_table" {
  description = "What was done already: first answers of requests with an Idempotency-Key, events that were handled, and the leases of jobs."
  value       = { name = aws_dynamodb_table.idempotency.name, arn = aws_dynamodb_table.idempotency.arn }
}

output "connections_table" {
  description = "Who listens to what by WebSocket; null where nobody can."
  value       = one([for table in aws_dynamodb_table.connections : { name = table.name, arn = table.arn }])
}

output "artefact_bucket" {
  description = "Where functions and layers are deployed from. Known only once it can be written to."
  value       = module.bucket["artefacts"].name
}

output "buckets" {
  description = "The buckets of uploads, images and reports."
  value       = { for name in ["uploads", "images", "reports"] : name => { name = module.bucket[name].name, arn = module.bucket[name].arn } }
}
