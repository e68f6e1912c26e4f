"""Connections to a deployment's WebSocket API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_OPEN_S = 15.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def connect(url: str, token: str) -> ClientConnection:
    """Return an open connection, to be closed by `with`; the handshake's Authorization header has the token."""
    from websockets.sync.client import connect as open_connection

    return open_connection(
        url,
        additional_headers={"Authorization": f"Bearer {token}"},
        open_timeout=_OPEN_S,
        close_timeout=1,
        # A proxy knows nothing of this machine's own ports.
        proxy=None if urlsplit(url).hostname in _LOOPBACK else True,
    )
