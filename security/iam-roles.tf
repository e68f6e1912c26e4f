# One role per function, rendered from the two tables beside this file. Functions that are left out have none, and what
# is left out has no ARN: nobody is granted anything on it.

locals {
  permissions = {
    for name, rows in yamldecode(file("${path.module}/permissions.yaml")) : name => rows if !contains(var.left_out, name)
  }
  functions = sort(keys(local.permissions))

  service_permissions = [
    for row in yamldecode(file("${path.module}/service-permissions.yaml")) : merge({ who = [], with = [], resource = "", via = "" }, row)
  ]

  # The actions of a function's own calls: a row of the other table may come with them.
  actions = { for name, rows in local.permissions : name => flatten(rows[*].actions) }

  arns = merge(var.resources, {
    token_key  = [aws_secretsmanager_secret.key["token_key"].arn]
    cursor_key = [aws_secretsmanager_secret.key["cursor_key"].arn]
    data_key   = [aws_kms_key.data.arn]
    everything = ["*"]
  })

  log_group_arns = {
    for name in local.functions : name => [
      "arn:${var.place.partition}:logs:${var.place.region}:${var.place.account}:log-group:/aws/lambda/${var.prefix}-${name}:*"
    ]
  }

  service_statements = {
    for name in local.functions : name => [
      for row in local.service_permissions : merge(
        {
          Sid      = replace(title(replace(row.id, "-", " ")), " ", "")
          Effect   = "Allow"
          Action   = row.actions
          Resource = row.resource == "own_log_group" ? local.log_group_arns[name] : local.arns[row.resource]
        },
        row.via == "" ? {} : { Condition = { StringEquals = { "kms:ViaService" = "${row.via}.${var.place.region}.${var.place.dns_suffix}" } } }
      ) if row.how == "role"
      && length(setintersection(concat(row.who, row.with), concat(["all", name], local.actions[name]))) > 0
      && length(try(local.arns[row.resource], local.log_group_arns[name])) > 0
      && (row.service != "xray.amazonaws.com" || var.tracing_mode == "Active")
    ]
  }

  trust_statements = {
    for name in concat(local.functions, ["gateway-logging"]) : name => [
      for row in local.service_permissions : {
        Effect    = "Allow"
        Action    = row.actions
        Principal = { Service = row.service }
      } if row.how == "trust" && length(setintersection(row.who, [name, name == "gateway-logging" ? "" : "all"])) > 0
    ]
  }

  # Roles are global: two regions of one account each have their own. Names have 64 characters at most; one that is
  # too long is cut, and told apart by its hash.
  full_role_names = { for name in concat(local.functions, ["gateway-logging"]) : name => "${var.prefix}-${name}-${var.place.region}" }
  role_names = {
    for name, full in local.full_role_names :
    name => length(full) <= 64 ? full : "${substr(full, 0, 58)}-${substr(sha256(full), 0, 5)}"
  }

  queue_senders = {
    for row in local.service_permissions : row.id => {
      queue   = row.resource
      service = row.service
      actions = row.actions
    } if row.how == "queue"
  }
}

resource "aws_iam_role" "function" {
  for_each = toset(local.functions)

  name        = local.role_names[each.key]
  description = "What the function ${each.key} may do"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.trust_statements[each.key]
  })
}

resource "aws_iam_role_policy" "calls" {
  for_each = local.permissions

  name = "calls"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for permission in each.value : {
        Effect   = "Allow"
        Action   = permission.actions
        Resource = local.arns[permission.resource]
      } if length(local.arns[permission.resource]) > 0
    ]
  })
}

resource "aws_iam_role_policy" "services" {
  for_each = toset(local.functions)

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
    Statement = local.trust_statements["gateway-logging"]
  })
}

resource "aws_iam_role_policy_attachment" "gateway_logging" {
  role       = aws_iam_role.gateway_logging.name
  policy_arn = "arn:${var.place.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
