"""Messages of clients: bounded, read strictly, and answered, with the rights of who has connected."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from aws.clients import Unavailable, client
from aws.connections import rows as connections
from aws.connections import subscriptions
from aws.connections.rows import soon
from aws.connections.slots import forget
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, BOB, recorded
from tests.unit.functions.support.sockets import (
    CONNECTION,
    ITEM,
    cancelled,
    connect,
    connected,
    say,
    throttled,
    topics,
)
from websocket import websocket_message
from websocket.websocket_message import MAX_BYTES, MOST_TOPICS, Refusal, live


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the in-memory table does not lag."""
    monkeypatch.setattr(connections, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


@pytest.fixture
def alice(events: Application) -> Application:
    """Alice is connected."""
    assert connect(events)["statusCode"] == 200
    return events


def _item_of_nobody(number: int) -> str:
    return f"019ab5c4-7d2e-7a31-9c55-{number:012d}"


def _subscribe(application: Application, topic: object) -> dict[str, Any]:
    return say(application, {"action": "subscribe", "topic": topic})


def test_a_ping_is_answered(alice: Application) -> None:
    assert say(alice, {"action": "ping"}) == {"type": "pong"}


def test_subscriptions_come_and_go(alice: Application) -> None:
    item = f"item:{alice.create(ALICE)['id']}"
    for _ in range(2):
        assert _subscribe(alice, item) == {"type": "subscribed", "topic": item}
        assert _subscribe(alice, "public") == {"type": "subscribed", "topic": "public"}
        assert topics(alice) == {"owner:alice", item, "public"}
    for _ in range(2):
        assert say(alice, {"action": "unsubscribe", "topic": item}) == {"type": "unsubscribed", "topic": item}
        assert topics(alice) == {"owner:alice", "public"}


def test_a_subscription_is_as_good_as_its_connection(alice: Application) -> None:
    _subscribe(alice, "public")
    own, public, slot = sorted(alice.rows(CONNECTIONS_TABLE), key=lambda row: str(row["topic"]))
    assert own.pop("topics") == {"SS": ["public"]}
    assert slot["connectionId"] == {"S": f"{own.pop('slot')['N']}:alice"}
    assert own | {"topic": public["topic"]} == public


def test_an_id_is_known_in_capitals_too(alice: Application) -> None:
    item = alice.create(ALICE)["id"]
    assert _subscribe(alice, f"item:{item.upper()}") == {"type": "subscribed", "topic": f"item:{item}"}


@pytest.mark.parametrize(
    ("owner", "visibility", "scope", "allowed"),
    [
        (ALICE, "private", "items:read", True),
        (BOB, "public", "items:read", True),
        (BOB, "private", "items:read", False),
        (BOB, "private", "items:read items:write", False),
        (BOB, "private", "items:admin", True),
    ],
)
def test_who_may_read_may_subscribe(
    events: Application, owner: dict[str, str], visibility: str, scope: str, allowed: bool
) -> None:
    topic = f"item:{events.create(owner, visibility=visibility)['id']}"
    connect(events, scope=scope)
    answer = _subscribe(events, topic)
    assert answer.get("code") == (None if allowed else "not-found")
    assert (topic in topics(events)) is allowed


def test_what_is_not_there_looks_like_what_is_private(alice: Application) -> None:
    private = alice.create(BOB)["id"]
    assert _subscribe(alice, f"item:{ITEM}") == _subscribe(alice, f"item:{private}")


@pytest.mark.parametrize(
    "topic",
    [
        None,
        7,
        ["public"],
        {"a": 1},
        "",
        "Public",
        "item:",
        "item:1",
        f"item:{ITEM} ",
        f"Item:{ITEM}",
        ITEM,
        "owner:bob",
    ],
)
@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_no_other_topic_can_be_named(alice: Application, action: str, topic: object) -> None:
    assert say(alice, {"action": action, "topic": topic})["code"] == "invalid-message"
    assert topics(alice) == {"owner:alice"}


def test_a_client_cannot_leave_its_own_events(alice: Application) -> None:
    assert say(alice, {"action": "unsubscribe", "topic": "owner:alice"})["code"] == "invalid-message"
    assert topics(alice) == {"owner:alice"}


@pytest.mark.parametrize("action", [None, "", "Ping", "delete", 1, ["ping"], {"ping": 1}, "$default"])
def test_an_unknown_action_is_answered(alice: Application, action: object) -> None:
    answer = say(alice, {"action": action})
    assert answer["code"] == "unknown-action"
    assert "ping, subscribe, unsubscribe" in answer["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ping",
        "[]",
        '"ping"',
        "null",
        '{"action": "ping"',
        '{"action": "ping"} {"action": "ping"}',
        '{"action": "unknown", "action": "ping"}',
        '{"action": "ping", "n": NaN}',
        '{"action": "ping", "n": -Infinity}',
        '{"action": "ping", "n": ' + "1" * 41 + "}",
        "[" * 4000,
    ],
)
def test_anything_but_one_strict_object_is_refused(alice: Application, text: str) -> None:
    assert say(alice, text)["code"] == "invalid-message"


def test_a_message_is_text(alice: Application) -> None:
    event = recorded("websocket_message") | {"body": "eyJhY3Rpb24iOiJwaW5nIn0=", "isBase64Encoded": True}
    answer = json.loads(alice.run("websocket-message", event)["body"])
    assert answer["code"] == "invalid-message"


