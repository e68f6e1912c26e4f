mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_api_gateway_rest_api.items
  override_during = plan
  values          = { id = "abc123", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:abc123" }
}

override_resource {
  target          = aws_api_gateway_stage.prod
  override_during = plan
  values          = { invoke_url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod" }
}

variables {
  prefix = "starter-test"
  log_group = {
    name           = "/aws/apigateway/items"
    arn            = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/apigateway/items"
    retention_days = 14
    kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/logs"
  }
  logging_role         = "arn:aws:iam::111122223333:role/gateway-logging"
  manage_account       = true
  tracing              = true
  anonymous_reads      = false
  cors_origin          = "https://app.example.com"
  throttle             = { rate = 50, burst = 100 }
  cache                = null
  clients              = []
  quota_per_day        = 1000
  requests_per_address = null
  endpoint             = null
  # Whatever the contract names exists, so that a new operation needs no edit here.
  functions = {
    for name in concat(["rest-authorizer"], distinct(flatten([for item in values(yamldecode(file("openapi.yaml")).paths) : [for operation in values(item) : operation["x-function"]]]))) :
    name => { name = "starter-test-${name}", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:${name}:live", invoke_uri = "arn:aws:apigateway:${name}" } }
  }
}

run "the_gateway_is_given_the_contract" {
  command = plan

  assert {
    condition = { for path, methods in jsondecode(output.body).paths : path => sort(keys(methods)) } == merge(
      { for path in ["/", "/{proxy+}"] : path => tolist(["x-amazon-apigateway-any-method"]) },
      { for path, item in yamldecode(file("openapi.yaml")).paths : path => sort(concat(keys(item), ["options", "x-amazon-apigateway-any-method"])) },
    )
    error_message = "These are the API's paths and methods, and each path takes any other method too."
  }

  assert {
    condition = alltrue(flatten([
      for path, item in yamldecode(file("openapi.yaml")).paths : [
        for method, operation in item :
        jsondecode(output.body).paths[path][method]["x-amazon-apigateway-integration"].uri == "arn:aws:apigateway:${operation["x-function"]}"
      ]
    ])) && jsondecode(output.body).paths["/items/{id}"].get["x-amazon-apigateway-integration"].uri == "arn:aws:apigateway:get-item"
    error_message = "Every operation is answered by its function's alias."
  }

  assert {
    condition     = jsondecode(output.body).info.title == "starter-test-items"
    error_message = "The API has its environment's name."
  }

  assert {
    condition = distinct(flatten([
      for path, methods in jsondecode(output.body).paths : [for method, operation in methods : jsonencode(operation.security) if !contains(["options", "x-amazon-apigateway-any-method"], method) && path != "/health"]
    ])) == tolist([jsonencode([{ caller = [] }])])
    error_message = "Every method but the preflight and the health check asks for a token."
  }

  assert {
    condition     = jsondecode(output.body).paths["/health"].get.security == []
    error_message = "The health check is open: what asks whether the API is well has no token."
  }

  assert {
    condition     = alltrue([for methods in values(jsondecode(output.body).paths) : methods.options["x-amazon-apigateway-integration"].type == "mock" && !can(methods.options.security) if can(methods.options)])
    error_message = "The gateway answers preflights by itself, and asks for no token: browsers send none."
  }

  assert {
    condition     = jsondecode(output.body)["x-amazon-apigateway-request-validators"].all == { validateRequestBody = true, validateRequestParameters = true } && jsondecode(output.body)["x-amazon-apigateway-request-validator"] == "all"
    error_message = "The gateway validates bodies and parameters of every request."
  }

  assert {
    condition = distinct([
      for operation in flatten([for methods in values(jsondecode(output.body).paths) : values(methods)]) :
      operation.requestBody.content["application/json"].schema["$ref"] if can(operation.requestBody)
    ]) == tolist(["#/components/schemas/JsonObject"])
    error_message = "The gateway asks for a JSON object; what is wrong with one is for the handler to say, which can."
  }

  assert {
    condition = alltrue([
      for methods in values(jsondecode(output.body).paths) :
      methods["x-amazon-apigateway-any-method"].security == [] &&
      methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].type == "mock" &&
      methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].passthroughBehavior == "never" &&
      methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.statusCode == "404" &&
      methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.responseParameters == {
        "method.response.header.Access-Control-Allow-Origin" = "'https://app.example.com'"
        "method.response.header.Cache-Control"               = "'no-store'"
        "method.response.header.Content-Type"                = "'application/problem+json'"
      }
    ])
    error_message = "What is not described is a 404 problem, for whoever asks: API Gateway reads no token where it wants none."
  }

  assert {
    condition     = aws_api_gateway_rest_api.items.put_rest_api_mode == "overwrite" && aws_api_gateway_rest_api.items.body == output.body
    error_message = "What the contract no longer has is taken out of the gateway."
  }

  assert {
    condition     = aws_api_gateway_deployment.items.triggers.body == sha256(aws_api_gateway_rest_api.items.body)
    error_message = "Whatever changes in what the gateway is given makes a new deployment."
  }
}

