locals {
  websocket = {
    websocket-connect = {
      description     = "Lets a caller with a valid token connect"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.token_environment, { CONNECTIONS_TABLE = var.tables.connections })
    }
    websocket-disconnect = {
      description     = "Forgets a connection"
      memory_mb       = 256
      timeout_seconds = 10
      environment     = { CONNECTIONS_TABLE = var.tables.connections }
    }
    websocket-message = {
      description     = "subscribe, unsubscribe, ping, and whatever else is sent"
      memory_mb       = 512
      timeout_seconds = 10
      environment = {
        CONNECTIONS_TABLE = var.tables.connections
        ITEMS_TABLE       = var.tables.items
      }
    }
  }
}
