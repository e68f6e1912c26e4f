# The tables, each made by the same block. What is special about one stands here.

locals {
  tables = {
    items = {
      hash_key   = "id"
      expires_by = "expiresAt"
      stream     = true
      indexes = {
        # Ids are UUIDv7, so ordering by id is ordering by time of creation.
        by-owner = { hash_key = "owner", range_key = "id" }
        # Sparse: only public items carry the attribute, so no query of this index can ever see a private one.
        public = { hash_key = "publicPartition", range_key = "id" }
      }
    }
    # What was done already: first answers of requests with an Idempotency-Key, events that were handled, leases of jobs.
    idempotency = {
      hash_key   = "id"
      expires_by = "expiration"
      lasting    = false
    }
    # A row for each topic that a connection listens to: who is told about a change is one query by topic. $disconnect is
    # sent once and may be lost, so rows expire.
    connections = {
      hash_key   = "topic"
      range_key  = "connectionId"
      expires_by = "expiresAt"
      lasting    = false
      # What a connection listens to, for when it is gone.
      indexes = { by-connection = { hash_key = "connectionId", range_key = "topic" } }
    }
  }
}

module "table" {
  source   = "./table"
  for_each = { for name, table in local.tables : name => table if name != "connections" || var.connections }

  name                = "${var.prefix}-${each.key}"
  kms_key_arn         = var.kms_key_arn
  deletion_protection = var.deletion_protection
  hash_key            = each.value.hash_key
  range_key           = try(each.value.range_key, null)
  indexes             = try(each.value.indexes, {})
  expires_by          = try(each.value.expires_by, null)
  stream              = try(each.value.stream, false)
  lasting             = try(each.value.lasting, true)
}
