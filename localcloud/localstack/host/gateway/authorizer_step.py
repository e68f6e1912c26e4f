"""Lambda authorizers are called and enforced.

LocalStack's open source code stores a REST API's authorizers and never calls them: every request is allowed, without a
caller. AWS calls them before the integration (API Gateway Developer Guide, "Use API Gateway Lambda authorizers"), and
passes their context to the integration. This module calls them in the gateway's hook for additional steps,
`preprocess_request`, after a request is routed and before its API key is checked.

Methods with IAM or Cognito user pool authorization stay open, as in LocalStack.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from localcloud.localstack.host.gateway import forwarded_headers
from localcloud.localstack.host.gateway.authorization import Authorization, NotCalled, Output
from localcloud.localstack.host.gateway.grants import Grant
from localcloud.localstack.host.gateway.refusals import Refusal, misconfigured
from localcloud.localstack.host.gateway.request import Request, method_arn


def apply() -> None:
    """Add the step."""
    from localstack.services.apigateway.next_gen.execute_api import gateway_response, handlers

    exceptions = {
        "UNAUTHORIZED": gateway_response.UnauthorizedError,
        "ACCESS_DENIED": gateway_response.AccessDeniedError,
        "AUTHORIZER_FAILURE": gateway_response.AuthorizerFailureError,
        "AUTHORIZER_CONFIGURATION_ERROR": gateway_response.AuthorizerConfigurationError,
    }

    def authorizing(_chain: Any, context: Any, _response: Any) -> None:
        if context.resource_method.get("authorizationType") != "CUSTOM":
            return
        try:
            granted = _checked(authorization, context)
        except Refusal as refusal:
            error = exceptions[refusal.response_type](refusal.message)
            error.message = refusal.message
            raise error from None
        context.context_variables["authorizer"] = dict(granted.context)
        if granted.usage_key is not None:
            context.context_variables["identity"]["apiKey"] = granted.usage_key

    authorization = Authorization(_call, time.monotonic)
    handlers.preprocess_request.append(authorizing)


def _checked(authorization: Authorization, context: Any) -> Grant:
    identifier = context.resource_method.get("authorizerId")
    authorizer = context.deployment.rest_api.authorizers.get(identifier)
    if authorizer is None:
        raise misconfigured()
    variables = context.stage_variables
    resolved = {**authorizer, "authorizerUri": _resolved(authorizer.get("authorizerUri"), variables)}
    return authorization.check(resolved, (context.api_id, context.stage), _request(context))


def _resolved(uri: str | None, stage_variables: Mapping[str, str] | None) -> str:
    from localstack.services.apigateway.next_gen.execute_api.helpers import render_uri_with_stage_variables

    return render_uri_with_stage_variables(uri, stage_variables) or ""


def _request(context: Any) -> Request:
    sent, variables = context.invocation_request, context.context_variables
    return Request(
        method_arn=method_arn(
            region=context.region,
            account=context.account_id,
            api=context.api_id,
            stage=context.stage,
            method=sent["http_method"],
            path=sent["path"],
        ),
        http_method=sent["http_method"],
        resource=context.resource["path"],
        path=sent["path"],
        headers=_shown(context),
        query=sent["multi_value_query_string_parameters"],
        path_parameters=sent["path_parameters"],
        stage_variables=context.stage_variables or {},
        context=variables,
    )


def _shown(context: Any) -> list[tuple[str, str]]:
    """Return the headers in the function's event: the caller's, and those that the gateway adds."""
    headers = context.invocation_request["headers"].copy()
    forwarded_headers.add(headers, context.request)
    headers.set("X-Amzn-Trace-Id", context.trace_id)
    return list(headers)


def _call(authorizer: Mapping[str, Any], event: bytes) -> Output:
    """Invoke the function in an authorizer's URI, with its version or alias."""
    from botocore.exceptions import BotoCoreError, ClientError
    from localstack.services.apigateway.next_gen.execute_api.helpers import get_lambda_function_arn_from_invocation_uri
    from localstack.services.apigateway.next_gen.execute_api.integrations.aws import get_service_factory
    from localstack.utils.aws.arns import extract_region_from_arn

    try:
        function = get_lambda_function_arn_from_invocation_uri(authorizer["authorizerUri"])
        clients = get_service_factory(
            region_name=extract_region_from_arn(function), role_arn=authorizer.get("authorizerCredentials")
        )
        answer = clients.lambda_.invoke(FunctionName=function, Payload=event)
    except (IndexError, BotoCoreError, ClientError) as error:
        raise NotCalled from error
    return Output(answer["Payload"].read(), failed="FunctionError" in answer)
