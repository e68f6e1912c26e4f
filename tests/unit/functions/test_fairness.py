"""Who is told of an event when there are more connections than pushes: everybody's first before anybody's second."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from aws.connections.rows import Connection
from domain.item_events import ItemEvent
from processors import fan_out
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, WEBSOCKET_ENDPOINT
from tests.unit.functions.support.sockets import ITEM, Sockets, connected

EVENT = ItemEvent(
    kind="ItemCreated",
    id="event-1",
    occurred_at="2999-01-01T00:00:00.000Z",
    correlation_id="c",
    item={"id": ITEM, "owner": "alice", "visibility": "public"},
    changes=(),
)


@pytest.fixture
def sockets(events: Application) -> Sockets:
    """A crowd of one subject's, who are read first, and others with one connection each."""
    names = [*(f"a{number}" for number in range(9)), *(f"z{number}" for number in range(4)), "owner-1", "owner-2"]
    for name in names:
        owner = {"a": "crowd", "z": name, "o": "alice"}[name[0]]
        connected("owner:alice" if owner == "alice" else "public", name, owner=owner)
    return Sockets(*names)


def _told(**changes: Any) -> fan_out.Pushes:
    return fan_out.fan_out(EVENT, table=CONNECTIONS_TABLE, endpoint=WEBSOCKET_ENDPOINT, now=time.time(), **changes)


def test_a_crowd_of_one_subject_takes_nobodys_place(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "MOST_PUSHES", 8)
    told = _told()
    assert (told.delivered, told.cut) == (8, True)
    assert Counter(name[0] for name in sockets.received) == {"o": 2, "z": 4, "a": 2}


def test_where_there_is_room_everybody_is_told(sockets: Sockets) -> None:
    told = _told()
    assert (told.delivered, told.cut) == (15, False)
    assert all(json.loads(json.dumps(messages))[0]["id"] == "event-1" for messages in sockets.received.values())


def test_reading_is_bounded(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "MOST_ROWS", 5)
    told = _told()
    assert (told.delivered, told.cut) == (5, True)
    assert {"owner-1", "owner-2"} < set(sockets.received), "the owner's are read first"


def test_rounds() -> None:
    row = Connection(topic="public", connection_id="", owner="", scope="items:read", connected_at="", expires_at=1)
    given = [replace(row, connection_id=f"{owner}{number}", owner=owner) for owner in "abc" for number in range(3)]
    order = [row.connection_id for row in fan_out.fairly(given, "c")]
    assert order == ["c0", "c1", "c2", "a0", "b0", "a1", "b1", "a2", "b2"]
