mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = module.bucket["artefacts"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "artefacts", arn = "arn:aws:s3:::artefacts" }
}

override_resource {
  target          = module.bucket["uploads"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "uploads", arn = "arn:aws:s3:::uploads" }
}

override_resource {
  target          = module.bucket["images"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "images", arn = "arn:aws:s3:::images" }
}

override_resource {
  target          = module.bucket["reports"].aws_s3_bucket.this
  override_during = plan
  values          = { id = "reports", arn = "arn:aws:s3:::reports" }
}

variables {
  prefix              = "starter-test"
  place               = { partition = "aws", region = "eu-west-1", account = "111122223333" }
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
  deletion_protection = false
  cors_origin         = "https://app.example.com"
  connections         = true
}

run "each_table_is_what_its_rows_need" {
  command = plan

  assert {
    condition     = alltrue([for name, table in output.tables : table.name == "starter-test-${name}"]) && length(setsubtract(["items", "idempotency", "connections"], keys(output.tables))) == 0
    error_message = "A table has its name here behind the environment's."
  }

  assert {
    condition     = output.tables.items.stream != null && output.tables.idempotency.stream == null && output.tables.connections.stream == null
    error_message = "The items have a stream, which becomes domain events."
  }

  assert {
    condition     = [for name in ["items", "idempotency", "connections"] : name if try(local.tables[name].lasting, true)] == ["items"]
    error_message = "Items can be restored; the other tables' rows live for a day at most."
  }

  assert {
    condition     = [local.tables.items.expires_by, local.tables.idempotency.expires_by, local.tables.connections.expires_by] == ["expiresAt", "expiration", "expiresAt"]
    error_message = "Rows with a time to live end by themselves: a lost $disconnect is made up for by that."
  }

  assert {
    condition     = local.tables.items.indexes == { by-owner = { hash_key = "owner", range_key = "id" }, public = { hash_key = "publicPartition", range_key = "id" } }
    error_message = "Lists are queries: one index by owner, one of public items, both in order of creation."
  }

  assert {
    condition     = [local.tables.connections.hash_key, local.tables.connections.range_key] == ["topic", "connectionId"] && local.tables.connections.indexes == { by-connection = { hash_key = "connectionId", range_key = "topic" } }
    error_message = "Who listens to a topic is one query, and what a connection listens to is another."
  }
}

run "each_bucket_is_kept_and_reached_as_it_is_used" {
  command = plan

  assert {
    condition     = tolist(keys(module.bucket)) == tolist(["artefacts", "images", "reports", "uploads"]) && tolist(keys(output.buckets)) == tolist(["images", "reports", "uploads"])
    error_message = "These are the buckets."
  }

  assert {
    condition     = { for name, bucket in local.buckets : name => bucket.kept_days } == { artefacts = null, images = null, reports = 365, uploads = 7 }
    error_message = "Uploads end after a week and reports after a year; images live as long as their items."
  }

  assert {
    condition     = { for name, bucket in local.buckets : name => jsonencode(bucket.browser_methods) } == { artefacts = "[]", images = "[\"GET\"]", reports = "[]", uploads = "[\"POST\"]" }
    error_message = "A browser sends uploads and loads images, and has nothing to do with the other buckets."
  }
}

run "without_connections_there_is_no_table_of_them" {
  command = plan

  variables {
    connections = false
  }

  assert {
    condition     = output.tables.connections == null && toset(keys(module.table)) == setsubtract(keys(output.tables), ["connections"])
    error_message = "What nobody can be in is not made, and nobody is given its name."
  }
}
