"""What each function promises when it dies: killed after each call to AWS, and given the same event again.

The promises are those of the functions' pages in docs/functions. What counts is what AWS has carried out in all lives
together, and what is stored at the end.
"""

from __future__ import annotations

import importlib
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aws.clients import client
from aws.idempotency.leases import LEASE_SECONDS
from aws.idempotency.steps import DAY_SECONDS
from crud_api import create_item
from domain.item_events import IMAGE_REFUSED, UPDATED, ItemEvent, detail
from domain.times import rfc3339
from tests.unit.functions.support.application import MODULES
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import (
    CONNECTIONS_TABLE,
    IMAGES_BUCKET,
    REPORTS_BUCKET,
)
from tests.unit.functions.support.events import ALICE, INPUT, Context, recorded
from tests.unit.functions.support.killing import Killing
from tests.unit.functions.support.pictures import GOOD, IMAGE_ID, put
from tests.unit.functions.support.recorder import Recorder, granted
from tests.unit.functions.support.sockets import Sockets, connect, connected, say, topics
from tests.unit.functions.support.stream import Stream, deliver
from tools.access.listing import everything

GONE = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
# Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation": before the first retry.
RETRY_SECONDS = 60
# The queue's visibility timeout: six times the function's own timeout.
VISIBILITY_SECONDS = 180
# As late as somebody can redrive what is in a dead-letter queue, and a message be in the queue after that.
REDRIVE_SECONDS = 18 * DAY_SECONDS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    # A default such as `clock=time.time` is kept for good by a module that is imported meanwhile.
    for module in MODULES.values():
        importlib.import_module(module)
    clock = Clock(monkeypatch)
    monkeypatch.setattr(create_item, "respond", partial(create_item.respond, now_ns=time.time_ns))
    return clock


@pytest.fixture
def killing(recorder: Recorder, clock: Clock) -> Killing:
    return Killing(recorder, clock)


def test_create_item_with_a_key_makes_one_item(killing: Killing) -> None:
    for application in killing.worlds():
        create = partial(application.call, "create_item", body=INPUT, headers={"Idempotency-Key": "order-1"})
        killing.first(create)
        answers = [killing.again(create), killing.again(create, DAY_SECONDS - 60)]
        (row,) = application.rows()
        for answer in answers:
            assert (answer.status, answer.body["id"]) == (201, row["id"]["S"])
            assert answer.headers["Location"] == f"/prod/items/{row['id']['S']}"
            assert answer.headers["ETag"] == '"1"'
        assert answers[0].text == answers[1].text
    assert killing.moments == 2


def test_create_item_without_a_key_makes_one_item_for_each_request(killing: Killing) -> None:
    for application in killing.worlds():
        create = partial(application.call, "create_item", body=INPUT)
        killing.first(create)
        killing.again(create)
        assert len(application.rows()) == (1 if killing.killed and not killing.lives[0].done else 2)


def test_update_item_with_a_version_is_done_once_and_says_so(killing: Killing) -> None:
    for application in killing.worlds():
        item = application.create(ALICE)
        request: dict[str, Any] = {"item_id": item["id"], "body": {**INPUT, "price": 5}, "headers": {"If-Match": '"1"'}}

        update = partial(application.call, "update_item", **request)
        killing.first(update)
        answer = killing.again(update)
        assert (answer.status, answer.body["version"], answer.headers["ETag"]) == (200, 2, '"2"')
        assert [row["version"]["N"] for row in application.rows()] == ["2"]


def test_delete_item_is_done_and_says_that_the_item_is_gone(killing: Killing) -> None:
    for application in killing.worlds():
        item_id = application.create(ALICE)["id"]

        delete = partial(application.call, "delete_item", item_id=item_id, headers={"If-Match": '"1"'})
        killing.first(delete)
        gone = not application.rows()
        assert killing.again(delete).status == (404 if gone else 204)
        assert application.rows() == []
    assert killing.moments == 3


def test_create_upload_leaves_nothing(killing: Killing) -> None:
    for application in killing.worlds():
        item = application.create(ALICE)

        form = partial(application.call, "create_upload", item_id=item["id"], body={"contentType": "image/png"})
        killing.first(form)
        assert killing.again(form).status == 201
        assert application.call("get_item", item_id=item["id"]).body == item