# says: openapi.yaml has operations whose function does not exist
run "an_operation_needs_its_function" {
  command = plan

  variables {
    functions = { rest-authorizer = { name = "starter-test-rest-authorizer", alias = { name = "live", arn = "arn:aws:lambda:eu-west-1:111122223333:function:rest-authorizer:live", invoke_uri = "arn:aws:apigateway:rest-authorizer" } } }
  }

  expect_failures = [aws_api_gateway_rest_api.items]
}

run "answers_of_the_gateway_itself_carry_cors_headers" {
  command = plan

  assert {
    condition = alltrue([
      for response in values(jsondecode(output.body)["x-amazon-apigateway-gateway-responses"]) :
      response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://app.example.com'" &&
      response.responseParameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    ])
    error_message = "A browser may read the gateway's own errors, and finds problem documents there."
  }

  assert {
    condition = alltrue([
      for name in ["DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "QUOTA_EXCEEDED", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "WAF_FILTERED"] :
      contains(keys(jsondecode(output.body)["x-amazon-apigateway-gateway-responses"]), name)
    ])
    error_message = "None of the usual errors is left to the gateway's own shape."
  }

  assert {
    condition = alltrue([
      for methods in values(jsondecode(output.body).paths) :
      methods.options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://app.example.com'" if can(methods.options)
    ])
    error_message = "The preflight names the one origin that may call."
  }
}

run "only_the_gateway_may_invoke_and_only_by_its_route" {
  command = plan

  assert {
    condition = alltrue([
      for id, wanted in {
        gateway-createItem           = ["starter-test-create-item", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/POST/items"]
        gateway-listItems            = ["starter-test-list-items", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/GET/items"]
        gateway-getItem              = ["starter-test-get-item", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/GET/items/*"]
        gateway-updateItem           = ["starter-test-update-item", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/PUT/items/*"]
        gateway-deleteItem           = ["starter-test-delete-item", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/DELETE/items/*"]
        gateway-createUpload         = ["starter-test-create-upload", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/POST/items/*/images"]
        gateway-listImages           = ["starter-test-list-images", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/GET/items/*/images"]
        gateway-getHealth            = ["starter-test-health-checker", "arn:aws:execute-api:eu-west-1:111122223333:abc123/*/GET/health"]
        gateway-asks-rest-authorizer = ["starter-test-rest-authorizer", "arn:aws:execute-api:eu-west-1:111122223333:abc123/authorizers/*"]
      } : [aws_lambda_permission.invoke[id].function_name, aws_lambda_permission.invoke[id].source_arn] == wanted
    ]) && length(aws_lambda_permission.invoke) == 1 + sum([for item in values(yamldecode(file("openapi.yaml")).paths) : length(item)])
    error_message = "Each function is invoked by its own routes of its own API alone."
  }

  assert {
    condition = alltrue([
      for permission in aws_lambda_permission.invoke :
      permission.principal == "apigateway.amazonaws.com" && permission.action == "lambda:InvokeFunction" && permission.qualifier == "live"
    ])
    error_message = "API Gateway alone, through the alias alone."
  }
}

run "every_method_is_throttled" {
  command = plan

  assert {
    condition     = aws_api_gateway_method_settings.all.method_path == "*/*" && aws_api_gateway_method_settings.all.settings[0].throttling_rate_limit == 50 && aws_api_gateway_method_settings.all.settings[0].throttling_burst_limit == 100
    error_message = "Settings without both limits would switch throttling off."
  }

  assert {
    condition     = aws_api_gateway_usage_plan.clients.throttle_settings[0].rate_limit == 50 && aws_api_gateway_usage_plan.clients.throttle_settings[0].burst_limit == 100 && aws_api_gateway_usage_plan.clients.quota_settings[0].limit == 1000
    error_message = "The usage plan limits each client."
  }

  assert {
    condition     = aws_api_gateway_method_settings.health.method_path == "health/GET" && aws_api_gateway_method_settings.health.settings[0].throttling_rate_limit == 10 && aws_api_gateway_method_settings.health.settings[0].throttling_burst_limit == 20
    error_message = "What anyone may ask for cannot take all of the account's concurrency."
  }

  assert {
    condition     = alltrue([for settings in [aws_api_gateway_method_settings.all, aws_api_gateway_method_settings.health] : !settings.settings[0].metrics_enabled && settings.settings[0].logging_level == "ERROR"])
    error_message = "Errors are logged, and metrics of each method, which are paid for one by one, are left to the functions' own."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].data_trace_enabled == false
    error_message = "No request or response body is ever logged."
  }
}

run "without_a_cache_nothing_is_cached" {
  command = plan

  assert {
    condition     = !aws_api_gateway_stage.prod.cache_cluster_enabled && length(aws_api_gateway_method_settings.cached) == 0 && !aws_api_gateway_method_settings.all.settings[0].caching_enabled
    error_message = "The cache is asked for."
  }
}

run "the_cache_is_for_the_list_alone" {
  command = plan

  variables {
    cache = { size = "0.5", ttl_seconds = 30 }
  }

  assert {
    condition     = aws_api_gateway_stage.prod.cache_cluster_enabled && aws_api_gateway_stage.prod.cache_cluster_size == "0.5"
    error_message = "The stage has a cache of the size asked for."
  }

  assert {
    condition     = aws_api_gateway_method_settings.cached["items/GET"].method_path == "items/GET" && aws_api_gateway_method_settings.cached["items/GET"].settings[0].caching_enabled && !aws_api_gateway_method_settings.all.settings[0].caching_enabled
    error_message = "GET /items is cached, everything else is not."
  }

  assert {
    condition     = aws_api_gateway_method_settings.cached["items/GET"].settings[0].cache_data_encrypted && aws_api_gateway_method_settings.cached["items/GET"].settings[0].require_authorization_for_cache_control && aws_api_gateway_method_settings.cached["items/GET"].settings[0].cache_ttl_in_seconds == 30
    error_message = "What is cached is encrypted, ends, and is flushed only by whoever may."
  }

  assert {
    condition     = aws_api_gateway_method_settings.cached["items/GET"].settings[0].throttling_rate_limit == 50 && aws_api_gateway_method_settings.cached["items/GET"].settings[0].throttling_burst_limit == 100
    error_message = "A method with settings of its own is throttled by them alone: both limits stand there again."
  }

  assert {
    condition = tolist(sort(jsondecode(output.body).paths["/items"].get["x-amazon-apigateway-integration"].cacheKeyParameters)) == tolist(sort([
      for parameter in jsondecode(output.body).paths["/items"].get.parameters :
      "method.request.${parameter.in == "query" ? "querystring" : parameter.in}.${parameter.name}"
    ])) && contains(jsondecode(output.body).paths["/items"].get["x-amazon-apigateway-integration"].cacheKeyParameters, "method.request.header.Authorization")
    error_message = "The key is the caller and every parameter: nobody is answered with another's page."
  }

  assert {
    condition     = !can(jsondecode(output.body).paths["/items/{id}"].get["x-amazon-apigateway-integration"].cacheKeyParameters)
    error_message = "One item is never cached."
  }
}

run "the_stage_is_logged_and_traced" {
  command = plan

  assert {
    condition     = aws_api_gateway_stage.prod.stage_name == "prod" && aws_api_gateway_stage.prod.xray_tracing_enabled
    error_message = "The one stage is called prod everywhere, and starts traces where tracing is active."
  }

  assert {
    condition     = aws_api_gateway_stage.prod.access_log_settings[0].destination_arn == var.log_group.arn
    error_message = "Access logs go to the group that monitoring/ made."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.execution.name == "API-Gateway-Execution-Logs_abc123/prod" &&
      aws_cloudwatch_log_group.execution.retention_in_days == 14 &&
      aws_cloudwatch_log_group.execution.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/logs"
    )
    error_message = "API Gateway's own log is there before it writes, ends, and is encrypted."
  }

  assert {
    condition     = !strcontains(lower(aws_api_gateway_stage.prod.access_log_settings[0].format), "authorization") && strcontains(aws_api_gateway_stage.prod.access_log_settings[0].format, "$context.requestId")
    error_message = "A line names the request, and never the caller's token."
  }

  assert {
    condition     = !can(regex("context\\.(path|error\\.(message|validation)|identity\\.(userAgent|apiKey\\b))", aws_api_gateway_stage.prod.access_log_settings[0].format))
    error_message = "Nothing in a line is the caller's to write."
  }

  assert {
    condition     = aws_api_gateway_account.this[0].cloudwatch_role_arn == var.logging_role
    error_message = "API Gateway has the role that it needs for writing logs."
  }

  assert {
    condition     = output.url == "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
    error_message = "On AWS the API is reached under the stage's own URL."
  }
}

run "the_regions_logging_role_can_be_left_alone" {
  command = plan

  variables {
    manage_account = false
    tracing        = false
  }

  assert {
    condition     = length(aws_api_gateway_account.this) == 0 && !aws_api_gateway_stage.prod.xray_tracing_enabled
    error_message = "Where something else owns the account's setting, it stays as it is."
  }
}

run "an_emulator_serves_the_api_itself" {
  command = plan

  variables {
    endpoint = "http://127.0.0.1:4566/_aws/execute-api"
  }

  assert {
    condition     = output.url == "http://127.0.0.1:4566/_aws/execute-api/abc123/prod"
    error_message = "API Gateway's host names do not resolve there."
  }
}

run "without_clients_no_key_is_asked_for" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_api_key.client) == 0 && !strcontains(jsonencode([for methods in values(jsondecode(output.body).paths) : values(methods)]), "api_key")
    error_message = "Tokens are enough."
  }
}

