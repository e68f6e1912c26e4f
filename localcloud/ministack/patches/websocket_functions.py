"""A WebSocket route's function is invoked like any other, with API Gateway's event, and its result is checked.

MiniStack hands the event to a worker without going through Lambda: nothing is logged, and concurrency limits do not
apply. The event lacks `messageDirection`, has the time of each message as `connectedAt`, and has the handshake's
headers in lower case. The exception of a failing function is sent to the client, a result without a `statusCode` opens
the connection, and a route without a route response answers anyway. On AWS (API Gateway Developer Guide, "Set up a
Lambda proxy integration request", "Working with route responses for WebSocket APIs" and "$context variables for
WebSocket APIs") a failure is an `Internal server error` that names the connection, and only a two-way route sends its
function's body. The patch completes the event and invokes the function through Lambda. A $connect that fails is a 502,
as behind a REST API; AWS documents only that the connection is refused.
"""

from __future__ import annotations

import json
import time
import uuid
from contextvars import ContextVar
from typing import Any

from localcloud.ministack.patches.lambda_proxy_failures import is_answer
from localcloud.ministack.patches.rest_requests import canonical
from localcloud.ministack.probing import Endpoint

EFFECT = (
    "functions of WebSocket routes log, count against concurrency, and get complete events; their failures "
    "reveal no details; only two-way routes answer"
)

_connected_at_ms: ContextVar[int | None] = ContextVar("connected_at_ms", default=None)
"""When the connection was requested; MiniStack serves each connection in its own task."""


def apply() -> None:
    """Patch the call of a route's function."""
    from ministack.services import apigateway, lambda_svc

    call_other = apigateway._invoke_ws_lambda

    async def calling(
        api_id: str, account: str, region: str, route: dict[str, Any], stage: str, *request: Any, **extra: Any
    ) -> Any:
        integration = apigateway._integrations.get(api_id, {}).get(route.get("target", "").rpartition("/")[2])
        if not integration or integration.get("integrationType") != "AWS_PROXY":
            return await call_other(api_id, account, region, route, stage, *request, **extra)
        event = _event(apigateway, api_id, route["routeKey"], stage, *request, **extra)
        reference = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        function, settings, _ = lambda_svc._get_func_record_for_ref_in_scope(
            reference, account_id=account, region=region
        )
        if function is None or settings is None:
            return _failure(event)
        result = await apigateway.run_reentrant(
            lambda_svc._execute_function_with_config_scope,
            lambda_svc._execution_record_for_config(function, settings),
            event,
            thread_name="ministack-apigw-ws-invoke",
        )
        return _response(result, event, two_way=bool(route.get("routeResponseSelectionExpression")))

    apigateway._invoke_ws_lambda = calling


def _event(gateway: Any, api_id: str, route_key: str, stage: str, *request: Any, **extra: Any) -> dict[str, Any]:
    """Return the event of one call.

    `request` is MiniStack's: connection, kind, request id, body, address and headers of the handshake; `extra` has the
    query of the handshake, an authorizer's context, and how the connection ended.
    """
    connection, kind, request_id, body, source_ip, headers = request
    context = gateway._ws_request_context(api_id, route_key, stage, connection, kind, request_id, source_ip, headers)
    if _connected_at_ms.get() is None:
        _connected_at_ms.set(int(time.time() * 1000))
    context |= {
        "connectedAt": _connected_at_ms.get(),
        "extendedRequestId": uuid.uuid4().hex[:16],
        "messageDirection": "IN",
    }
    if extra.get("authorizer") is not None:
        context["authorizer"] = extra["authorizer"]
    event: dict[str, Any] = {"requestContext": context, "isBase64Encoded": False}
    if kind == "MESSAGE":
        context["messageId"] = request_id
        return {**event, "body": body}
    if kind == "DISCONNECT":
        context["disconnectStatusCode"] = int(extra["disconnect_code"])
        context["disconnectReason"] = extra["disconnect_reason"]
        return event | _headers({"Host": headers.get("host", ""), "x-api-key": "", "x-restapi": ""})
    forwarded = {"X-Forwarded-For": source_ip, "X-Forwarded-Proto": "http"}
    event |= _headers({**{canonical(name): value for name, value in headers.items()}, **forwarded})
    if query := extra.get("query_params"):
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["multiValueQueryStringParameters"] = query
    return event


def _headers(headers: dict[str, str]) -> dict[str, Any]:
    return {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}


def _response(result: dict[str, Any], event: dict[str, Any], *, two_way: bool) -> dict[str, Any] | None:
    """Return the response to the handshake, or the response with the body to send, or None to send nothing."""
    answer: Any = result.get("body")
    failed = result.get("throttle") or result.get("error") or not is_answer(answer)
    if failed or not 200 <= int(answer["statusCode"]) < 600:
        return _failure(event)
    return answer if two_way or event["requestContext"]["eventType"] == "CONNECT" else None


def _failure(event: dict[str, Any]) -> dict[str, Any]:
    context = event["requestContext"]
    body = {"message": "Internal server error", **{key: context[key] for key in ("connectionId", "requestId")}}
    return {"statusCode": 502, "body": json.dumps(body)}


def probe(aws: Endpoint) -> bool:
    """Connect, and call a failing route, a one-way route and a two-way route."""
    api, echo = aws.socket_api(), {"statusCode": 200, "body": "replaced by the event"}
    with api.connect() as connection:
        connected = api.next_event("CONNECT")
        failed = aws.exchange(connection, {"action": "tell", "answer": "raise"})
        one_way = aws.exchange(connection, {"action": "act", "answer": echo}, wait_s=0.5)
        event = aws.exchange(connection, {"action": "tell", "answer": echo})
    return (
        connected["headers"].get("X-Test") == "yes"
        and "inside" not in str(failed)
        and one_way is None
        and event["requestContext"].get("messageDirection") == "IN"
        and event["requestContext"]["connectedAt"] == connected["requestContext"]["connectedAt"]
        and "received CONNECT" in api.log_lines()
    )
