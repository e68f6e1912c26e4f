"""The notification queue: each message is told once, to whom it concerns, and a bad one holds up no other."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.clients import client
from aws.topic import publish
from domain.item_events import CREATED, DELETED, IMAGE_REFUSED, UPDATED, ItemEvent, detail
from domain.times import rfc3339
from processors import notification_sender
from processors.fan_out import RECENT_SECONDS
from runtime import settings as environment
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, IDEMPOTENCY_TABLE
from tests.unit.functions.support.events import Context, recorded
from tests.unit.functions.support.sockets import ITEM, Sockets, connected, fail_pushes, throttled

Published = list[dict[str, Any]]


@pytest.fixture
def sockets(events: Application) -> Sockets:
    """Nobody is connected yet."""
    assert events
    return Sockets()


@pytest.fixture
def published(events: Application, monkeypatch: pytest.MonkeyPatch) -> Published:
    """What has been published."""
    assert events
    sns, found = client("sns"), Published()
    publish = sns.publish

    def spy(**message: Any) -> object:
        answer = publish(**message)
        found.append(message)
        return answer

    monkeypatch.setattr(sns, "publish", spy)
    return found


def _ago(seconds: float) -> str:
    return rfc3339(time.time_ns() - int(seconds * 1_000_000_000))


def _event(**changes: Any) -> ItemEvent:
    item = {"id": ITEM, "owner": "alice", "name": "Desk lamp", "price": 49.9, "visibility": "private"}
    given: dict[str, Any] = {
        "kind": UPDATED,
        "id": "event-1",
        "occurred_at": _ago(0),
        "correlation_id": "journey-1",
        "item": item | changes.pop("item", {}),
        "changes": ("price",),
    }
    return ItemEvent(**given | changes)


def _body(event: ItemEvent) -> str:
    return json.dumps({"source": "items", "detail-type": event.kind, "detail": detail(event)})


def _batch(*bodies: str | ItemEvent) -> dict[str, Any]:
    """Return an SQS event with these bodies; the n-th has the message id "n"."""
    template = recorded("sqs_notifications")["Records"][0]
    texts = [body if isinstance(body, str) else _body(body) for body in bodies]
    return {"Records": [template | {"messageId": str(number), "body": text} for number, text in enumerate(texts)]}


def _failed(application: Application, given: dict[str, Any], context: Context | None = None) -> list[str]:
    """Deliver a batch, and return the ids of the messages that failed."""
    answer = application.run("notification-sender", given, context or Context())
    assert set(answer) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line.get("message") == "event"]


def test_recorded_messages_reach_owner_and_topic(events: Application, sockets: Sockets, published: Published) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    assert _failed(events, recorded("sqs_notifications")) == []
    kinds = [CREATED, UPDATED, DELETED, IMAGE_REFUSED]
    assert [message["type"] for message in sockets.received["a"]] == kinds
    assert [message["MessageAttributes"]["kind"]["StringValue"] for message in published] == kinds
    assert published[0]["Subject"] == f"ItemCreated {ITEM}"
    assert json.loads(published[1]["Message"])["item"] == sockets.received["a"][1]["item"]
    assert published[1]["MessageAttributes"]["correlationId"]["StringValue"] == "journey.2026-11-23.1"


def test_what_the_owner_is_told(events: Application, sockets: Sockets, published: Published) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    event, refused = _event(), _event(id="event-2", kind=IMAGE_REFUSED, reason="too-many-pixels", changes=())
    assert _failed(events, _batch(event, refused)) == []
    common = {"correlationId": "journey-1", "item": dict(event.item)}
    assert sockets.received["a"] == [
        {"type": "ItemUpdated", "id": "event-1", "changes": ["price"], "time": event.occurred_at, **common},
        {
            "type": "ImageRefused",
            "id": "event-2",
            "changes": [],
            "reason": "too-many-pixels",
            "time": refused.occurred_at,
            **common,
        },
    ]


FULL, BARE, NOTHING = "full", "bare", "nothing"


@pytest.mark.parametrize("topic", [f"item:{ITEM}", "public"])
@pytest.mark.parametrize(
    ("happened", "sees"),
    [
        ((CREATED, "private", False), NOTHING),
        ((CREATED, "public", False), FULL),
        ((UPDATED, "private", False), NOTHING),
        ((UPDATED, "private", True), BARE),
        ((UPDATED, "public", False), FULL),
        ((UPDATED, "public", True), FULL),
        ((DELETED, "private", False), NOTHING),
        ((DELETED, "public", True), BARE),
        ((IMAGE_REFUSED, "private", False), NOTHING),
        ((IMAGE_REFUSED, "public", True), NOTHING),
    ],
)
def test_rights_are_checked_again_when_it_is_pushed(
    events: Application, sockets: Sockets, topic: str, happened: tuple[str, str, bool], sees: str
) -> None:
    """A subscription says what somebody wants to know, and not what they may know by now."""
    kind, visibility, was_public = happened
    sockets.open |= {"bob", "admin"}
    connected(topic, "bob", owner="bob")
    connected(topic, "admin", owner="root", scope="items:admin")
    event = _event(kind=kind, item={"visibility": visibility}, was_public=was_public)
    assert _failed(events, _batch(event)) == []
    seen = [message["item"] for message in sockets.received.get("bob", [])]
    assert seen == {FULL: [dict(event.item)], BARE: [{"id": ITEM}], NOTHING: []}[sees]
    if sees == BARE:
        assert sockets.received["bob"][0]["changes"] == []
    # Who follows all public items asks for no private ones, whoever they are.
    if topic != "public" or visibility == "public" or was_public:
        assert [message["item"] for message in sockets.received["admin"]] == [dict(event.item)]


@pytest.mark.parametrize(("seconds", "whole"), [(RECENT_SECONDS - 60, True), (RECENT_SECONDS + 60, False)])
def test_what_is_old_is_shown_to_who_may_still_see_it(
    events: Application, sockets: Sockets, seconds: float, whole: bool
) -> None:
    """A message that is redriven or replayed tells of what was public then, and may be private now."""
    everybody = {"alice": "items:read", "bob": "items:read", "root": "items:admin"}
    sockets.open |= set(everybody)
    for name, scope in everybody.items():
        connected("public", name, owner=name, scope=scope)
    event = _event(occurred_at=_ago(seconds), item={"visibility": "public"}, was_public=True)
    assert _failed(events, _batch(event)) == []
    seen = {name: messages[0]["item"] for name, messages in sockets.received.items()}
    item = dict(event.item)
    assert seen == {"alice": item, "bob": item if whole else {"id": ITEM}, "root": item}


def test_nobody_else_is_told(events: Application, sockets: Sockets) -> None:
    sockets.open |= {"b", "c", "d"}
    connected("owner:bob", "b", owner="bob")
    connected("item:another", "c")
    connected("owner:alice", "d", expires_at=int(time.time()) - 1)
    assert _failed(events, _batch(_event(item={"visibility": "public"}))) == []
    assert sockets.received == {}


def test_a_connection_is_told_once(events: Application, sockets: Sockets) -> None:
    sockets.open |= {"a"}
    for topic in ("owner:alice", f"item:{ITEM}", "public"):
        connected(topic, "a")
    assert _failed(events, _batch(_event(item={"visibility": "public"}))) == []
    assert len(sockets.received["a"]) == 1


def test_a_message_that_comes_again_is_told_once(
    events: Application, sockets: Sockets, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    for _ in range(2):
        assert _failed(events, _batch(_event(), _event())) == []
    assert (len(sockets.received["a"]), len(published)) == (1, 1)
    assert [(line["outcome"], line.get("reason")) for line in _lines(capsys)] == [
        ("done", None),
        *[("skipped", "duplicate")] * 3,
    ]


def test_a_gone_connection_is_forgotten_and_the_others_are_told(
    events: Application, sockets: Sockets, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets.open |= {"a", "z"}
    for connection_id in ("a", "gone", "z"):
        connected("owner:alice", connection_id)
    connected(f"item:{ITEM}", "gone")
    connected("public", "gone")
    assert _failed(events, _batch(_event())) == []
    assert set(sockets.received) == {"a", "z"}
    assert {row["connectionId"]["S"] for row in events.rows(CONNECTIONS_TABLE)} == {"a", "z"}
    (line,) = _lines(capsys)
    assert (line["outcome"], line["delivered"], line["gone"], line["undelivered"]) == ("done", 2, 1, 0)


def test_a_connection_whose_handshake_is_not_over_is_kept(events: Application, sockets: Sockets) -> None:
    """Its row is written before API Gateway knows it; without the row it would never be told anything."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    connected("owner:alice", "new", connected_at=moment)
    assert _failed(events, _batch(_event())) == []
    assert len(events.rows(CONNECTIONS_TABLE)) == 1