run "with_clients_every_method_asks_for_a_key" {
  command = plan

  variables {
    clients = ["mobile", "partner"]
  }

  assert {
    condition = distinct(flatten([
      for path, methods in jsondecode(output.body).paths : [for method, operation in methods : jsonencode(operation.security) if !contains(["options", "x-amazon-apigateway-any-method"], method) && path != "/health"]
    ])) == tolist([jsonencode([{ api_key = [], caller = [] }])])
    error_message = "Every method that asks for a token asks for a key beside it."
  }

  assert {
    condition     = jsondecode(output.body).paths["/health"].get.security == []
    error_message = "The health check stays open."
  }

  assert {
    condition     = { for name, key in aws_api_gateway_api_key.client : name => key.name } == { mobile = "starter-test-mobile", partner = "starter-test-partner" } && length(aws_api_gateway_usage_plan_key.client) == 2
    error_message = "Each client has a key of its own in the usage plan."
  }

  assert {
    condition     = aws_api_gateway_deployment.items.triggers.body != sha256(run.the_gateway_is_given_the_contract.body)
    error_message = "The stage serves a new deployment."
  }
}

run "with_clients_and_anonymous_reads_the_list_asks_for_a_key_too" {
  command = plan

  variables {
    clients         = ["mobile"]
    anonymous_reads = true
  }

  assert {
    condition     = jsonencode(jsondecode(output.body).paths["/items"].get.security) == jsonencode([{ api_key = [], caller_or_anonymous = [] }])
    error_message = "A caller without a token is still a client with a key."
  }
}

