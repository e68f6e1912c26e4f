"""One GET over HTTP/2 (RFC 9113), where header names are in lower case whatever a client calls them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from tools.access.http import TIMEOUT_S, Answer
from tools.errors import SmokeProblem

_STREAM = 1  # the first, and here the only one, that a client opens


def get(url: str, headers: Mapping[str, str]) -> Answer | None:
    """Return the answer; None where the server does not take HTTP/2.

    Over TLS that is agreed on by ALPN (RFC 7301); in the clear it is taken for known.

    Raises
    ------
    SmokeProblem
        Nothing answers at that address, or what answers breaks off.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(_connected(host, parts.port or (443 if secure else 80), secure)) as peer:
            if isinstance(peer, ssl.SSLSocket) and peer.selected_alpn_protocol() != "h2":
                return None
            return _asked(
                peer,
                [
                    (":method", "GET"),
                    (":scheme", parts.scheme),
                    (":authority", parts.netloc),
                    (":path", path),
                    *((name.lower(), value) for name, value in headers.items()),
                ],
            )
    except (OSError, h2.exceptions.H2Error) as error:
        raise SmokeProblem(f"{url} does not answer over HTTP/2: {error}.", "python -m tools smoke") from None


def _connected(host: str, port: int, secure: bool) -> socket.socket:
    plain = socket.create_connection((host, port), timeout=TIMEOUT_S)
    if not secure:
        return plain
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(plain, server_hostname=host)


def _asked(peer: socket.socket, headers: list[tuple[str, str]]) -> Answer:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    connection.initiate_connection()
    connection.send_headers(_STREAM, headers, end_stream=True)
    peer.sendall(connection.data_to_send())
    answered: dict[str, str] = {}
    body = bytearray()
    while received := peer.recv(65536):
        for event in connection.receive_data(received):
            if isinstance(event, h2.events.ResponseReceived):
                answered = {str(name): str(value) for name, value in event.headers}
            elif isinstance(event, h2.events.DataReceived):
                body += event.data
                connection.acknowledge_received_data(event.flow_controlled_length, _STREAM)
            elif isinstance(event, h2.events.StreamEnded):
                return Answer(int(answered.pop(":status")), answered, bytes(body))
            elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                raise ConnectionResetError(f"the stream was ended with error {event.error_code}")
        peer.sendall(connection.data_to_send())
    raise ConnectionResetError("the connection was closed")
