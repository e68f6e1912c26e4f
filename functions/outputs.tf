output "functions" {
  description = "Every function: its name in AWS and its alias `live`."
  value       = { for name, function in module.function : name => { name = function.name, alias = function.alias } }
}
