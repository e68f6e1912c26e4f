"""A WebSocket connection accepts text, in frames of up to 32 KB and messages of up to 128 KB.

MiniStack accepts messages of any size, and treats binary ones as text. On AWS (API Gateway Developer Guide, "Quotas for
configuring and running a WebSocket API" and "Binary media types for WebSocket APIs") a larger frame or message closes
the connection with 1009, and a binary one with 1003. The patch measures messages before they are routed. A sender may
split a message into frames; no browser does.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "1009 above 32 KB in a frame or 128 KB in a message, 1003 for binary ones"
AFTER = ("websocket_closings",)

_LARGEST_FRAME = 32 * 1024
_LARGEST_MESSAGE = 128 * 1024
_UNSUPPORTED_DATA = (1003, "Binary frames are not supported")
_TOO_BIG = (1009, "Message too big")


def apply() -> None:
    """Patch the server's buffer, which sees frames, and the connection, which sees messages."""
    from hypercorn.protocol import ws_stream
    from ministack.services import apigateway

    ws_stream.WebsocketBuffer = _measuring(ws_stream.WebsocketBuffer)  # type: ignore[misc]
    serve = apigateway.handle_websocket

    async def serving(scope: dict[str, Any], receive: Any, send: Any, *rest: Any, **named: Any) -> None:
        closed = False

        async def receiving() -> dict[str, Any]:
            nonlocal closed
            message: dict[str, Any] = await receive()
            refusal = _refusal(message) if message["type"] == "websocket.receive" else None
            if refusal is None:
                return message
            code, reason = refusal
            await send({"type": "websocket.close", "code": code, "reason": reason})
            closed = True
            return {"type": "websocket.disconnect", "code": code, "reason": reason}

        async def sending(message: dict[str, Any]) -> None:
            if not closed:
                await send(message)

        await serve(scope, receiving, sending, *rest, **named)

    apigateway.handle_websocket = serving


def _measuring(buffer: Any) -> Any:
    """Return the buffer's class; its messages also have the size of their largest frame, in bytes."""

    class Buffer(buffer):  # type: ignore[misc]
        frame = largest = 0

        def extend(self, event: Any) -> None:
            super().extend(event)
            self.frame += len(event.data.encode() if isinstance(event.data, str) else event.data)
            self.largest = max(self.largest, self.frame)
            if event.frame_finished:
                self.frame = 0

        def to_message(self) -> dict[str, Any]:
            return {**super().to_message(), "largest_frame": self.largest}

        def clear(self) -> None:
            super().clear()
            self.largest = 0

    return Buffer


def _refusal(message: dict[str, Any]) -> tuple[int, str] | None:
    """Return the code and reason with which a message closes the connection, or `None`."""
    if message.get("bytes") is not None:
        return _UNSUPPORTED_DATA
    if message["largest_frame"] > _LARGEST_FRAME or len((message.get("text") or "").encode()) > _LARGEST_MESSAGE:
        return _TOO_BIG
    return None


def probe(aws: Endpoint) -> bool:
    """Send frames and messages of the largest size, larger ones, and a binary one."""
    api = aws.socket_api()
    frame = "x" * _LARGEST_FRAME
    codes = []
    for message in (frame, [frame] * 4, frame + "x", [frame] * 4 + ["x"], b"x"):
        with api.connect() as connection:
            codes.append(aws.exchange(connection, message, wait_s=0.5))
    return codes == [None, None, 1009, 1009, 1003]
