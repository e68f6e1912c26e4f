"""The event of an authorizer's function ("Input to an API Gateway Lambda authorizer")."""

from __future__ import annotations

from typing import Any

from localcloud.localstack.host.gateway.request import Request


def token_event(token: str, request: Request) -> dict[str, Any]:
    """Return a TOKEN authorizer's event: the token, and the requested method."""
    return {"type": "TOKEN", "methodArn": request.method_arn, "authorizationToken": token}


def request_event(request: Request) -> dict[str, Any]:
    """Return a REQUEST authorizer's event.

    It is the event of a proxy integration without the body. Missing parts are empty objects, where a proxy
    integration's event has null.
    """
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    return {
        "type": "REQUEST",
        "methodArn": request.method_arn,
        "resource": request.resource,
        "path": request.path,
        "httpMethod": request.http_method,
        "headers": {name: sent[-1] for name, sent in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: sent[-1] for name, sent in request.query.items() if sent},
        "multiValueQueryStringParameters": {name: list(sent) for name, sent in request.query.items()},
        "pathParameters": dict(request.path_parameters),
        "stageVariables": dict(request.stage_variables),
        "requestContext": dict(request.context),
    }