run "another_origin_is_another_deployment" {
  command = plan

  variables {
    cors_origin = "https://other.example.com"
  }

  assert {
    condition     = aws_api_gateway_deployment.items.triggers.body != sha256(run.the_gateway_is_given_the_contract.body)
    error_message = "The stage serves a new deployment."
  }
}

run "anonymous_reads_are_of_the_list_alone_and_another_deployment" {
  command = plan

  variables {
    anonymous_reads = true
  }

  assert {
    condition     = jsonencode(jsondecode(output.body).paths["/items"].get.security) == jsonencode([{ caller_or_anonymous = [] }])
    error_message = "GET /items lets a caller without a token through to the authorizer."
  }

  assert {
    condition = alltrue([
      for operation in [
        jsondecode(output.body).paths["/items"].post,
        jsondecode(output.body).paths["/items/{id}"].get,
        jsondecode(output.body).paths["/items/{id}"].put,
        jsondecode(output.body).paths["/items/{id}"].delete,
      ] : jsonencode(operation.security) == jsonencode([{ caller = [] }])
    ])
    error_message = "Everything else asks for a token."
  }

  assert {
    condition     = jsondecode(output.body).components.securitySchemes.caller_or_anonymous["x-amazon-apigateway-authorizer"].authorizerResultTtlInSeconds == 0
    error_message = "An answer to nobody in particular is never kept."
  }

  assert {
    condition     = aws_api_gateway_deployment.items.triggers.body != sha256(run.the_gateway_is_given_the_contract.body)
    error_message = "The stage serves a new deployment."
  }
}

