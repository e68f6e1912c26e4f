output "tables" {
  description = "The tables by their names here: name, ARN, and the stream where there is one. Null for one that is left out."
  value = {
    for name in keys(local.tables) :
    name => one([for table in [for made, table in module.table : table if made == name] : { name = table.name, arn = table.arn, stream = table.stream }])
  }
}

output "artefact_bucket" {
  description = "Where functions and layers are deployed from. Known only once it can be written to."
  value       = module.bucket["artefacts"].name
}

output "buckets" {
  description = "The buckets by their names here, without that of the artefacts: name and ARN."
  value       = { for name, bucket in module.bucket : name => { name = bucket.name, arn = bucket.arn } if name != "artefacts" }
}
