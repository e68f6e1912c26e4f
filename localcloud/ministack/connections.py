"""The server's open connections: which clients can still receive an answer."""

from __future__ import annotations

from typing import Any

Address = tuple[str, int]

_open: dict[Address, Any] = {}


def install() -> None:
    """Track each connection of hypercorn while it is read, and close it when its client does.

    Hypercorn 0.18 keeps a connection that its client has closed until the idle time is over. With minutes of idle time
    (`launcher.KEPT_S`), thousands of sockets would stay half-closed.
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
    """Return whether a client, given by its address as in the ASGI scope, can still be written to."""
    connection = _open.get(client) if client else None
    return connection is not None and not connection.writer.transport.is_closing()


def cut(client: Address | None) -> None:
    """Close a connection at once, as a failing network does: the client sees a reset."""
    connection = _open.get(client) if client else None
    if connection is not None:
        connection.writer.transport.abort()
