"""The stream's changes become events on the bus: each once, whatever is delivered how often and in which order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws.bus import EventsRefused
from aws.clients import Unavailable
from domain.item_events import CREATED, DELETED, UPDATED
from processors import data_transformer
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.bus import Bus
from tests.unit.functions.support.events import INPUT, recorded
from tests.unit.functions.support.stream import Record, Stream, deliver

FUNCTION = "data-transformer"


@pytest.fixture
def bus(events: Application, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus(monkeypatch)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line.get("message") == "event"]


def _metrics(text: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, text.splitlines()) if "_aws" in line]


def _run(events: Application, records: list[Record]) -> list[str]:
    answer = events.run(FUNCTION, {"Records": records})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_each_change_is_told_with_what_has_changed(events: Application, bus: Bus) -> None:
    stream = Stream()
    journey = {"X-Correlation-Id": "journey-1"}
    created = events.call("create_item", body={**INPUT, "visibility": "public"}, headers=journey).body
    path = {"item_id": created["id"], "headers": {"X-Correlation-Id": "journey-2"}}
    updated = events.call("update_item", body={**INPUT, "price": 12.5}, **path).body
    events.call("delete_item", item_id=created["id"], headers={"X-Correlation-Id": "journey-3"})
    assert _run(events, stream.records()) == []
    first, second, third = bus.events()
    assert (first.kind, first.item, first.changes, first.was_public) == (CREATED, created, (), False)
    assert (first.occurred_at, first.correlation_id) == (created["createdAt"], "journey-1")
    assert (second.kind, second.item, second.was_public) == (UPDATED, updated, True)
    assert second.changes == ("price", "updatedAt", "version", "visibility")
    assert (second.occurred_at, second.correlation_id) == (updated["updatedAt"], "journey-2")
    assert (third.kind, third.item, third.changes, third.was_public) == (DELETED, updated, (), False)
    assert third.correlation_id == "journey-3"


def test_a_recorded_batch_is_told_by_its_event_ids(events: Application, bus: Bus) -> None:
    records = recorded("dynamodb_stream")["Records"]
    assert _run(events, records) == []
    assert [event.id for event in bus.events()] == [record["eventID"] for record in records]
    assert bus.events()[2].occurred_at == "2026-11-23T11:15:42.000Z"


def test_a_change_that_nobody_can_see_is_skipped(
    events: Application, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    record = recorded("dynamodb_stream")["Records"][1]
    record["dynamodb"]["OldImage"] = {**record["dynamodb"]["NewImage"], "correlationId": {"S": "other"}}
    assert _run(events, [record]) == []
    assert bus.envelopes == []
    (line,) = _lines(capsys)
    assert (line["outcome"], line["reason"], line["kind"]) == ("skipped", "nothing-visible", UPDATED)
    assert events.idempotency_rows() == [], "nothing is remembered of it either"


def test_what_has_expired_begins_an_undertaking_of_its_own(
    events: Application, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    record = recorded("dynamodb_stream")["Records"][2]
    record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert _run(events, [record]) == []
    assert [(event.kind, event.correlation_id) for event in bus.events()] == [(DELETED, record["eventID"])]
    assert _lines(capsys)[0]["expired"] is True


def test_a_row_without_a_correlation_id_is_told_too(events: Application, bus: Bus) -> None:
    record = recorded("dynamodb_stream")["Records"][0]
    del record["dynamodb"]["NewImage"]["correlationId"]
    assert _run(events, [record]) == []
    assert [event.correlation_id for event in bus.events()] == [record["eventID"]]


def test_each_record_is_one_line_and_one_metric(
    events: Application, bus: Bus, capfd: pytest.CaptureFixture[str]
) -> None:
    _run(events, recorded("dynamodb_stream")["Records"])
    text = capfd.readouterr().out
    lines = [line for line in map(json.loads, text.splitlines()) if line.get("message") == "event"]
    assert [(line["kind"], line["outcome"], line["version"]) for line in lines] == [
        (CREATED, "done", 1),
        (UPDATED, "done", 2),
        (DELETED, "done", 2),
    ]
    assert {line["item_id"] for line in lines} == {"019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"}
    assert lines[0]["correlation_id"] == "journey.2026-11-23.1"
    assert [line["Events"] for line in _metrics(text)] == [[1.0]] * 3
    for private in ("Desk lamp", "Brass", "alice"):
        assert private not in text


def _malformed(change: str) -> Record:
    record: Record = recorded("dynamodb_stream")["Records"][1]
    image = record["dynamodb"]["NewImage"]
    match change:
        case "no owner":
            del image["owner"]
        case "price of words":
            image["price"] = {"N": "cheap and cheerful"}
        case "a set":
            image["tags"] = {"SS": ["a"]}
        case "no old image":
            del record["dynamodb"]["OldImage"]
        case "no time":
            image["updatedAt"] = {"S": "yesterday"}
        case "an unknown kind":
            record["eventName"] = "TRUNCATE"
    return record


@pytest.mark.parametrize(
    "change", ["no owner", "price of words", "a set", "no old image", "no time", "an unknown kind"]
)
def test_a_record_that_cannot_be_read_fails_alone(
    events: Application, bus: Bus, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """Lambda's bisecting and bounded retries bring it to the on-failure destination; its neighbours are told."""
    before, _, after = recorded("dynamodb_stream")["Records"]
    poisoned = _malformed(change)
    assert deliver(events, FUNCTION, [before, poisoned, after]) == [poisoned]
    assert [event.kind for event in bus.events()] == [CREATED, DELETED]
    line = next(line for line in _lines(capsys) if line["outcome"] == "refused")
    assert line["reason"] == "malformed"
    assert line["error"] == "MalformedRecord"
    assert line["correlation_id"] == line["event_id"] == poisoned["eventID"]
    assert line["sequence_number"] == poisoned["dynamodb"]["SequenceNumber"]
    assert line["item_id"] == poisoned["dynamodb"]["Keys"]["id"]["S"]
    assert "cheerful" not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EventsRefused("TooLarge"), ("refused", "refused-by-the-bus")),
        (Unavailable("ThrottlingException"), ("failed", None)),
        (ZeroDivisionError(), ("failed", None)),
    ],
)
def test_a_failure_says_whether_trying_again_helps(
    events: Application,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    verdict: tuple[str, str | None],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(data_transformer, "put_events", fail)
    record = recorded("dynamodb_stream")["Records"][0]
    assert _run(events, [record]) == [record["dynamodb"]["SequenceNumber"]]
    (line,) = _lines(capsys)
    assert (line["outcome"], line.get("reason")) == verdict
    assert line["error"] == type(error).__name__
    assert line["correlation_id"] == "journey.2026-11-23.1"
    assert events.idempotency_rows() == [], "the next delivery is free to tell it"


@pytest.mark.parametrize("place", [0, 1, 50, 98, 99])
def test_of_a_hundred_records_a_poisoned_one_is_given_up_alone(events: Application, bus: Bus, place: int) -> None:
    template = recorded("dynamodb_stream")["Records"][0]
    records = [
        template
        | {"eventID": f"event-{number}", "dynamodb": template["dynamodb"] | {"SequenceNumber": str(1000 + number)}}
        for number in range(100)
    ]
    records[place] |= {"eventName": "TRUNCATE"}
    assert deliver(events, FUNCTION, records) == [records[place]]
    told = [event.id for event in bus.events()]
    assert told == [f"event-{number}" for number in range(100) if number != place], "each once, and in order"


def test_every_follower_is_called_in_order_until_one_fails(
    events: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def second(change: Any) -> None:
        called.append("second")
        if called.count("second") == 1:
            raise Unavailable("database")

    followers = (lambda change: called.append("first"), second, lambda change: called.append("third"))
    monkeypatch.setattr(data_transformer, "consumers", lambda *_: followers)
    record = recorded("dynamodb_stream")["Records"][0]
    assert deliver(events, FUNCTION, [record]) == []
    assert called == ["first", "second", "first", "second", "third"]