def test_a_connection_that_takes_nothing_holds_up_no_other(
    events: Application, sockets: Sockets, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets.open |= {"a", "z"}
    sockets.stuck |= {"slow"}
    for connection_id in ("a", "slow", "z"):
        connected("owner:alice", connection_id)
    for _ in range(2):
        assert _failed(events, _batch(_event())) == []
    assert {name: len(messages) for name, messages in sockets.received.items()} == {"a": 1, "z": 1}
    assert len(events.rows(CONNECTIONS_TABLE)) == 3
    first, second = _lines(capsys)
    assert (first["outcome"], first["reason"], first["delivered"], first["undelivered"]) == ("done", "incomplete", 2, 1)
    assert (first["level"], first["error"]) == ("ERROR", "Unavailable")
    assert second["outcome"] == "skipped"


def test_where_nothing_was_pushed_the_message_comes_again(
    events: Application, sockets: Sockets, published: Published
) -> None:
    sockets.stuck |= {"a"}
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    assert _failed(events, _batch(_event())) == ["0"]
    sockets.stuck.clear()
    for _ in range(2):
        assert _failed(events, _batch(_event())) == []
    assert (len(sockets.received["a"]), len(published)) == (1, 1), "what was published is not published again"


def test_a_topic_that_fails_makes_the_message_come_again(
    events: Application, sockets: Sockets, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")

    def fail(**_: object) -> None:
        raise throttled("Publish")

    with monkeypatch.context() as patch:
        patch.setattr(client("sns"), "publish", fail)
        assert _failed(events, _batch(_event())) == ["0"]
    assert sockets.received == {}
    assert _failed(events, _batch(_event())) == []
    assert (len(sockets.received["a"]), len(published)) == (1, 1)


def test_a_table_that_fails_makes_the_message_come_again(
    events: Application, sockets: Sockets, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")

    def fail(**_: object) -> None:
        raise throttled("Query")

    with monkeypatch.context() as patch:
        patch.setattr(client("dynamodb"), "query", fail)
        assert _failed(events, _batch(_event())) == ["0"]
    assert _failed(events, _batch(_event())) == []
    assert (len(sockets.received["a"]), len(published)) == (1, 1)


def test_a_hundred_messages_of_which_seven_are_poisoned(
    events: Application, sockets: Sockets, published: Published
) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    poisoned = {7, 21, 22, 50, 77, 78, 99}
    bodies = ["poison" if number in poisoned else _body(_event(id=f"event-{number}")) for number in range(100)]
    failed: list[int] = []
    for start in range(0, 100, 10):
        failed += [start + int(number) for number in _failed(events, _batch(*bodies[start : start + 10]))]
    assert set(failed) == poisoned
    good = [f"event-{number}" for number in range(100) if number not in poisoned]
    assert [message["id"] for message in sockets.received["a"]] == good
    assert len(published) == len(good)


def _envelope(**changes: Any) -> str:
    envelope = json.loads(_body(_event()))
    return json.dumps({name: value for name, value in (envelope | changes).items() if value is not None})


def _alarm(**changes: Any) -> str:
    return json.dumps(recorded("alarm_state_change") | changes)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not-json"),
        ("{", "not-json"),
        ("[" * 100_000, "not-json"),
        ("[]", "not-an-event"),
        ("null", "not-an-event"),
        ("{}", "unknown-source"),
        (_envelope(source="other"), "unknown-source"),
        (_envelope(source=None), "unknown-source"),
        (_envelope(source=["items"]), "unknown-source"),
        (_envelope(**{"detail-type": "ItemArchived"}), "unknown-kind"),
        (_envelope(detail=None), "unknown-kind"),
        (_envelope(detail={"schemaVersion": 2}), "unknown-schema-version"),
        (_envelope(detail={"schemaVersion": 1}), "malformed"),
        (_alarm(**{"detail-type": "EC2 Instance State-change Notification"}), "unknown-source"),
        (_alarm(detail={}), "malformed"),
        (_alarm(detail=None), "malformed"),
        (_alarm(detail={"alarmName": "x", "state": "ALARM"}), "malformed"),
        (_alarm(detail={"alarmName": "x", "state": {"value": "ALARM"}, "previousState": "OK"}), "malformed"),
    ],
)
def test_a_poisoned_message_fails_with_a_reason_and_alone(
    events: Application, published: Published, capsys: pytest.CaptureFixture[str], body: str, reason: str
) -> None:
    good = _event()
    assert _failed(events, _batch(good, body, _event(id="event-2"))) == ["1"]
    assert len(published) == 2
    line = _lines(capsys)[1]
    assert (line["outcome"], line["reason"], line["kind"]) == ("refused", reason, "message")
    assert (line["correlation_id"], line["message_id"]) == ("1", "1")


def test_an_alarm_is_published_in_words(events: Application, sockets: Sockets, published: Published) -> None:
    sockets.open |= {"a"}
    connected("public", "a")
    for _ in range(2):
        assert _failed(events, _batch(_alarm())) == []
    (message,) = published
    assert message["Subject"] == "ALARM: items-dev-create-item-errors"
    assert message["MessageAttributes"]["kind"]["StringValue"] == "AlarmStateChange"
    lines = message["Message"].splitlines()
    assert lines[0] == "items-dev-create-item-errors is ALARM; it was OK."
    assert lines[1].startswith("Why: Threshold Crossed: 1 out of the last 1 datapoints [3.0")
    assert lines[2:] == [
        "When: 2026-11-23T10:16:40.323+0000",
        "Where: account 123456789012, region eu-west-1",
        "",
        "create-item fails",
    ]
    assert sockets.received == {}


def test_an_alarm_may_lack_what_is_optional(events: Application, published: Published) -> None:
    bare = _alarm(detail={"alarmName": "a\nb", "state": {"value": "OK"}})
    assert _failed(events, _batch(bare)) == []
    assert published[0]["Subject"] == "OK: a b"
    assert "it was unknown" in published[0]["Message"]


def test_a_large_item_is_named_instead_of_sent(events: Application, sockets: Sockets) -> None:
    """API Gateway takes 128 KB; JSON that holds no more is sent as it is."""
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    given = _batch(_event(item={"name": "x" * 130_000}), _event(id="event-2", item={"name": "x" * 140_000}))
    assert _failed(events, given) == []
    first, second = sockets.received["a"]
    assert (len(first["item"]["name"]), second["item"]) == (130_000, {"id": ITEM})


def test_a_fan_out_is_bounded(
    events: Application, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("processors.fan_out.MOST_PUSHES", 3)
    names = [f"b{number}" for number in range(5)]
    sockets.open |= {"a", *names}
    for name in names:
        connected("public", name, owner="bob")
    connected("owner:alice", "a")
    assert _failed(events, _batch(_event(item={"visibility": "public"}))) == []
    assert len(sockets.received) == 3
    assert "a" in sockets.received, "the owner comes first"
    (line,) = _lines(capsys)
    assert (line["outcome"], line["reason"], line["cut"], line["delivered"]) == ("done", "incomplete", True, 3)


def test_exactly_as_many_as_the_bound_are_all_told(
    events: Application, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("processors.fan_out.MOST_PUSHES", 2)
    sockets.open |= {"a", "b"}
    for name in ("a", "b"):
        connected("owner:alice", name)
    assert _failed(events, _batch(_event())) == []
    assert _lines(capsys)[0]["cut"] is False


def test_connections_are_read_page_by_page(
    events: Application, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"a{number}" for number in range(7)}
    sockets.open |= names
    for name in names:
        connected("owner:alice", name)
    query = client("dynamodb").query
    monkeypatch.setattr(client("dynamodb"), "query", lambda **parameters: query(**parameters, Limit=2))
    assert _failed(events, _batch(_event())) == []
    assert set(sockets.received) == names


def test_without_time_a_message_is_left_for_later(
    events: Application, sockets: Sockets, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    assert _failed(events, _batch(_event()), Context(remaining_ms=7_000)) == ["0"]
    assert (published, sockets.received) == ([], {})
    assert _lines(capsys)[0]["error"] == "NoTimeLeft"


def test_pushing_stops_before_the_invocation_does(
    events: Application, sockets: Sockets, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets.open |= {"a", "b"}
    for name in ("a", "b"):
        connected("owner:alice", name)
    with monkeypatch.context() as patch:
        patch.setattr(notification_sender, "_out_of_time", lambda context: bool(published))
        assert _failed(events, _batch(_event())) == ["0"], "published, and then no time to push"
    assert _failed(events, _batch(_event())) == []
    assert (len(published), {name: len(seen) for name, seen in sockets.received.items()}) == (1, {"a": 1, "b": 1})


def test_a_message_in_work_elsewhere_comes_again(
    events: Application, sockets: Sockets, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS may deliver a message twice at once: the second delivery neither repeats the first nor counts as done."""
    repeated: list[str] = []

    def twice(*arguments: Any, **message: Any) -> None:
        if not repeated:
            repeated.append("")
            repeated[:] = _failed(events, _batch(_event()))
            events.recorder.function = "notification-sender"
        publish(*arguments, **message)

    monkeypatch.setattr(notification_sender, "publish", twice)
    assert _failed(events, _batch(_event())) == []
    assert (repeated, len(published)) == (["0"], 1)


@pytest.mark.parametrize("code", ["ForbiddenException", "BadRequestException"])
def test_a_refused_push_is_no_lost_connection(
    events: Application, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    connected("owner:alice", "a")
    fail_pushes(monkeypatch, ClientError({"Error": {"Code": code}}, "PostToConnection"))
    assert _failed(events, _batch(_event())) == ["0"]
    assert len(events.rows(CONNECTIONS_TABLE)) == 1


def test_every_line_has_the_correlation_id(
    events: Application, sockets: Sockets, capsys: pytest.CaptureFixture[str]
) -> None:
    given = recorded("sqs_notifications")
    expected = [json.loads(record["body"])["detail"]["correlationId"] for record in given["Records"]]
    _failed(events, given)
    assert [line["correlation_id"] for line in _lines(capsys)] == expected


def test_records_of_what_was_done_hold_nothing_of_the_item(events: Application, sockets: Sockets) -> None:
    _failed(events, _batch(_event()))
    rows = events.rows(IDEMPOTENCY_TABLE)
    assert len(rows) == 2
    assert "Desk lamp" not in json.dumps(rows)


def test_without_a_websocket_api_people_are_told_and_nobody_is_pushed_to(
    events: Application,
    sockets: Sockets,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("CONNECTIONS_TABLE", "WEBSOCKET_ENDPOINT"):
        monkeypatch.delenv(name)
    environment.forget()
    sockets.open |= {"a"}
    connected("owner:alice", "a")
    assert _failed(events, _batch(_event())) == []
    assert (sockets.received, len(published)) == ({}, 1)
    [line] = _lines(capsys)
    assert (line["outcome"], line["published"]) == ("done", True)
    assert {"delivered", "gone", "undelivered", "cut"} & set(line) == set()
    assert _failed(events, _batch(_event())) == []
    assert len(published) == 1
