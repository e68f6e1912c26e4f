"""$disconnect: all rows of the connection go, those of others stay, and a second time there is nothing to do."""

from __future__ import annotations

import pytest

from aws.clients import client
from aws.connections import rows as connections
from aws.connections import slots as connecting
from aws.connections.slots import forget
from aws.connections.subscriptions import subscribe
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE
from tests.unit.functions.support.events import recorded
from tests.unit.functions.support.sockets import CONNECTION, connect, connected, throttled, topics


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the in-memory table does not lag."""
    monkeypatch.setattr(connections, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


def test_every_row_of_the_connection_goes(events: Application) -> None:
    for topic in ("owner:alice", "public", "item:1"):
        connected(topic)
        connected(topic, "another")
    for _ in range(2):
        assert events.run("websocket-disconnect", recorded("websocket_disconnect")) == {"statusCode": 200}
        assert topics(events) == set()
    assert topics(events, "another") == {"owner:alice", "public", "item:1"}


def test_rows_are_found_page_by_page(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {f"item:{number}" for number in range(7)}
    for topic in expected:
        connected(topic)
    query = client("dynamodb").query
    pages: list[int] = []

    def small_pages(**parameters: object) -> object:
        pages.append(1)
        return query(**parameters, Limit=2)

    monkeypatch.setattr(client("dynamodb"), "query", small_pages)
    assert {row.topic for row in connections.of_connection(CONNECTIONS_TABLE, CONNECTION)} == expected
    assert len(pages) == 4
    assert forget(CONNECTIONS_TABLE, CONNECTION) == 7
    assert topics(events) == set()


def test_the_slot_is_free_again(events: Application) -> None:
    assert connect(events)["statusCode"] == 200
    assert len(events.rows(CONNECTIONS_TABLE)) == 2
    assert events.run("websocket-disconnect", recorded("websocket_disconnect")) == {"statusCode": 200}
    assert events.rows(CONNECTIONS_TABLE) == []


def test_a_slot_that_another_has_by_now_stays_taken(events: Application) -> None:
    """It was free when its holder had expired, however late the holder's end is told."""
    owner = connected("owner:alice", slot=3)
    for holder, left in (("another", 1), (CONNECTION, 0)):
        row = {"topic": "slot:alice", "connectionId": "3:alice", "holder": holder}
        events.dynamodb.put_item(TableName=CONNECTIONS_TABLE, Item={name: {"S": value} for name, value in row.items()})
        connected("owner:alice", slot=owner.slot)
        forget(CONNECTIONS_TABLE, CONNECTION)
        assert len(events.rows(CONNECTIONS_TABLE)) == left


def test_topics_go_that_the_index_does_not_show_yet(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription of a moment ago is named in its owner's row."""
    assert connect(events)["statusCode"] == 200
    (own,) = connections.of_connection(CONNECTIONS_TABLE, CONNECTION)
    for topic in ("public", "item:1"):
        subscribe(CONNECTIONS_TABLE, own, topic, most=9)
    monkeypatch.setattr(connecting, "of_connection", lambda *_: [own])
    assert forget(CONNECTIONS_TABLE, CONNECTION) == 3
    assert events.rows(CONNECTIONS_TABLE) == []


def test_who_leaves_at_once_is_found(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index lags behind the table: a slot that stays taken would keep its subject out for hours."""
    assert connect(events)["statusCode"] == 200
    read, waits = connections.of_connection, iter([True, True, False])
    monkeypatch.setattr(connections, "of_connection", lambda *given: [] if next(waits) else read(*given))
    assert events.run("websocket-disconnect", recorded("websocket_disconnect")) == {"statusCode": 200}
    assert events.rows(CONNECTIONS_TABLE) == []


def test_a_table_that_does_not_answer_is_reported(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise throttled("Query")

    monkeypatch.setattr(client("dynamodb"), "query", fail)
    assert events.run("websocket-disconnect", recorded("websocket_disconnect")) == {"statusCode": 500}
