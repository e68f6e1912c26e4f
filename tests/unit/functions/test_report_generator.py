"""A report is whole or not there, is made again without harm, and is told of once."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from aws.buckets.reports import LINK_SECONDS
from aws.clients import Unavailable, client
from aws.idempotency import leases
from aws.items import scanning as items_scan
from scheduled import report_generator
from scheduled.report.weeks import week_before
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import IDEMPOTENCY_TABLE, ITEMS_TABLE, NOTIFICATION_TOPIC, REPORTS_BUCKET
from tests.unit.functions.support.events import ALICE, Context, recorded
from tools.access.listing import everything

KEYS = ["reports/2026-W47/items.csv", "reports/2026-W47/report.html"]


@pytest.fixture
def run(events: Application, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the job for a time in week 48, and keeps what it publishes."""

    def run(context: Context | None = None, **parts: Any) -> dict[str, Any]:
        given = recorded("scheduled") | {"time": "2026-11-24T06:00:00Z"} | parts
        result: dict[str, Any] = events.run("report-generator", given, context or Context(remaining_ms=300_000))
        json.dumps(result)
        return result

    return run


@pytest.fixture
def published(events: Application) -> Any:
    """Returns what subscribers of the topic have got."""
    topic = f"arn:aws:sns:eu-west-1:123456789012:{NOTIFICATION_TOPIC}"
    queue = client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
    arn = "arn:aws:sqs:eu-west-1:123456789012:subscriber"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def published() -> list[dict[str, Any]]:
        answer = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return published


def _put(application: Application, item_id: str, created_at: str, **changes: Any) -> None:
    row = {"id": item_id, "name": f"Item {item_id}", "category": "books", "visibility": "public"} | changes
    stored = {name: {"S": value} for name, value in row.items()} | {
        "price": {"N": "12.5"},
        "createdAt": {"S": created_at},
        "owner": {"S": "alice"},
    }
    application.dynamodb.put_item(TableName=ITEMS_TABLE, Item=stored)


def _stored() -> list[str]:
    return [entry["Key"] for entry in everything(client("s3"), "list_objects_v2", Bucket=REPORTS_BUCKET)]


def _read(key: str) -> tuple[str, str]:
    answer = client("s3").get_object(Bucket=REPORTS_BUCKET, Key=key)
    return answer["ContentType"], answer["Body"].read().decode()


def test_the_last_finished_week_is_reported(events: Application, run: Any, published: Any) -> None:
    _put(events, "in-week", "2026-11-18T10:00:00.000Z")
    _put(events, "hidden", "2026-11-18T11:00:00.000Z", visibility="private")
    _put(events, "too-new", "2026-11-23T00:00:00.000Z")
    assert run() == {"outcome": "done", "week": "2026-W47", "keys": KEYS, "items": 2, "announced": True}
    assert _stored() == KEYS
    kind, text = _read(KEYS[1])
    assert kind == "text/html; charset=utf-8"
    assert "Item in-week" in text
    assert "Item hidden" not in text
    kind, text = _read(KEYS[0])
    assert kind == "text/csv; charset=utf-8; header=present"
    assert text.splitlines()[1:] == ["in-week,Item in-week,books,12.5,2026-11-18T10:00:00.000Z"]


