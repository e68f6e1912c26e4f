"""A closed connection is gone at once, and $disconnect gets the close code.

MiniStack goes on accepting messages for a closed connection, and delays $disconnect, for up to half a second; every
close by the client is reported as 1006, "closed abnormally". On AWS (API Gateway Developer Guide, "Use @connections
commands in your backend service" and "$context variables for WebSocket APIs") PostToConnection answers 410 once the
client has disconnected, and `disconnectStatusCode` is the code of the client's close frame, 1005 for a frame without
one. The patch records the frame when it arrives, and removes the connection from the list at that moment.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "410 as soon as a connection is closed or lost; $disconnect at once, with the close code"

_SCOPE_KEY = "closed_by_client"

_current: ContextVar[str | None] = ContextVar("current", default=None)
"""The id of the connection that this task serves."""


def apply() -> None:
    """Patch the server, which sees the close frame, and the connection."""
    from hypercorn.protocol import ws_stream
    from ministack.services import apigateway
    from wsproto.events import CloseConnection

    apigateway._ws_connections = _Connections(apigateway._ws_connections)
    answer, serve = ws_stream.WSStream._send_wsproto_event, apigateway.handle_websocket

    async def answering(stream: Any, event: Any) -> None:
        if isinstance(event, CloseConnection):
            # Hypercorn answers a close frame with its own code and reason.
            stream.scope.setdefault(_SCOPE_KEY, (int(event.code), event.reason or ""))
        await answer(stream, event)

    async def serving(scope: dict[str, Any], receive: Any, send: Any, *rest: Any, **named: Any) -> None:
        async def receiving() -> dict[str, Any]:
            message: dict[str, Any] = await receive()
            if message["type"] != "websocket.disconnect":
                return message
            _forget(apigateway._ws_connections)
            code, reason = scope.get(_SCOPE_KEY, (message.get("code"), message.get("reason")))
            return {**message, "code": code, "reason": reason}

        await serve(scope, receiving, send, *rest, **named)

    ws_stream.WSStream._send_wsproto_event = answering  # type: ignore[method-assign,assignment]
    apigateway.handle_websocket = serving


class _Connections(dict[str, Any]):
    """The open connections; the task that adds one serves it."""

    def __setitem__(self, connection: str, record: Any) -> None:
        super().__setitem__(connection, record)
        _current.set(connection)


def _forget(connections: dict[str, Any]) -> None:
    """Remove this task's connection from the list, and let its sender exit without its half-second wait."""
    record = connections.pop(_current.get() or "", None)
    if record:
        record["outbox"].put_nowait(None)


def probe(aws: Endpoint) -> bool:
    """Close a connection with a code, and write to it."""
    api = aws.socket_api()
    manager = api.manager()
    echo = {"statusCode": 200, "body": "replaced by the event"}
    with api.connect() as connection:
        event = aws.exchange(connection, {"action": "tell", "answer": echo})
        connection.close(code=4000, reason="leaving")
    try:
        manager.post_to_connection(ConnectionId=event["requestContext"]["connectionId"], Data=b"x")
    except manager.exceptions.GoneException:
        return bool(api.next_event("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 4000)
    return False