def test_data_transformer_tells_each_change_and_twice_only_when_it_dies_before_it_has_noted_it(
    killing: Killing,
) -> None:
    """Also when Lambda tries again at once."""
    for application in killing.worlds():
        stream = Stream()
        item = application.create(ALICE)
        application.call("update_item", item_id=item["id"], body={**INPUT, "price": 5})
        records = stream.records()

        batch = partial(deliver, application, "data-transformer", records, context=Context(remaining_ms=30_000))
        killing.first(batch)
        assert killing.again(batch) == []
        assert killing.again(batch, DAY_SECONDS) == []
        told = [json.loads(asked["Entries"][0]["Detail"])["id"] for asked in killing.done("PutEvents")]
        assert set(told) == {record["eventID"] for record in records}
        assert len(told) == len(records) + killing.died_after("PutEvents")
    assert killing.moments == 7


def test_notification_sender_takes_each_step_and_twice_only_when_it_dies_before_it_has_noted_it(
    killing: Killing,
) -> None:
    """However late somebody redrives the message."""
    for application in killing.worlds():
        sockets = Sockets("there")
        connected("owner:alice", "there", expires_at=int(time.time()) + 99 * DAY_SECONDS)
        event = _message()

        tell = partial(application.run, "notification-sender", event, Context(remaining_ms=30_000))
        killing.first(tell)
        for wait in (VISIBILITY_SECONDS, REDRIVE_SECONDS, REDRIVE_SECONDS):
            assert killing.again(tell, wait) == {"batchItemFailures": []}
        assert len(killing.done("Publish")) == 1 + killing.died_after("Publish")
        assert len(sockets.received["there"]) == 1 + killing.died_after("PostToConnection")
    assert killing.moments > 6


def _message() -> dict[str, Any]:
    event = ItemEvent(
        kind=UPDATED,
        id="event-1",
        occurred_at=rfc3339(time.time_ns()),
        correlation_id="journey-1",
        item={"id": GONE, "owner": "alice", "name": "Lamp", "visibility": "private"},
    )
    body = json.dumps({"source": "items", "detail-type": event.kind, "detail": detail(event)})
    return {"Records": [recorded("sqs_notifications")["Records"][0] | {"body": body}]}


def test_image_processor_adds_an_image_once(killing: Killing) -> None:
    for application in killing.worlds():
        item_id = application.create(ALICE)["id"]
        event = put(item_id, GOOD["png"]())

        process = partial(application.run, "image-processor", event, Context(remaining_ms=60_000))
        killing.first(process)
        for wait in (RETRY_SECONDS, REDRIVE_SECONDS):
            killing.again(process, wait)
        item = application.call("get_item", item_id=item_id).body
        assert ([image["id"] for image in item["images"]], item["version"]) == ([IMAGE_ID], 2)
        named = {size["key"] for image in item["images"] for size in image["sizes"]}
        assert named <= set(_keys(IMAGES_BUCKET))


def test_image_processor_tells_of_a_refusal_under_one_id(killing: Killing) -> None:
    """A receiver, notification-sender among them, knows it again by that."""
    for application in killing.worlds():
        event = put(application.create(ALICE)["id"], b"no image")

        process = partial(application.run, "image-processor", event, Context(remaining_ms=60_000))
        killing.first(process)
        killing.again(process, RETRY_SECONDS)
        told = [entry for asked in killing.done("PutEvents") for entry in asked["Entries"]]
        assert told
        assert {entry["DetailType"] for entry in told} == {IMAGE_REFUSED}
        assert len({json.loads(entry["Detail"])["id"] for entry in told}) == 1


