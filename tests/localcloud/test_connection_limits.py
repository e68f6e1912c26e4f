"""The limits on connections and topics, with concurrent calls to DynamoDB: rows, conditions and transactions."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aws.connections.rows import Connection, of_connection
from aws.connections.slots import NoSlotFree, begin, forget
from aws.connections.subscriptions import TooManyTopics, subscribe
from tests.localcloud.aws import Aws
from tools.access.listing import everything

TABLE = "limits-connections"


@pytest.fixture
def table(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The connections table on the local cloud."""
    dynamodb = aws("dynamodb")
    names = [{"AttributeName": name, "AttributeType": "S"} for name in ("topic", "connectionId")]
    keys = [("topic", "HASH"), ("connectionId", "RANGE")]
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
    turned = [
        {"AttributeName": name, "KeyType": kind} for (name, _), (_, kind) in zip(reversed(keys), keys, strict=True)
    ]
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema,
        AttributeDefinitions=names,
        GlobalSecondaryIndexes=[
            {"IndexName": "by-connection", "KeySchema": turned, "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    for module in ("aws.connections.slots", "aws.connections.rows", "aws.transactions"):
        monkeypatch.setattr(f"{module}.client", lambda _: dynamodb)
    yield dynamodb
    dynamodb.delete_table(TableName=TABLE)


def _row(number: int, owner: str = "crowd") -> Connection:
    return Connection(
        topic=f"owner:{owner}",
        connection_id=f"c{number}",
        owner=owner,
        scope="items:read",
        connected_at="2026-11-27T00:00:00.000Z",
        expires_at=int(time.time()) + 600,
    )


def _tried(call: Any, *refusals: type[Exception]) -> str:
    try:
        call()
    except refusals as refused:
        return type(refused).__name__
    return "done"


@pytest.mark.usefixtures("table")
def test_concurrent_handshakes_respect_the_connection_limit() -> None:
    def handshake(number: int) -> str:
        return _tried(lambda: begin(TABLE, _row(number), most=5, now=time.time()), NoSlotFree)

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(handshake, range(20))) == Counter({"done": 5, "NoSlotFree": 15})
        list(pool.map(lambda number: forget(TABLE, f"c{number}"), range(20)))
        assert Counter(pool.map(handshake, range(20))) == Counter({"done": 5, "NoSlotFree": 15})


def test_concurrent_messages_respect_the_topic_limit(table: Any) -> None:
    begin(TABLE, _row(1), most=5, now=time.time())
    (own,) = of_connection(TABLE, "c1")

    def follow(number: int) -> str:
        return _tried(lambda: subscribe(TABLE, own, f"item:{number}", most=10), TooManyTopics)

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(follow, range(30))) == Counter({"done": 10, "TooManyTopics": 20})
    rows = [row["topic"]["S"] for row in everything(table, "scan", TableName=TABLE)]
    assert sum(topic.startswith("item:") for topic in rows) == 10
    assert forget(TABLE, "c1") == 11
    assert everything(table, "scan", TableName=TABLE) == []