def test_items_of_the_api_are_reported(events: Application, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    events.create(ALICE, name="=1+1", visibility="public")
    next_week = time.time() + 7 * 24 * 3600
    label = week_before(datetime.fromtimestamp(next_week, UTC)).label
    for parts in ({"week": "9998-W01"}, {"time": datetime.fromtimestamp(next_week, UTC).isoformat()}):
        assert run(**parts) == {"outcome": "refused", "reason": "not-a-week"}
    clock = SimpleNamespace(time=lambda: next_week, perf_counter=time.perf_counter)
    monkeypatch.setattr(report_generator, "time", clock)
    assert run(week=label)["items"] == 1
    (key, _) = _stored()
    assert "'=1+1,home-office,49.90," in _read(key)[1]


def test_the_week_that_goes_on_can_be_asked_for_and_nobody_is_told(
    events: Application, run: Any, published: Any
) -> None:
    events.create(ALICE, visibility="public")
    year, number, _ = datetime.now(UTC).isocalendar()
    week = f"{year}-W{number:02d}"
    made = run(week=week)
    assert (made["items"], made["announced"]) == (1, False)
    assert ", so far</p>" in _read(f"reports/{week}/report.html")[1]
    assert published() == []
    assert [row["id"]["S"] for row in events.idempotency_rows()] == [], "its own report will be told of"


def test_a_week_can_be_asked_for(events: Application, run: Any) -> None:
    assert run(week="2026-W01")["week"] == "2026-W01"
    assert _stored() == [key.replace("W47", "W01") for key in KEYS]


@pytest.mark.parametrize(
    "parts",
    [
        {"week": "last"},
        {"week": None},
        {"time": "noon"},
        {"time": "2026-11-24T06:00:00"},
        {"time": "0001-01-01T00:00:00Z"},
    ],
)
def test_what_asks_for_no_week_is_refused(events: Application, run: Any, parts: dict[str, Any]) -> None:
    assert run(**parts) == {"outcome": "refused", "reason": "not-a-week"}
    assert _stored() == []
    assert events.idempotency_rows() == []


def test_without_a_time_it_is_the_clocks_week(events: Application, run: Any) -> None:
    assert run(time=None)["week"] == week_before(datetime.now(UTC)).label


def test_a_report_made_again_overwrites_and_is_no_news(events: Application, run: Any, published: Any) -> None:
    assert run()["announced"] is True
    _put(events, "late", "2026-11-18T10:00:00.000Z")
    assert run()["announced"] is False
    assert _stored() == KEYS
    assert "Item late" in _read(KEYS[1])[1]
    assert len(published()) == 1
    assert run(week="2026-W46")["announced"] is True


def test_a_message_has_a_link_and_no_names(events: Application, run: Any, published: Any) -> None:
    _put(events, "in-week", "2026-11-18T10:00:00.000Z")
    run()
    (message,) = published()
    assert message["Subject"] == "Items: report of week 2026-W47"
    attributes = {name: entry["Value"] for name, entry in message["MessageAttributes"].items()}
    assert attributes == {"kind": "Report", "correlationId": recorded("scheduled")["id"]}
    assert "1 items, 1 of them public. 1 were created in the week." in message["Message"]
    assert "Item in-week" not in message["Message"]
    (link,) = [line for line in message["Message"].splitlines() if line.startswith("https://")]
    parts = urlsplit(link)
    assert (parts.hostname, parts.path) == (f"{REPORTS_BUCKET}.s3.eu-west-1.amazonaws.com", f"/{KEYS[1]}")
    query = parse_qs(parts.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert int(query["X-Amz-Expires"][0]) == LINK_SECONDS == 604_800


def test_there_is_no_half_report(
    events: Application, run: Any, published: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(events, "in-week", "2026-11-18T10:00:00.000Z")
    with pytest.raises(items_scan.OutOfTime):
        run(Context(remaining_ms=report_generator.RESERVE_MS))
    assert _stored() == []
    assert published() == []
    assert events.idempotency_rows() == []
    assert '"error":"OutOfTime"' in capsys.readouterr().out


def test_time_is_looked_at_before_each_page(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        _put(events, f"item-{number}", "2026-11-18T10:00:00.000Z")
    real = client("dynamodb")

    class Client:
        def scan(self, **parameters: Any) -> Any:
            assert "ExpressionAttributeNames" in parameters
            return real.scan(**parameters, Limit=1)

    monkeypatch.setattr(items_scan, "client", lambda _: Client())
    assert {item.id for item in items_scan.all_items(ITEMS_TABLE, lambda: True)} == {"item-0", "item-1", "item-2"}
    answers = iter([True, True, False])
    with pytest.raises(items_scan.OutOfTime):
        list(items_scan.all_items(ITEMS_TABLE, lambda: next(answers)))


def test_a_run_by_hand_stands_back_for_another(events: Application) -> None:
    leases.acquire(IDEMPOTENCY_TABLE, "report-generator", "another", seconds=300, now=int(time.time()))
    week, context = {"week": "2026-W46"}, Context(remaining_ms=300_000)
    assert events.run("report-generator", week, context) == {"outcome": "skipped", "reason": "already-running"}
    assert _stored() == []
    leases.release(IDEMPOTENCY_TABLE, "report-generator", "another")
    assert events.run("report-generator", week, context)["outcome"] == "done"


@pytest.mark.parametrize("seconds", [leases.LEASE_SECONDS, 300])
def test_a_run_of_the_schedule_is_not_dropped_for_another_that_may_be_dead(
    events: Application, run: Any, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """Of another week, perhaps."""
    clock = Clock(monkeypatch)
    leases.acquire(IDEMPOTENCY_TABLE, "report-generator", "another", seconds=seconds, now=int(time.time()))
    if seconds > leases.LEASE_SECONDS:
        with pytest.raises(leases.StillHeld):
            run()
        clock.advance(60)
    assert run()["outcome"] == "done"
    assert _stored() == KEYS


def test_a_report_fits_into_its_lease() -> None:
    """From the last page of items on, nothing renews it."""
    assert report_generator.RESERVE_MS / 1000 + leases.RENEW_SECONDS < leases.LEASE_SECONDS


def test_a_report_that_was_not_told_of_is_told_of_by_the_next_run(
    events: Application, run: Any, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(report_generator, "publish", fail)
        with pytest.raises(Unavailable):
            run()
    assert _stored() == KEYS
    assert run()["announced"] is True
    assert len(published()) == 1


def test_a_page_that_is_not_stored_is_not_told_of(
    events: Application, run: Any, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    monkeypatch.setattr(report_generator, "put_file", fail)
    with pytest.raises(ClientError):
        run()
    assert published() == []
    assert events.idempotency_rows() == [], "the lease was not given back"


def test_nothing_to_report_is_a_report(events: Application, run: Any) -> None:
    assert run()["items"] == 0
    assert "No items" in _read(KEYS[1])[1]


def test_a_line_has_the_counts_and_the_events_id(
    events: Application, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line.get("message") == "event"]
    expected = {"kind": "report-generator", "outcome": "done", "week": "2026-W47", "items": 0}
    assert {name: line[name] for name in expected} == expected
    assert line["correlation_id"] == recorded("scheduled")["id"]
