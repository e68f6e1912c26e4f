# One role per function, rendered from the two tables beside this file. Functions that are left out have none, and what
# is left out has no ARN: nobody is granted anything on it.

locals {
  permissions = {
    for name, rows in yamldecode(file("${path.module}/permissions.yaml")) : name => rows if !contains(var.left_out, name)
  }

  service_permissions = [
    for row in yamldecode(file("${path.module}/service-permissions.yaml")) : merge({ who = [], with = [], resource = "", via = "" }, row)
  ]

  # The actions of a function's own calls: a row of the other table may come with them.
  actions = { for name in var.functions : name => flatten(try(local.permissions[name], [])[*].actions) }

  # Whom a row of the other table may mean by `who`.
  groups = {
    for name in var.functions : name => concat(
      ["all", name],
      [for group, members in { queue-consumers = var.queue_consumers, stream-consumers = var.stream_consumers } : group if contains(keys(members), name)],
    )
  }

  # Everything that a permission may be for, by names that follow from the resources' own.
  arns = merge(
    {
      everything            = ["*"]
      data_key              = [aws_kms_key.data.arn]
      event_bus             = [var.event_bus]
      websocket_connections = var.websocket_connections
    },
    merge([
      for name, table in var.tables : {
        "${name}_table"   = table[*].arn
        "${name}_indexes" = [for arn in table[*].arn : "${arn}/index/*"]
        "${name}_stream"  = [for stream in table[*].stream : stream.arn if stream != null]
      }
    ]...),
    merge([for name, bucket in var.buckets : { "${name}_bucket" = [bucket.arn], "${name}_objects" = ["${bucket.arn}/${name}/*"] }]...),
    { for name, queue in var.queues : "${name}_queue" => [queue.arn] },
    { for name, arn in var.topics : "${name}_topic" => [arn] },
    { for name, secret in aws_secretsmanager_secret.key : "${name}_secret" => [secret.arn] },
    # Whoever looks whether everything is there needs no edit for something new.
    {
      every_table  = flatten([for table in var.tables : table[*].arn])
      every_bucket = [for bucket in var.buckets : bucket.arn]
      every_queue  = [for queue in var.queues : queue.arn]
      every_topic  = values(var.topics)
      every_secret = [for secret in aws_secretsmanager_secret.key : secret.arn]
    },
  )

  # What is each function's own.
  own_arns = {
    for name in var.functions : name => merge(local.arns, {
      own_log_group = ["arn:${var.place.partition}:logs:${var.place.region}:${var.place.account}:log-group:/aws/lambda/${var.prefix}-${name}:*"]
      own_queues    = flatten([for queue in try(var.queue_consumers[name], []) : local.arns["${queue}_queue"]])
      own_stream    = flatten([for table in try([var.stream_consumers[name]], []) : local.arns["${table}_stream"]])
    })
  }

  # In the tables and not here, in words (outputs.tf refuses it).
  unknown = concat(
    [for name in keys(local.permissions) : "the function ${name}" if !contains(var.functions, name)],
    distinct(flatten([
      for name, rows in local.permissions : [for row in rows : "the resource ${row.resource} of ${name}" if !contains(keys(local.arns), row.resource)]
    ])),
  )

  known_rows = {
    for name in var.functions : name => [for row in try(local.permissions[name], []) : row if contains(keys(local.arns), row.resource)]
  }

  call_statements = {
    for name in var.functions : name => [
      for row in local.known_rows[name] : {
        Effect   = "Allow"
        Action   = row.actions
        Resource = local.arns[row.resource]
      } if length(local.arns[row.resource]) > 0
    ]
  }

  service_statements = {
    for name in var.functions : name => [
      for row in local.role_rows : merge(
        {
          Sid      = replace(title(replace(row.id, "-", " ")), " ", "")
          Effect   = "Allow"
          Action   = row.actions
          Resource = local.own_arns[name][row.resource]
        },
        row.via == "" ? {} : { Condition = { StringEquals = { "kms:ViaService" = "${row.via}.${var.place.region}.${var.place.dns_suffix}" } } }
      ) if length(setintersection(concat(row.who, row.with), concat(local.groups[name], local.actions[name]))) > 0
      && length(local.own_arns[name][row.resource]) > 0
      && (row.service != "xray.amazonaws.com" || var.tracing_mode == "Active")
    ]
  }

  role_rows = [for row in local.service_permissions : row if row.how == "role"]

  trust = [for row in local.service_permissions : row if row.how == "trust"]

  function_trust = [
    for row in local.trust : { Effect = "Allow", Action = row.actions, Principal = { Service = row.service } } if contains(row.who, "all")
  ]

  gateway_trust = [
    for row in local.trust : { Effect = "Allow", Action = row.actions, Principal = { Service = row.service } } if contains(row.who, "gateway-logging")
  ]

  # Roles are global: two regions of one account each have their own. Names have 64 characters at most; one that is
  # too long is cut, and told apart by its hash.
  full_role_names = { for name in concat(var.functions, ["gateway-logging"]) : name => "${var.prefix}-${name}-${var.place.region}" }
  role_names = {
    for name, full in local.full_role_names :
    name => length(full) <= 64 ? full : "${substr(full, 0, 58)}-${substr(sha256(full), 0, 5)}"
  }
}

resource "aws_iam_role" "function" {
  for_each = toset(var.functions)

  name        = local.role_names[each.key]
  description = "What the function ${each.key} may do"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.function_trust
  })
}

resource "aws_iam_role_policy" "calls" {
  for_each = toset([for name in var.functions : name if length(local.call_statements[name]) > 0])

  name = "calls"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.call_statements[each.key]
  })
}

resource "aws_iam_role_policy" "services" {
  for_each = toset(var.functions)

  name = "services"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.service_statements[each.key]
  })
}

resource "aws_iam_role" "gateway_logging" {
  name        = local.role_names["gateway-logging"]
  description = "What API Gateway writes access and execution logs with"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.gateway_trust
  })
}

resource "aws_iam_role_policy_attachment" "gateway_logging" {
  role       = aws_iam_role.gateway_logging.name
  policy_arn = "arn:${var.place.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
