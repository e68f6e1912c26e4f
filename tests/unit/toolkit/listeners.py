"""Whatever may listen on a port that somebody takes for an AWS endpoint."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Answering = Callable[[socket.socket], None]

AWS_ERROR = "<ErrorResponse><Error><Code>MissingAuthenticationToken</Code></Error></ErrorResponse>"


def http(body: str, status: str = "403 Forbidden") -> Answering:
    """Answer each request with this body."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(f"{head}{body}".encode())

    return answer


def saying(data: bytes) -> Answering:
    """Say this to everybody, whatever is asked."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.recv(65536)

    return answer


def closing(connection: socket.socket) -> None:
    """Close at once."""


def hanging(connection: socket.socket) -> None:
    """Say nothing until the other side goes."""
    while connection.recv(65536):
        pass


def dripping(connection: socket.socket) -> None:
    """Begin an answer, and go on with a byte every now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    connection.settimeout(0.05)
    while True:
        with contextlib.suppress(TimeoutError):
            if not connection.recv(65536):
                return
        connection.sendall(b"x")


@contextlib.contextmanager
def listening(answer: Answering) -> Iterator[str]:
    """Listen on a port of the loopback, and yield `host:port`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_serve_one, args=(answer, connection), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)


def _serve_one(answer: Answering, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        answer(connection)


@contextlib.contextmanager
def serving_aws() -> Iterator[str]:
    """Serve an AWS endpoint that knows nobody."""
    with listening(http(AWS_ERROR)) as address:
        yield f"http://{address}"
