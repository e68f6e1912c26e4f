output "functions" {
  description = "Every function: its name in AWS and its alias `live`."
  value       = { for name, function in module.function : name => { name = function.name, alias = function.alias } }
}

# The next three are known before any function is made: roles, queues and schedules are made before it.

output "names" {
  description = "Names of all functions."
  value       = keys(local.functions)

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "functions/ names what does not exist: ${join(", ", local.unknown)}. Add it to storage/ or triggers/, or correct the name."
  }
}

output "timeouts" {
  description = "When Lambda ends each function, in seconds."
  value       = local.timeouts
}

output "schedules" {
  description = "When functions run by themselves, by function."
  value       = local.schedules
}