def test_cleanup_job_deletes_what_is_left_over_and_nothing_else(killing: Killing) -> None:
    """Also when it has died with its lease, a minute before Lambda tries again."""
    for application in killing.worlds():
        young = f"images/{application.create(ALICE)['id']}/{IMAGE_ID}/thumb.webp"
        for key in (young, f"images/{GONE}/{IMAGE_ID}/thumb.webp"):
            client("s3").put_object(Bucket=IMAGES_BUCKET, Key=key, Body=b"x")
        connected("public", "old", expires_at=1)
        connected("public", "new", expires_at=int(time.time()) + 99 * DAY_SECONDS)

        clean = partial(application.run, "cleanup-job", recorded("scheduled"), Context(remaining_ms=300_000))
        killing.first(clean)
        assert killing.again(clean, RETRY_SECONDS)["outcome"] == "done"
        assert [row["connectionId"]["S"] for row in application.rows(CONNECTIONS_TABLE)] == ["new"]
        assert _keys(IMAGES_BUCKET) == [young]
        assert application.idempotency_rows() == []
    assert killing.moments > 8


def test_report_generator_makes_its_report_and_tells_twice_only_when_it_dies_before_it_has_noted_it(
    killing: Killing,
) -> None:
    for application in killing.worlds():
        application.create(ALICE)

        report = partial(application.run, "report-generator", recorded("scheduled"), Context(remaining_ms=300_000))
        killing.first(report)
        for wait in (RETRY_SECONDS, REDRIVE_SECONDS):
            assert killing.again(report, wait)["outcome"] == "done"
        assert _keys(REPORTS_BUCKET) == ["reports/2026-W47/items.csv", "reports/2026-W47/report.html"]
        assert len(killing.done("Publish")) == 1 + killing.died_after("Publish")
    assert killing.moments > 7


def test_health_checker_changes_nothing_that_a_death_could_leave_undone() -> None:
    verbs = {action.partition(":")[2] for action, _ in granted()["health-checker"]}
    assert all(verb.startswith(("Describe", "Get", "List")) for verb in verbs)


def test_websocket_connect_lets_in_who_connects_again(killing: Killing) -> None:
    for application in killing.worlds():
        killing.first(partial(connect, application, "first"))
        assert killing.again(partial(connect, application, "second"))["statusCode"] == 200
        assert topics(application, "second") == {"owner:alice"}


def test_websocket_disconnect_leaves_at_most_what_the_next_push_forgets(killing: Killing) -> None:
    """API Gateway does not call it again."""
    for application in killing.worlds():
        Sockets()
        long_ago = rfc3339(time.time_ns() - 60 * 1_000_000_000)
        event = recorded("websocket_disconnect")
        for topic in ("owner:alice", "public"):
            connected(topic, event["requestContext"]["connectionId"], connected_at=long_ago)
        killing.first(partial(application.run, "websocket-disconnect", event))
        killing.again(partial(application.run, "notification-sender", _message(), Context(remaining_ms=30_000)))
        left = len(application.rows(CONNECTIONS_TABLE))
        assert left == 0 or (left == 1 and killing.killed), "a row of another topic goes with that topic's next push"


def test_websocket_message_subscribes_who_asks_again(killing: Killing) -> None:
    for application in killing.worlds():
        connected("owner:alice")
        subscribe = {"action": "subscribe", "topic": "public"}
        killing.first(partial(say, application, subscribe))
        answer = killing.again(partial(say, application, subscribe))
        assert answer["type"] == "subscribed"
        assert topics(application) == {"owner:alice", "public"}


def test_the_first_retry_of_a_job_waits_for_a_dead_lease_within_its_time() -> None:
    timeout_seconds = 300
    assert timeout_seconds / 2 > LEASE_SECONDS - RETRY_SECONDS


def test_the_page_of_each_function_that_changes_something_says_what_it_promises() -> None:
    reads = ("Get", "Query", "List")
    changing = {
        function
        for function, calls in granted().items()
        if calls and not all(action.partition(":")[2].startswith(reads) for action, _ in calls)
    }
    assert {"get-item", "list-items", "list-images", "rest-authorizer"} <= set(MODULES) - changing
    pages = Path(__file__).resolve().parents[3] / "docs" / "functions"
    texts = {name: (pages / f"{name}.md").read_text(encoding="utf-8") for name in sorted(changing)}
    silent = [name for name, text in texts.items() if "**Promise: " not in text]
    assert silent == []


def _keys(bucket: str) -> list[str]:
    return [entry["Key"] for entry in everything(client("s3"), "list_objects_v2", Bucket=bucket)]
