"""The server's open connections: who is still there to be answered, and no connection kept for one who has left."""

from __future__ import annotations

from typing import Any

Address = tuple[str, int]

_open: dict[Address, Any] = {}


def install() -> None:
    """Note each connection of hypercorn's while it is read from, and end it when its client does.

    Hypercorn 0.18 waits for a connection's idle time to be over even when the client has closed it long ago: with
    minutes of idle time (`launcher.KEPT_S`), thousands of sockets stay half-closed.
    """
    from hypercorn.asyncio.tcp_server import TCPServer

    read = TCPServer._read_data

    async def reading(self: Any) -> None:
        address = _address(self)
        _open[address] = self
        try:
            await read(self)
        finally:
            if _open.get(address) is self:
                del _open[address]
            await self.idle_task.stop()

    TCPServer._read_data = reading  # type: ignore[method-assign]


def _address(connection: Any) -> Address:
    return tuple((connection.writer.get_extra_info("peername") or ("", 0))[:2])


def is_open(client: Address | None) -> bool:
    """Return whether a client, by its address as in ASGI's scope, can still be written to."""
    connection = _open.get(client) if client else None
    return connection is not None and not connection.writer.transport.is_closing()


def cut(client: Address | None) -> None:
    """End a connection at once, as a network that fails does: the client sees a reset."""
    connection = _open.get(client) if client else None
    if connection is not None:
        connection.writer.transport.abort()