run "without_a_firewall_there_is_none" {
  command = plan

  assert {
    condition     = length(aws_wafv2_web_acl.items) == 0 && length(aws_wafv2_web_acl_association.items) == 0
    error_message = "It has its own price: without it nothing of it is made."
  }
}

run "the_firewall_stands_before_the_stage" {
  command = plan

  variables {
    requests_per_address = 2000
  }

  override_resource {
    target          = aws_wafv2_web_acl.items
    override_during = plan
    values          = { arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/items/1" }
  }

  override_resource {
    target          = aws_api_gateway_stage.prod
    override_during = plan
    values          = { arn = "arn:aws:apigateway:eu-west-1::/restapis/abc123/stages/prod", invoke_url = "" }
  }

  assert {
    condition = (
      aws_wafv2_web_acl_association.items[0].web_acl_arn == "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/items/1" &&
      aws_wafv2_web_acl_association.items[0].resource_arn == "arn:aws:apigateway:eu-west-1::/restapis/abc123/stages/prod" &&
      aws_wafv2_web_acl.items[0].scope == "REGIONAL" && length(aws_wafv2_web_acl.items[0].default_action[0].allow) == 1
    )
    error_message = "Every request to the stage passes it, and is let through unless a rule says otherwise."
  }

  assert {
    condition = { for rule in aws_wafv2_web_acl.items[0].rule : rule.name => rule.priority } == {
      rate             = 0
      body             = 1
      reputation       = 2
      known-bad-inputs = 3
      common           = 4
    }
    error_message = "What costs least to look at comes first."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.items[0].rule : jsonencode([
        rule.statement[0].rate_based_statement[0].limit, rule.statement[0].rate_based_statement[0].evaluation_window_sec,
        rule.statement[0].rate_based_statement[0].aggregate_key_type, length(rule.action[0].block),
      ]) if rule.name == "rate"
    ]) == jsonencode([2000, 300, "IP", 1])
    error_message = "Whoever sends more than asked for in five minutes is refused, by address."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.items[0].rule : jsonencode([
        rule.statement[0].size_constraint_statement[0].comparison_operator, rule.statement[0].size_constraint_statement[0].size,
        rule.statement[0].size_constraint_statement[0].field_to_match[0].body[0].oversize_handling, length(rule.action[0].block),
      ]) if rule.name == "body"
    ]) == jsonencode(["GT", 65536, "MATCH", 1]) && aws_wafv2_web_acl.items[0].association_config[0].request_body[0].api_gateway[0].default_size_inspection_limit == "KB_64"
    error_message = "A body that is longer than what is looked at is refused: an attack could stand behind the limit."
  }

  assert {
    condition = { for rule in aws_wafv2_web_acl.items[0].rule : rule.statement[0].managed_rule_group_statement[0].name => join(" ", sort(rule.statement[0].managed_rule_group_statement[0].rule_action_override[*].name)) if length(rule.statement[0].managed_rule_group_statement) == 1 } == {
      AWSManagedRulesAmazonIpReputationList = ""
      AWSManagedRulesKnownBadInputsRuleSet  = ""
      AWSManagedRulesCommonRuleSet          = "CrossSiteScripting_BODY EC2MetaDataSSRF_BODY GenericLFI_BODY GenericRFI_BODY NoUserAgent_HEADER SizeRestrictions_BODY SizeRestrictions_QUERYSTRING"
    }
    error_message = "AWS's rules are taken as they are, but for those that would refuse what an item may say."
  }

  assert {
    condition = alltrue([
      for visibility in concat(aws_wafv2_web_acl.items[0].visibility_config, flatten(aws_wafv2_web_acl.items[0].rule[*].visibility_config)) :
      visibility.cloudwatch_metrics_enabled && visibility.sampled_requests_enabled && startswith(visibility.metric_name, "starter-test-")
    ])
    error_message = "Each rule is measured under the environment's name."
  }

  assert {
    condition     = strcontains(aws_api_gateway_stage.prod.access_log_settings[0].format, "$context.wafResponseCode")
    error_message = "The access log says what the firewall has refused."
  }

  assert {
    condition     = jsondecode(output.body)["x-amazon-apigateway-gateway-responses"].WAF_FILTERED.statusCode == 403
    error_message = "Its refusal is a problem document as any other."
  }
}
