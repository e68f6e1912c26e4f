"""A refused handshake has the status that the function behind $connect answered.

MiniStack answers 403 whatever the function said. On AWS (API Gateway Developer Guide, "Manage connected users and
client apps: $connect and $disconnect routes") the connection is not made, and the client sees the function's status:
401 for a token that is not valid, 403 for one that does not allow it. Here the refusal is sent as MiniStack sends that
of an authorizer, with the function's status.
"""

from __future__ import annotations

from contextvars import ContextVar
from http.client import responses
from typing import Any

_answered: ContextVar[dict[str, Any] | None] = ContextVar("answered", default=None)
"""What was answered to $connect, and in which connection; set and read in the connection's own task."""


def apply() -> None:
    """Patch the call of a route, which tells the status, and the connection, which sends it."""
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
