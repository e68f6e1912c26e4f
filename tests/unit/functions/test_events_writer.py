"""Domain events onto the bus: its limits, its partial failures, and what arrives."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws import bus as events_writer
from aws.bus import EventsRefused, put_events
from aws.clients import Unavailable
from domain.item_events import CREATED, DELETED, KINDS, UPDATED, ItemEvent, detail, from_bus
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.bus import Bus
from tests.unit.functions.support.cloud import EVENT_BUS


def _event(number: int = 1, kind: str = CREATED, **item: Any) -> ItemEvent:
    return ItemEvent(
        kind=kind,
        id=f"event-{number}",
        occurred_at="2026-11-23T10:15:42.123Z",
        correlation_id="journey-1",
        item={"id": f"item-{number}", "owner": "alice", "price": Decimal("49.90"), **item},
    )


@pytest.fixture
def bus(events: Application, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus(monkeypatch)


def test_an_event_arrives_as_it_went(bus: Bus) -> None:
    sent = [_event(1, name="Lampe für draußen"), _event(2, UPDATED), _event(3, DELETED)]
    put_events(EVENT_BUS, sent)
    envelopes = bus.envelopes
    assert [envelope["detail-type"] for envelope in envelopes] == [CREATED, UPDATED, DELETED]
    assert {envelope["source"] for envelope in envelopes} == {"items"}
    assert {envelope["time"] for envelope in envelopes} == {"2026-11-23T10:15:42Z"}
    assert all(envelope["resources"] == [] for envelope in envelopes)
    assert [from_bus(envelope) for envelope in envelopes] == [
        ItemEvent(**{**vars(event), "item": {**event.item, "price": 49.9}}) for event in sent
    ]
    assert envelopes[0]["detail"] == json.loads(json.dumps(detail(sent[0]), default=float))


def test_nothing_to_put_is_no_request(bus: Bus) -> None:
    put_events(EVENT_BUS, [])
    assert bus.requests == []


@pytest.mark.parametrize(("count", "sizes"), [(10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_a_request_has_at_most_ten_entries(bus: Bus, count: int, sizes: list[int]) -> None:
    put_events(EVENT_BUS, [_event(number) for number in range(count)])
    assert [len(entries) for entries in bus.requests] == sizes
    ids = [json.loads(entry["Detail"])["id"] for entries in bus.requests for entry in entries]
    assert ids == [f"event-{number}" for number in range(count)]


def test_a_request_stays_below_256_kib(bus: Bus) -> None:
    """Characters of two bytes: a limit in characters would let twice as much through."""
    put_events(EVENT_BUS, [_event(number, description="ü" * 50_000) for number in range(5)])
    assert [len(entries) for entries in bus.requests] == [2, 2, 1]


def _padded(size: int) -> ItemEvent:
    bare = (
        14 + len("items") + len(CREATED) + len(json.dumps(detail(_event(pad="")), default=float, separators=(",", ":")))
    )
    return _event(pad="x" * (size - bare))


def test_the_largest_event_is_taken_and_a_byte_more_is_refused(bus: Bus) -> None:
    put_events(EVENT_BUS, [_padded(256 * 1024 - 1)])
    with pytest.raises(EventsRefused, match=r"^TooLarge$"):
        put_events(EVENT_BUS, [*(_event(number) for number in range(20)), _padded(256 * 1024)])
    assert len(bus.requests) == 1, "nothing is sent when a part cannot be"


def _answering(answer: Callable[[list[dict[str, Any]]], Any]) -> Any:
    class Events:
        def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:
            return answer(Entries)

    return lambda _: Events()


def _result(*codes: str) -> dict[str, Any]:
    entries = [{"ErrorCode": code, "ErrorMessage": "about alice"} if code else {"EventId": "1"} for code in codes]
    return {"FailedEntryCount": sum(map(bool, codes)), "Entries": entries}


@pytest.mark.parametrize(
    ("codes", "error", "text"),
    [
        (("", "ThrottlingException"), Unavailable, "ThrottlingException"),
        (("InternalFailure", "ThrottlingException"), Unavailable, "InternalFailure ThrottlingException"),
        (("", "MalformedDetail"), EventsRefused, "MalformedDetail"),
        (("ThrottlingException", "NotAuthorizedForSourceException"), EventsRefused, None),
    ],
)
def test_an_entry_that_is_not_taken_is_an_error(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[str, ...], error: type[Exception], text: str | None
) -> None:
    """PutEvents answers 200 when it has taken only some entries, or none."""
    monkeypatch.setattr(events_writer, "client", _answering(lambda _: _result(*codes)))
    with pytest.raises(error) as raised:
        put_events(EVENT_BUS, [_event(1), _event(2)])
    assert str(raised.value) == (text or "NotAuthorizedForSourceException ThrottlingException")
    assert "alice" not in str(raised.value)


def test_a_throttled_request_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(_: list[dict[str, Any]]) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents")

    monkeypatch.setattr(events_writer, "client", _answering(throttle))
    with pytest.raises(Unavailable):
        put_events(EVENT_BUS, [_event()])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_put(bus: Bus, kind: str) -> None:
    put_events(EVENT_BUS, [_event(kind=kind)])
    assert [envelope["detail-type"] for envelope in bus.envelopes] == [kind]
