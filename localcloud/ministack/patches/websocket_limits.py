"""A WebSocket connection takes text in frames of up to 32 KB and messages of up to 128 KB.

MiniStack takes messages of any size, and binary ones as if they were text. On AWS (API Gateway Developer Guide, "Quotas
for configuring and running a WebSocket API" and "Binary media types for WebSocket APIs") a larger frame or message
closes the connection with 1009, and a binary one with 1003. Here what arrives is measured before it is routed. A
message may be split into frames by its sender; no browser does so.
"""

from __future__ import annotations

from typing import Any

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
    """Return the buffer's class, telling with each message how large its largest frame was, in bytes."""

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
    """Return the code and the reason with which a message closes the connection."""
    if message.get("bytes") is not None:
        return _UNSUPPORTED_DATA
    if message["largest_frame"] > _LARGEST_FRAME or len((message.get("text") or "").encode()) > _LARGEST_MESSAGE:
        return _TOO_BIG
    return None
