"""WebSocket connections in memory: who is connected, what has reached them, and what they send."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
from moto.core.exceptions import JsonRESTError

from aws.clients import client
from aws.connections.rows import Connection, record_of
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import (
    ACCOUNT,
    CONNECTIONS_TABLE,
    ENVIRONMENT,
    TOKEN_SECRET,
    WEBSOCKET_ENDPOINT,
)
from tests.unit.functions.support.events import recorded

CONNECTION = "TkR3xdHhDoECEwg="
ITEM = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"


class _Gone(JsonRESTError):
    code = 410


class _Throttled(JsonRESTError):
    code = 429


class _Socket:
    """What moto's backend appends messages to."""

    def __init__(self, received: list[dict[str, Any]]) -> None:
        self.received = received

    @property
    def data(self) -> bytes:
        return b""

    @data.setter
    def data(self, message: bytes) -> None:
        self.received.append(json.loads(message))


class Sockets(dict[str, _Socket]):
    """The connections that are open. moto's own backend knows every connection that it is asked for.

    Attributes
    ----------
    received
        The messages of each connection, also of those that are gone or never were.
    stuck
        Connections that are open, but take nothing.
    """

    def __init__(self, *connections: str) -> None:
        self.received: dict[str, list[dict[str, Any]]] = {}
        self.stuck: set[str] = set()
        self.open = set(connections)
        backend: Any = apigatewaymanagementapi_backends[ACCOUNT][ENVIRONMENT["AWS_REGION"]]
        backend.connections = self

    def __missing__(self, quoted: str) -> _Socket:
        connection_id = unquote(quoted)
        if connection_id in self.stuck:
            raise _Throttled("LimitExceededException", "too fast")
        if connection_id not in self.open:
            raise _Gone("GoneException", "gone")
        return _Socket(self.received.setdefault(connection_id, []))


def connected(topic: str, connection_id: str = CONNECTION, **changes: Any) -> Connection:
    """Store a row, of alice's connection since a minute unless changed, and return it."""
    row: dict[str, Any] = {
        "topic": topic,
        "connection_id": connection_id,
        "owner": "alice",
        "scope": "items:read items:write",
        "connected_at": "2026-11-23T10:15:42.118Z",
        "expires_at": int(time.time()) + 600,
    }
    connection = Connection(**row | changes)
    client("dynamodb").put_item(TableName=CONNECTIONS_TABLE, Item=record_of(connection))
    return connection


def signing_key_id() -> str:
    """Return the version id of the signing key, the `kid` of a good token."""
    return str(client("secretsmanager").get_secret_value(SecretId=TOKEN_SECRET)["VersionId"])


def handshake(
    *credentials: str, query: tuple[str, ...] = (), connection_id: str = CONNECTION, header: str = "Authorization"
) -> dict[str, Any]:
    """Return a `$connect` event with these `Authorization` headers and these `token` query parameters."""
    event = recorded("websocket_connect")
    event["requestContext"]["connectionId"] = connection_id
    for group in ("headers", "multiValueHeaders"):
        event[group].pop("Authorization")
    if credentials:
        event["headers"][header] = credentials[-1]
        event["multiValueHeaders"][header] = list(credentials)
    if query:
        event["queryStringParameters"] = {"token": query[-1]}
        event["multiValueQueryStringParameters"] = {"token": list(query)}
    return event


def connect(application: Application, connection_id: str = CONNECTION, **claims: Any) -> dict[str, Any]:
    """Connect with a good token that has these claims, and return the answer."""
    token = tokens.shared(signing_key_id(), **claims)
    event = handshake(f"Bearer {token}", connection_id=connection_id)
    answer: dict[str, Any] = application.run("websocket-connect", event)
    return answer


def say(application: Application, content: object, connection_id: str = CONNECTION) -> dict[str, Any]:
    """Send a message (text, or what becomes JSON), and return what the client is answered."""
    event = recorded("websocket_message")
    event["requestContext"]["connectionId"] = connection_id
    event["body"] = content if isinstance(content, str) else json.dumps(content)
    answer = application.run("websocket-message", event)
    assert answer["statusCode"] == 200
    found: dict[str, Any] = json.loads(answer["body"])
    if found["type"] == "error":
        assert set(found) == {"type", "code", "detail", "requestId"}
        assert found["requestId"] == event["requestContext"]["requestId"]
    return found


def topics(application: Application, connection_id: str = CONNECTION) -> set[str]:
    """Return the topics that a connection has rows for. What holds a slot is no topic of it."""
    rows = application.rows(CONNECTIONS_TABLE)
    return {row["topic"]["S"] for row in rows if row["connectionId"]["S"] == connection_id}


def throttled(operation: str) -> ClientError:
    """Return what boto3 raises for a throttled call."""
    return ClientError({"Error": {"Code": "ThrottlingException"}}, operation)


def cancelled(*codes: str) -> ClientError:
    """Return what boto3 raises for a transaction that did not happen, with a reason for each of its writes."""
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    raised: ClientError = client("dynamodb").exceptions.TransactionCanceledException(answer, "TransactWriteItems")
    return raised


def fail_pushes(monkeypatch: Any, error: Exception) -> None:
    """Make every push raise."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client("apigatewaymanagementapi", WEBSOCKET_ENDPOINT), "post_to_connection", fail)