def test_a_message_has_at_most_four_kilobytes(alice: Application) -> None:
    frame = len('{"action":"ping","x":""}')
    fits = '{"action":"ping","x":"' + "é" * ((MAX_BYTES - frame) // 2) + '"}'
    assert say(alice, fits) == {"type": "pong"}
    assert say(alice, fits.replace("ping", "ping.."))["code"] == "too-large"
    assert say(alice, "x" * 200_000)["code"] == "too-large"


def test_a_connection_has_so_many_topics_and_no_more(alice: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_TOPICS == 50
    monkeypatch.setattr(websocket_message, "MOST_TOPICS", 3)
    items = [f"item:{_item_of_nobody(number)}" for number in range(3)]
    (own,) = soon(CONNECTIONS_TABLE, CONNECTION)
    for topic in items:
        subscriptions.subscribe(CONNECTIONS_TABLE, own, topic, most=3)
    assert topics(alice) == {"owner:alice", *items}
    assert _subscribe(alice, "public")["code"] == "too-many-topics"
    for _ in range(2):
        assert say(alice, {"action": "unsubscribe", "topic": items[0]})["type"] == "unsubscribed"
    assert _subscribe(alice, "public")["type"] == "subscribed"
    assert _subscribe(alice, "public")["type"] == "subscribed", "what is there already is not one more"
    assert topics(alice) == {"owner:alice", "public", *items[1:]}


def test_messages_at_once_follow_no_more(alice: Application) -> None:
    """Each has read the row before any other has changed it: what counts is what the table has."""
    (own,) = soon(CONNECTIONS_TABLE, CONNECTION)
    followed = 0
    for number in range(9):
        try:
            subscriptions.subscribe(CONNECTIONS_TABLE, own, f"item:{_item_of_nobody(number)}", most=5)
            followed += 1
        except subscriptions.TooManyTopics:
            continue
    assert (followed, len(topics(alice))) == (5, 1 + 5)


def test_other_messages_of_a_connection_are_waited_for(alice: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB cancels all but one of the transactions that meet at a row."""
    (own,) = soon(CONNECTIONS_TABLE, CONNECTION)
    write, met = client("dynamodb").transact_write_items, [1, 1, 1]
    slept: list[float] = []

    def meet(**parameters: Any) -> Any:
        if met and met.pop():
            raise cancelled("TransactionConflict", "None")
        return write(**parameters)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", meet)
    subscriptions.subscribe(CONNECTIONS_TABLE, own, "public", most=1, sleep=slept.append)
    assert (topics(alice), len(slept)) == ({"owner:alice", "public"}, 4)
    met += [1] * 9
    with pytest.raises(Unavailable):
        subscriptions.subscribe(CONNECTIONS_TABLE, own, "item:1", most=9, sleep=slept.append)


def test_a_connection_that_has_just_ended_follows_nothing(alice: Application) -> None:
    """The index may still show it; a row that nobody deletes any more must not come of that."""
    (own,) = soon(CONNECTIONS_TABLE, CONNECTION)
    forget(CONNECTIONS_TABLE, CONNECTION)
    with pytest.raises(subscriptions.ConnectionGone):
        subscriptions.subscribe(CONNECTIONS_TABLE, own, "public", most=MOST_TOPICS)
    with pytest.raises(subscriptions.ConnectionGone):
        subscriptions.unsubscribe(CONNECTIONS_TABLE, own, "public")
    assert alice.rows(CONNECTIONS_TABLE) == []


@pytest.mark.parametrize("message", [{"action": "ping"}, {"action": "subscribe", "topic": "public"}])
def test_a_lost_connection_is_told_so(events: Application, message: dict[str, str]) -> None:
    assert say(events, message)["code"] == "not-connected"
    assert events.rows(CONNECTIONS_TABLE) == []


def test_a_connection_may_nothing_once_its_token_has_ended(alice: Application) -> None:
    """It stays open until API Gateway closes it, but nothing that it asks for is done."""
    (own,) = soon(CONNECTIONS_TABLE, CONNECTION)
    assert live(CONNECTION, CONNECTIONS_TABLE, now=lambda: own.expires_at - 1) == own
    with pytest.raises(Refusal, match="expired"):
        live(CONNECTION, CONNECTIONS_TABLE, now=lambda: own.expires_at)


@pytest.mark.parametrize("message", [{"action": "ping"}, {"action": "subscribe", "topic": "public"}])
def test_an_expired_connection_may_nothing(events: Application, message: dict[str, str]) -> None:
    connected("owner:alice", expires_at=int(time.time()) - 1)
    assert say(events, message)["code"] == "expired"
    assert topics(events) == {"owner:alice"}


def test_the_index_may_lag_behind(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that speaks as soon as it is connected is not sent away."""
    monkeypatch.setattr(connections, "PAUSES_SECONDS", (0.0, 0.1, 0.3))
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if seconds == 0.3:
            connected("owner:alice")

    (row,) = soon(CONNECTIONS_TABLE, CONNECTION, sleep=sleep)
    assert (row.owner, slept) == ("alice", [0.0, 0.1, 0.3])
    slept.clear()
    assert soon(CONNECTIONS_TABLE, "nobody", sleep=slept.append) == []
    assert len(slept) == 3


def test_a_fault_of_ours_is_answered_and_logged(
    alice: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def throttle(**_: object) -> None:
        raise throttled("Query")

    alice.dynamodb.delete_table(TableName=ITEMS_TABLE)
    answer = _subscribe(alice, f"item:{ITEM}")
    assert answer["code"] == "internal-error"
    assert ITEMS_TABLE not in json.dumps(answer)
    monkeypatch.setattr(client("dynamodb"), "query", throttle)
    assert say(alice, {"action": "ping"})["code"] == "unavailable"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [line for line in lines if line.get("level") == "ERROR"]
    assert [(line["kind"], line["outcome"], line["error"]) for line in failed] == [
        ("subscribe", "failed", "ResourceNotFoundException"),
        ("ping", "failed", "Unavailable"),
    ]
    assert failed[0]["correlation_id"] == answer["requestId"]
