"""Checks of the WebSocket API."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tools.access.websocket import connect
from tools.deployment.smoke.session import Session

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection


class PushChecks:
    """A connection that is open while an item is created."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url
        self._stack = ExitStack()
        self._socket: ClientConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        self._stack.close()

    def bad_token(self) -> None:
        """A handshake with a wrong token is refused."""
        from websockets.exceptions import InvalidStatus

        try:
            with self._connected("wrong"):
                raise AssertionError("a connection with a wrong token was accepted")
        except InvalidStatus as error:
            status = error.response.status_code
            if status not in (401, 403):
                raise AssertionError(f"a wrong token was answered with {status}, not 401 or 403") from None

    def ping(self) -> None:
        """A connection with the right one answers."""
        from websockets.exceptions import InvalidStatus

        try:
            self._socket = self._stack.enter_context(self._connected(self._session.token))
        except InvalidStatus as error:
            raise AssertionError(f"the handshake was answered with {error.response.status_code}") from None
        self._socket.send('{"action": "ping"}')
        self._await("pong", None, self._session.patience.usual_s)

    def creation(self) -> None:
        """The new item is pushed to its owner."""
        wanted = self._session.item["id"]
        push = self._await("ItemCreated", wanted, self._session.patience.first_push_s)
        if push["item"].get("name") != self._session.item["name"]:
            raise AssertionError(f"the push shows another item than was created: {push['item']}")

    def _connected(self, token: str) -> ClientConnection:
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        try:
            return connect(self._url, token)
        except InvalidStatus:
            raise
        except (InvalidHandshake, OSError) as error:
            raise AssertionError(f"{self._url} cannot be connected to: {error or type(error).__name__}") from None

    def _await(self, kind: str, item_id: str | None, patience_s: float) -> dict[str, Any]:
        from websockets.exceptions import ConnectionClosed

        if self._socket is None:
            raise AssertionError("there is no connection")
        deadline = time.monotonic() + patience_s
        seen = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = json.loads(self._socket.recv(timeout=left))
            except TimeoutError:
                break
            except ConnectionClosed as error:
                raise AssertionError(f"the connection was closed: {error}") from None
            seen.append(message.get("type"))
            if message.get("type") == kind and item_id in (None, message.get("item", {}).get("id")):
                return dict(message)
        raise AssertionError(f"no {kind} within {patience_s:g} s; what came: {seen or 'nothing'}")
