# All functions, each made by the same block. What is special about one stands in the file of its kind:
#
# tables, buckets, queues, topics, secrets: what it uses, by names. It is told of the table items as ITEMS_TABLE, of the
# bucket uploads as UPLOADS_BUCKET, of queues as ..._QUEUE_URL, topics as ..._TOPIC_ARN and secrets as ..._SECRET_ARN; what
# it may do with them stands in security/permissions.yaml. event_bus: EVENT_BUS. pushes: WEBSOCKET_ENDPOINT. dependencies:
# DEPENDENCIES, all there is, as JSON.
# environment: its other settings. memory_mb (512), timeout_seconds (10), retries: as in function/. schedule: when it runs
# by itself.

locals {
  # Nothing here is known only after something was made: queues, roles and schedules follow from it.
  functions = {
    for name, settings in merge(local.crud_api, local.authorizers, local.processors, local.websocket, local.scheduled) :
    name => settings if !contains(var.left_out, name)
  }

  timeouts = { for name, settings in local.functions : name => try(settings.timeout_seconds, 10) }

  schedules = {
    for name, settings in local.functions : name => lookup(var.schedules, name, settings.schedule) if can(settings.schedule)
  }

  # What a function may be told of, by the key of its block: how its variables end, and the values by name.
  shared = {
    tables  = { suffix = "TABLE", values = var.tables }
    buckets = { suffix = "BUCKET", values = var.buckets }
    queues  = { suffix = "QUEUE_URL", values = var.queues }
    topics  = { suffix = "TOPIC_ARN", values = var.topics }
    secrets = { suffix = "SECRET_ARN", values = var.secrets }
  }

  # A variable that would be null is not set: without a WebSocket API nobody is told of one.
  environments = {
    for name, settings in local.functions : name => {
      for variable, value in merge(
        {
          POWERTOOLS_METRICS_NAMESPACE = var.prefix
          POWERTOOLS_LOG_LEVEL         = "INFO"
          POWERTOOLS_SERVICE_NAME      = name
          EVENT_BUS                    = try(settings.event_bus, false) ? var.event_bus : null
          WEBSOCKET_ENDPOINT           = try(settings.pushes, false) ? var.websocket_endpoint : null
          DEPENDENCIES                 = try(settings.dependencies, false) ? local.dependencies : null
        },
        merge([
          for kind, shared in local.shared : {
            for each in try(settings[kind], []) : "${upper(replace(each, "-", "_"))}_${shared.suffix}" => lookup(shared.values, each, null)
          }
        ]...),
        try(settings.environment, {}),
      ) : variable => value if value != null
    }
  }

  dependencies = jsonencode(merge(
    { for kind, shared in local.shared : kind => { for name, value in shared.values : name => value if value != null } },
    { buses = { event = var.event_bus } },
  ))

  # What blocks name and nobody has, in words (outputs.tf refuses it).
  unknown = flatten([
    for name, settings in local.functions : [
      for kind, shared in local.shared : [
        for each in try(settings[kind], []) : "\"${each}\" in ${kind} of ${name}" if !contains(keys(shared.values), each)
      ]
    ]
  ])
}

module "function" {
  source   = "./function"
  for_each = local.functions

  prefix            = var.prefix
  name              = each.key
  description       = each.value.description
  built             = var.artefacts != null
  artefact          = try(var.artefacts[each.key], null)
  architecture      = var.architecture
  bucket            = var.bucket
  layer_arns        = var.layer_arns
  role_arn          = var.role_arns[each.key]
  log_group         = var.log_groups[each.key]
  failure_queue_arn = var.failure_queue_arn
  tracing_mode      = var.tracing_mode
  concurrency       = try(var.concurrency[each.key], {})
  memory_mb         = try(each.value.memory_mb, null)
  timeout_seconds   = local.timeouts[each.key]
  retries           = try(each.value.retries, {})
  environment       = local.environments[each.key]
}
