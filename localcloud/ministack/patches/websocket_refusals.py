"""A refused handshake has the status that the $connect function returned.

MiniStack answers 403 whatever the function returned. On AWS (API Gateway Developer Guide, "Manage connected users and
client apps: $connect and $disconnect routes") no connection is made, and the client sees the function's status: 401 for
an invalid token, 403 for one without permission. The patch sends the refusal as MiniStack sends an authorizer's, with
the function's status.
"""

from __future__ import annotations

from contextvars import ContextVar
from http.client import responses
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a handshake is refused with the status that $connect returned"
AFTER = ("websocket_functions",)

_answered: ContextVar[dict[str, Any] | None] = ContextVar("answered", default=None)
"""The response to $connect and its connection; set and read in the connection's own task."""


def apply() -> None:
    """Patch the call of a route, which has the status, and the connection, which sends it."""
    from ministack.services import apigateway

    call, serve = apigateway._invoke_ws_lambda, apigateway.handle_websocket

    async def calling(*request: Any, **extra: Any) -> Any:
        answer = await call(*request, **extra)
        connection, kind, request_id = request[5:8]
        if kind == "CONNECT":
            status = int((answer or {}).get("statusCode", 200))
            _answered.set({"status": status, "connection_id": connection, "request_id": request_id})
        return answer

    async def serving(scope: dict[str, Any], receive: Any, send: Any, *rest: Any, **named: Any) -> None:
        accepted = False

        async def sending(message: dict[str, Any]) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            answered = _answered.get()
            if message["type"] == "websocket.close" and not accepted and answered:
                await apigateway._refuse_ws_handshake(scope, send, message=_phrase(answered["status"]), **answered)
            else:
                await send(message)

        await serve(scope, receive, sending, *rest, **named)

    apigateway._invoke_ws_lambda, apigateway.handle_websocket = calling, serving


def _phrase(status: int) -> str:
    return "Internal server error" if status >= 500 else responses.get(status, "")


def probe(aws: Endpoint) -> bool:
    """Return several statuses from $connect."""
    api = aws.socket_api()
    return [api.handshake({"statusCode": status}) for status in (200, 401, 403)] == [101, 401, 403]
