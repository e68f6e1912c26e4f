"""The connections table: which WebSocket connection is to be told about which topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aws.attributes import from_attribute, to_attribute
from aws.clients import client, translating
from domain.callers import Caller

BY_CONNECTION = "by-connection"
_COLUMNS = ("topic", "connectionId", "owner", "scope", "connectedAt", "expiresAt", "slot")
# The index lags behind the table, and a client may speak, or leave, as soon as it is connected.
PAUSES_SECONDS = (0.0, 0.1, 0.3)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A connection's interest in a topic: one row.

    Parameters
    ----------
    topic
        Name of the topic (`domain.topics`).
    connection_id
        API Gateway's id of the connection.
    owner
        Subject of the token that it was opened with.
    scope
        The token's scopes, separated by spaces.
    connected_at
        RFC 3339.
    expires_at
        Seconds since the Unix epoch at which nothing is pushed any longer; the table's TTL, by which rows go whose
        connection ended unnoticed.
    slot
        Which of its subject's slots it holds, in the row of its owner's topic; nothing in other rows.
    """

    topic: str
    connection_id: str
    owner: str
    scope: str
    connected_at: str
    expires_at: int
    slot: int | None = None

    @property
    def caller(self) -> Caller:
        """Who has connected."""
        return Caller(self.owner, frozenset(self.scope.split()))

    def lives_at(self, now: float) -> bool:
        """Say whether it has not expired. Rows outlive their TTL by up to days (DynamoDB, "Time to Live")."""
        return now < self.expires_at


def key_of(connection: Connection) -> dict[str, Any]:
    """Return the key of a row, as DynamoDB has it."""
    return {"topic": to_attribute(connection.topic), "connectionId": to_attribute(connection.connection_id)}


def record_of(connection: Connection) -> dict[str, Any]:
    """Return a row as DynamoDB has it."""
    row: dict[str, object] = {
        "topic": connection.topic,
        "connectionId": connection.connection_id,
        "owner": connection.owner,
        "scope": connection.scope,
        "connectedAt": connection.connected_at,
        "expiresAt": connection.expires_at,
    }
    if connection.slot is not None:
        row["slot"] = connection.slot
    return {name: to_attribute(value) for name, value in row.items()}


def of_topic(table: str, topic: str) -> Iterator[Connection]:
    """Yield the rows of a topic, as new as the last answered write, page by page as they are asked for."""
    return _query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="#topic = :topic",
        ExpressionAttributeNames={"#topic": "topic"},
        ExpressionAttributeValues={":topic": to_attribute(topic)},
    )


def of_connection(table: str, connection_id: str) -> list[Connection]:
    """Return the rows of a connection. They are read through an index, which lags behind the table for a moment."""
    return list(
        _query(
            TableName=table,
            IndexName=BY_CONNECTION,
            KeyConditionExpression="#connection = :connection",
            ExpressionAttributeNames={"#connection": "connectionId"},
            ExpressionAttributeValues={":connection": to_attribute(connection_id)},
        )
    )


def soon(table: str, connection_id: str, *, sleep: Callable[[float], None] = time.sleep) -> list[Connection]:
    """Return the rows of a connection, waiting up to 0.4 seconds for the index to have one."""
    for pause in PAUSES_SECONDS:
        sleep(pause)
        rows = of_connection(table, connection_id)
        if rows:
            return rows
    return []


def _query(**query: Any) -> Iterator[Connection]:
    start: dict[str, Any] = {}
    while True:
        with translating():
            answer = client("dynamodb").query(**query, **start)
        for record in answer["Items"]:
            yield _from_record(record)
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _from_record(record: dict[str, Any]) -> Connection:
    row = {name: from_attribute(record[name]) for name in _COLUMNS if name in record}
    return Connection(
        topic=row["topic"],
        connection_id=row["connectionId"],
        owner=row["owner"],
        scope=row["scope"],
        connected_at=row["connectedAt"],
        expires_at=int(row["expiresAt"]),
        slot=int(row["slot"]) if "slot" in row else None,
    )
