# Deployments made when the WebSocket API was a part of api-gateway/ and monitoring/ keep it: addresses change in the state
# alone, and nobody's connection or URL does.

moved {
  from = module.api_gateway.aws_apigatewayv2_api.websocket
  to   = module.websocket[0].aws_apigatewayv2_api.this
}

moved {
  from = module.api_gateway.aws_apigatewayv2_integration.websocket
  to   = module.websocket[0].aws_apigatewayv2_integration.this
}

moved {
  from = module.api_gateway.aws_apigatewayv2_route.websocket
  to   = module.websocket[0].aws_apigatewayv2_route.this
}

moved {
  from = module.api_gateway.aws_apigatewayv2_route_response.websocket
  to   = module.websocket[0].aws_apigatewayv2_route_response.this
}

moved {
  from = module.api_gateway.aws_apigatewayv2_deployment.websocket
  to   = module.websocket[0].aws_apigatewayv2_deployment.this
}

moved {
  from = module.api_gateway.aws_apigatewayv2_stage.websocket
  to   = module.websocket[0].aws_apigatewayv2_stage.this
}

moved {
  from = module.api_gateway.aws_cloudwatch_log_group.websocket_execution
  to   = module.websocket[0].aws_cloudwatch_log_group.execution
}

moved {
  from = module.monitoring.aws_cloudwatch_log_group.websocket
  to   = module.websocket[0].aws_cloudwatch_log_group.access
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-connects"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-connects"]
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-disconnects"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-disconnects"]
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-passes-subscribe"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-passes-subscribe"]
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-passes-unsubscribe"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-passes-unsubscribe"]
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-passes-ping"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-passes-ping"]
}

moved {
  from = module.api_gateway.aws_lambda_permission.invoke["gateway-passes-anything-else"]
  to   = module.websocket[0].aws_lambda_permission.invoke["gateway-passes-anything-else"]
}
