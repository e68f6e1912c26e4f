"""$disconnect: all rows of the connection go, those of others stay, and a second time there is nothing to do."""

from __future__ import annotations

import pytest

from storage import connections
from storage.clients import client
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE
from tests.unit.functions.support.events import recorded
from tests.unit.functions.support.sockets import CONNECTION, connected, throttled, topics


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
    assert connections.forget(CONNECTIONS_TABLE, CONNECTION) == 7
    assert topics(events) == set()


def test_a_table_that_does_not_answer_is_reported(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise throttled("Query")

    monkeypatch.setattr(client("dynamodb"), "query", fail)
    assert events.run("websocket-disconnect", recorded("websocket_disconnect")) == {"statusCode": 500}
