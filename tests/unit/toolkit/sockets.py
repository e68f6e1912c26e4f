"""A WebSocket API of the test's own, which answers as the deployed one does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve


class Sockets:
    """Connections, and what they have sent; a test pushes to them and drops them.

    Parameters
    ----------
    token
        The one that is let in; others are answered with `refusal`.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.refusal = HTTPStatus.FORBIDDEN
        self.url = ""
        self.open: list[ServerConnection] = []
        self.handshakes: list[str] = []
        self.received: list[dict[str, Any]] = []
        self.unknown_topics: set[str] = set()
        self.mute: set[str] = set()
        self.on_connect: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let a handshake through, or refuse it."""
        query = parse_qs(urlsplit(request.path).query).get("token", [""])[0]
        given = request.headers.get("Authorization", f"Bearer {query}").removeprefix("Bearer ")
        self.handshakes.append(given)
        return None if given == self.token else connection.respond(self.refusal, "no\n")

    def handle(self, connection: ServerConnection) -> None:
        """Answer a connection's messages until it ends."""
        with self.changed:
            self.open.append(connection)
            self.changed.notify_all()
        for push in self.on_connect:
            connection.send(json.dumps(push))
        try:
            for text in connection:
                message = json.loads(text)
                self.received.append(message)
                answer = self.answer(message)
                if answer["type"] not in self.mute:
                    connection.send(json.dumps(answer))
        except ConnectionClosed:
            pass
        finally:
            with self.changed:
                self.open.remove(connection)
                self.changed.notify_all()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a client's message."""
        if message["action"] == "ping":
            return {"type": "pong"}
        if message["topic"] in self.unknown_topics:
            return {"type": "error", "code": "not-found", "detail": "There is no such item.", "requestId": "r"}
        return {"type": f"{message['action']}d", "topic": message["topic"]}

    def push(self, message: dict[str, Any] | str) -> None:
        """Send a message to every connection."""
        if isinstance(message, dict) and message["type"] in self.mute:
            return
        for connection in list(self.open):
            connection.send(message if isinstance(message, str) else json.dumps(message))

    def drop(self) -> None:
        """Close every connection, as a server that goes away does."""
        for connection in list(self.open):
            connection.close(1001)

    def wait(self, connections: int, seconds: float = 10) -> None:
        """Wait until so many connections are open."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.open) == connections, seconds), self.open


@contextmanager
def serving(token: str = "token", port: int = 0) -> Iterator[Sockets]:
    """Serve a WebSocket API."""
    sockets = Sockets(token)
    with serve(sockets.handle, "127.0.0.1", port, process_request=sockets.check) as server:
        sockets.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/prod"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield sockets
        sockets.drop()
        server.shutdown()
        thread.join()
