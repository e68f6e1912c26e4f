output "functions" {
  description = "Every function: its name in AWS and its alias `live`."
  value       = { for name, function in module.function : name => { name = function.name, alias = function.alias } }
}

output "notification_timeout_seconds" {
  description = "When Lambda ends notification-sender. Known before any function is made, since its queue is made before it."
  value       = local.notification_timeout_seconds
}
