"""The same stream batch twice, out of order, and with failures in the middle: the same on the bus as once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from aws.bus import put_events
from aws.clients import Unavailable
from aws.items.stream import change_of
from domain.item_changes import event_of
from domain.item_events import DELETED, ItemEvent
from processors import data_transformer
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.bus import Bus
from tests.unit.functions.support.events import ALICE, BOB, INPUT, recorded
from tests.unit.functions.support.stream import Record, Stream, deliver

FUNCTION = "data-transformer"


@pytest.fixture
def bus(events: Application, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus(monkeypatch)


def _written(events: Application) -> tuple[list[Record], dict[str, Any]]:
    """Return the records of a few items' lives, and the items that are left, as the API shows them."""
    stream = Stream()
    lamp, chair, shelf = (events.create(ALICE, name=name, visibility="public") for name in ("Lamp", "Chair", "Shelf"))
    for price in (1, 2, 3):
        events.call("update_item", item_id=lamp["id"], body={**INPUT, "price": price})
    events.call("update_item", item_id=chair["id"], body={**INPUT, "visibility": "private"})
    events.call("delete_item", item_id=chair["id"])
    events.create(BOB, name="Rug")
    events.call("update_item", item_id=shelf["id"], body={**INPUT, "name": "Shelf, oak"})
    rows = [row["id"]["S"] for row in events.rows()]
    shown = {}
    for item_id in rows:
        for caller in (ALICE, BOB):
            answer = events.call("get_item", item_id=item_id, caller=caller)
            if answer.status == 200:
                shown[item_id] = answer.body
    return stream.records(), shown


def _state(received: list[ItemEvent]) -> dict[str, Any]:
    """Return the items that a consumer knows which keeps the highest version of each, deleted last."""
    newest: dict[str, tuple[int, bool]] = {}
    items: dict[str, Any] = {}
    for event in received:
        item_id, rank = event.item["id"], (int(event.item["version"]), event.kind == DELETED)
        if rank > newest.get(item_id, (0, False)):
            newest[item_id] = rank
            items[item_id] = event.item
    return {item_id: item for item_id, item in items.items() if not newest[item_id][1]}


def _told(records: list[Record]) -> list[str]:
    """Return the ids of the records that somebody can see something of."""
    changes = [change_of(record) for record in records]
    return [change.id for change in changes if event_of(change)]


def _once(bus: Bus, records: list[Record], shown: dict[str, Any]) -> None:
    received = bus.events()
    assert sorted(event.id for event in received) == sorted(_told(records))
    assert _state(received) == shown


def _run(events: Application, records: list[Record]) -> list[str]:
    answer = events.run(FUNCTION, {"Records": records})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class _Breakdowns:
    """A bus that is down at some of the events that are put on it, counted from 1."""

    def __init__(self, *at: int) -> None:
        self.at = set(at)
        self.seen = 0

    def put_events(self, bus: str, events: list[ItemEvent]) -> None:
        self.seen += 1
        if self.seen in self.at:
            raise Unavailable("ThrottlingException")
        put_events(bus, events)


def test_a_batch_that_is_delivered_once_is_in_order(events: Application, bus: Bus) -> None:
    records, shown = _written(events)
    assert len(_told(records)) == len(records) - 1 == 10, "a deletion's mark is in the stream and tells nothing"
    assert deliver(events, FUNCTION, records) == []
    assert [event.id for event in bus.events()] == _told(records)
    _once(bus, records, shown)


def test_a_batch_that_is_delivered_twice_is_the_same_as_once(events: Application, bus: Bus) -> None:
    records, shown = _written(events)
    for _ in range(2):
        assert deliver(events, FUNCTION, records) == []
    assert [event.id for event in bus.events()] == _told(records)
    _once(bus, records, shown)


def test_a_failure_in_the_middle_is_the_same_as_none(
    events: Application, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, shown = _written(events)
    monkeypatch.setattr(data_transformer, "put_events", _Breakdowns(5).put_events)
    assert _run(events, records) == [records[4]["dynamodb"]["SequenceNumber"]]
    assert [event.id for event in bus.events()] == _told(records)[:4], "nothing overtakes what has failed"
    assert deliver(events, FUNCTION, records) == []
    assert [event.id for event in bus.events()] == _told(records)
    _once(bus, records, shown)


@pytest.mark.parametrize("seed", range(12))
def test_twice_out_of_order_and_with_failures_is_the_same_as_once(
    events: Application, bus: Bus, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    records, shown = _written(events)
    chance = random.Random(seed)
    failures = chance.sample(range(1, 20), 4)
    monkeypatch.setattr(data_transformer, "put_events", _Breakdowns(*failures).put_events)
    for _ in range(2):
        shuffled = chance.sample(records, len(records))
        assert deliver(events, FUNCTION, shuffled, retries=4) == []
    _once(bus, records, shown)


def test_two_identical_records_in_one_batch_are_told_once(events: Application, bus: Bus) -> None:
    record = recorded("dynamodb_stream")["Records"][0]
    assert _run(events, [record, record]) == []
    assert len(bus.envelopes) == 1


def test_two_deliveries_at_the_same_time_tell_once(
    events: Application, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one delivery is putting the event, the other neither puts it too nor says that it is done."""
    # Else the other one waits until the claim has ended.
    monkeypatch.setattr(data_transformer, "CLAIM_SECONDS", 60)
    record = recorded("dynamodb_stream")["Records"][0]
    meanwhile: list[list[str]] = []

    def put(name: str, told: list[ItemEvent]) -> None:
        monkeypatch.setattr(data_transformer, "put_events", put_events)
        meanwhile.append(_run(events, [record]))
        put_events(name, told)

    monkeypatch.setattr(data_transformer, "put_events", put)
    assert _run(events, [record]) == []
    assert meanwhile == [[record["dynamodb"]["SequenceNumber"]]]
    assert _run(events, [record]) == []
    assert len(bus.envelopes) == 1
