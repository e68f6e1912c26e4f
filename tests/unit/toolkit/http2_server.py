"""Answers one request over HTTP/2, for the API of the test's own."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events

if TYPE_CHECKING:
    from tests.unit.toolkit.api import Api


def serve_http2(peer: socket.socket, api: Api) -> None:
    """Answer the first request of a connection, in frames of a few bytes each."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    peer.sendall(connection.data_to_send())
    while received := peer.recv(65536):
        for event in connection.receive_data(received):
            if isinstance(event, h2.events.RequestReceived):
                headers = {str(name): str(value) for name, value in event.headers}
                status, body = api.answer(headers.pop(":method"), headers.pop(":path"), headers, None)
                sent = json.dumps(body).encode()
                connection.send_headers(
                    event.stream_id, [(":status", str(status)), ("content-type", "application/json")]
                )
                for start in range(0, len(sent), 10):
                    connection.send_data(event.stream_id, sent[start : start + 10])
                connection.end_stream(event.stream_id)
        peer.sendall(connection.data_to_send())
