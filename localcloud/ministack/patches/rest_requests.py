"""A REST request has one id everywhere, and its event matches API Gateway's.

MiniStack puts three different request ids into the event, the response header and a gateway response. It takes the
source address from the caller's own X-Forwarded-For, writes every header in lower case, and adds `version`, which only
HTTP APIs have. On AWS (API Gateway Developer Guide, "Input format of a Lambda function for proxy integration" and
"Variables for data models, authorizers, mapping templates, and CloudWatch access logging") `x-amzn-RequestId`,
`requestContext.requestId` and `$context.requestId` are the same, `identity.sourceIp` is the connection's address, and
forwarding headers are added. The patch records a request when its execution starts, and uses the record in the events,
the template variables and the response.
"""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "one request id in event, header and gateway response; the caller's real address; complete events"

_IDENTITY = (
    "accessKey",
    "accountId",
    "apiKey",
    "apiKeyId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)

_current: ContextVar[dict[str, Any] | None] = ContextVar("current", default=None)


def apply() -> None:
    """Patch the execution of REST requests and the building of events."""
    from ministack.core.responses import get_request_client_ip
    from ministack.services import apigateway_v1 as gateway

    execute, build, authorize = (
        gateway._execute_in_scope,
        gateway._build_lambda_event_v1,
        gateway._invoke_authorizer_lambda,
    )

    async def executing(request: dict[str, Any], api_id: str, stage: str, method: str, path: str, *rest: Any) -> Any:
        request["method"], request["path"] = method, path
        request["source_ip"] = get_request_client_ip()
        request["extended_id"] = uuid.uuid4().hex[:16]
        token = _current.set(request)
        try:
            answer = await execute(request, api_id, stage, method, path, *rest)
        finally:
            _current.reset(token)
        if isinstance(answer, tuple):
            headers = {name: value for name, value in answer[1].items() if name.lower() != "x-amzn-requestid"}
            headers["x-amzn-requestid"] = request["request_id"]
            headers["x-amz-apigw-id"] = request["extended_id"]
            answer = (answer[0], headers, *answer[2:])
        return answer

    def building(*positional: Any, **named: Any) -> Any:
        event = build(*positional, **named)
        event.pop("version", None)
        return _with_request_data(event)

    async def authorizing(authorizer: Any, event: dict[str, Any], account: str, region: str) -> Any:
        return await authorize(
            authorizer, _with_request_data(event) if event["type"] == "REQUEST" else event, account, region
        )

    gateway._execute_in_scope = executing
    gateway._build_lambda_event_v1 = building
    gateway._invoke_authorizer_lambda = authorizing


def _with_request_data(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with the data of the current request."""
    request = _current.get()
    if request is None:
        return event
    host = str(request["headers"].get("host", ""))
    context = event["requestContext"]
    context["requestId"] = request["request_id"]
    context["extendedRequestId"] = request["extended_id"]
    context["path"] = f"/{context['stage']}{request['path']}"
    context["domainName"] = host
    context["domainPrefix"] = host.partition(".")[0]
    context["deploymentId"] = request["stage"]["deploymentId"]
    identity = {**dict.fromkeys(_IDENTITY), **context["identity"], "sourceIp": request["source_ip"]}
    identity["userAgent"] = identity.get("userAgent") or None
    context["identity"] = identity
    headers = {canonical(name): value for name, value in event["headers"].items()}
    forwarded = [headers.get("X-Forwarded-For"), request["source_ip"]]
    headers |= {
        "X-Forwarded-For": ", ".join(address for address in forwarded if address),
        "X-Forwarded-Port": host.partition(":")[2] or "80",
        "X-Forwarded-Proto": "http",
    }
    return {**event, "headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}


def canonical(name: str) -> str:
    """Return a header's name as HTTP/1.1 clients usually write it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def current() -> dict[str, Any] | None:
    """Return the record of the REST request that is being served."""
    return _current.get()


def context() -> dict[str, Any]:
    """Return `$context` of the current request, as far as our mapping templates use it."""
    request = _current.get() or {}
    return {
        "requestId": request.get("request_id", ""),
        "extendedRequestId": request.get("extended_id", ""),
        "httpMethod": request.get("method", ""),
        "path": f"/{request.get('stage_name', '')}{request.get('path', '')}",
        "resourcePath": request.get("resource_path", ""),
        "stage": request.get("stage_name", ""),
        "identity": {"sourceIp": request.get("source_ip", "")},
    }


def probe(aws: Endpoint) -> bool:
    """Compare a request's event with its response."""
    code = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
    answer = aws.api(function=aws.function(code)).call(headers={"X-Forwarded-For": "203.0.113.9"})
    event = answer.json
    return (
        event["requestContext"]["requestId"] == answer.headers["x-amzn-requestid"]
        and event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
        and event["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
        and "version" not in event
    )
