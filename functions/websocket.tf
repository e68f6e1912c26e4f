locals {
  websocket = {
    websocket-connect = {
      description = "Lets a caller with a valid token connect"
      tables      = ["connections"]
      secrets     = ["token"]
      environment = merge(local.token_environment, { CONNECTIONS_PER_SUBJECT = tostring(var.connections_per_subject) })
    }
    websocket-disconnect = {
      description = "Forgets a connection"
      memory_mb   = 256
      tables      = ["connections"]
    }
    websocket-message = {
      description = "subscribe, unsubscribe, ping, and whatever else is sent"
      tables      = ["connections", "items"]
    }
  }
}
