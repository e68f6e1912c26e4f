locals {
  # Without a WebSocket API nobody is told of it.
  connections_environment = var.connections == null ? {} : { CONNECTIONS_TABLE = var.connections.table }
  pushing_environment     = var.connections == null ? {} : { WEBSOCKET_ENDPOINT = var.connections.endpoint }

  websocket = {
    websocket-connect = {
      description     = "Lets a caller with a valid token connect"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.token_environment, local.connections_environment, { CONNECTIONS_PER_SUBJECT = tostring(var.connections_per_subject) })
    }
    websocket-disconnect = {
      description     = "Forgets a connection"
      memory_mb       = 256
      timeout_seconds = 10
      environment     = local.connections_environment
    }
    websocket-message = {
      description     = "subscribe, unsubscribe, ping, and whatever else is sent"
      memory_mb       = 512
      timeout_seconds = 10
      environment     = merge(local.connections_environment, { ITEMS_TABLE = var.tables.items })
    }
  }
}
