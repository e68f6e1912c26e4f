"""What is left over is deleted, and nothing else; a run stops in time, and the next one goes on there."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.buckets import image_objects
from aws.buckets.image_objects import StoredObject
from aws.clients import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, Unavailable, client
from aws.connections import expired as expired_connections
from aws.idempotency import leases
from aws.items import named_objects
from runtime import settings as environment
from scheduled import cleanup_job
from scheduled.cleanup.counts import SAMPLE
from scheduled.cleanup.unnamed_images import GRACE, orphans, owner_of
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, IDEMPOTENCY_TABLE, IMAGES_BUCKET, ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, Context, recorded
from tools.access.listing import everything

GONE = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
DAY = 24 * 3600
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Ticking(Context):
    """A context whose time runs by so many milliseconds with each look at it."""

    remaining_ms: int = 300_000
    tick_ms: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= self.tick_ms
        return self.remaining_ms


@pytest.fixture
def run(events: Application) -> Any:
    """Runs the job."""

    def run(context: Context | None = None, **parts: Any) -> dict[str, Any]:
        result: dict[str, Any] = events.run("cleanup-job", recorded("scheduled") | parts, context or Ticking())
        json.dumps(result)
        return result

    return run


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job runs when everything that the test has made is a day old."""
    later = time.time() + DAY + 60
    monkeypatch.setattr(cleanup_job, "time", SimpleNamespace(time=lambda: later, perf_counter=time.perf_counter))


def _connect(application: Application, name: str, expires_at: int, topic: str = "public") -> None:
    row = {"topic": {"S": topic}, "connectionId": {"S": name}, "expiresAt": {"N": str(expires_at)}}
    application.dynamodb.put_item(TableName=CONNECTIONS_TABLE, Item=row)


def _connections(application: Application) -> list[str]:
    return sorted(row["connectionId"]["S"] for row in application.rows(CONNECTIONS_TABLE))


def _store(*keys: str) -> None:
    for key in keys:
        client("s3").put_object(Bucket=IMAGES_BUCKET, Key=key, Body=b"x")


def _stored() -> list[str]:
    return [entry["Key"] for entry in everything(client("s3"), "list_objects_v2", Bucket=IMAGES_BUCKET)]


def _name(application: Application, item_id: str, *keys: str) -> None:
    """Give an item an image of these objects."""
    sizes = [{"M": {"key": {"S": key}}} for key in keys]
    application.dynamodb.update_item(
        TableName=ITEMS_TABLE,
        Key={"id": {"S": item_id}},
        UpdateExpression="SET images = :images",
        ExpressionAttributeValues={":images": {"L": [{"M": {"id": {"S": "image"}, "sizes": {"L": sizes}}}]}},
    )


def _client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def test_expired_connections_go(events: Application, run: Any) -> None:
    _connect(events, "old", 1)
    _connect(events, "new", 4_000_000_000)
    result = run()
    assert _connections(events) == ["new"]
    assert result["outcome"] == "done"
    assert result["connections"] == {
        "lookedAt": 1,
        "deleted": 1,
        "failed": 0,
        "codes": {},
        "strange": 0,
        "complete": True,
    }


def test_a_row_that_lives_again_is_left_alone(events: Application) -> None:
    key = {"topic": {"S": "public"}, "connectionId": {"S": "c"}}
    _connect(events, "c", 2000)
    assert not expired_connections.delete_expired(CONNECTIONS_TABLE, key, now=2000)
    assert _connections(events) == ["c"]
    assert expired_connections.delete_expired(CONNECTIONS_TABLE, key, now=2001)
    assert not expired_connections.delete_expired(CONNECTIONS_TABLE, key, now=2001)


def test_orphans_go_and_the_named_stay(events: Application, run: Any, tomorrow: None) -> None:
    item = events.create(ALICE)["id"]
    named = [f"images/{item}/image/small-1.webp", f"images/{item}/image/thumb-1.webp"]
    _name(events, item, *named)
    kept = [*named, "images/strange", "other/a/b/c.webp"]
    # The second is of another upload to the same place, which has not become the image.
    orphaned = [f"images/{item}/unnamed/thumb-1.webp", f"images/{item}/image/thumb-2.webp"]
    _store(*kept, *orphaned, f"images/{GONE}/any/thumb.webp")
    result = run()
    assert _stored() == sorted(kept)
    assert (result["images"]["lookedAt"], result["images"]["deleted"], result["images"]["strange"]) == (6, 3, 1)


def test_what_may_be_named_soon_stays_for_a_day(events: Application, run: Any) -> None:
    item = events.create(ALICE)["id"]
    young = f"images/{item}/unnamed/thumb.webp"
    _store(young, f"images/{GONE}/any/thumb.webp")
    run()
    assert _stored() == [young]


@pytest.mark.parametrize(
    ("key", "named", "age", "orphaned"),
    [
        (f"images/{GONE}/i/a.webp", {}, timedelta(0), True),
        (f"images/{GONE}/i/a.webp", {GONE: frozenset({f"images/{GONE}/i/a.webp"})}, 9 * GRACE, False),
        (f"images/{GONE}/i/a.webp", {GONE: frozenset({"other"})}, GRACE, False),
        (f"images/{GONE}/i/a.webp", {GONE: frozenset({"other"})}, GRACE + timedelta(seconds=1), True),
        (f"images/{GONE}/a.webp", {}, 9 * GRACE, False),
        (f"images/{GONE.upper()}/i/a.webp", {}, 9 * GRACE, False),
        ("images/not-an-id/i/a.webp", {}, 9 * GRACE, False),
        (f"images/{GONE}/i/a/b.webp", {}, 9 * GRACE, False),
    ],
)
def test_what_an_orphan_is(key: str, named: dict[str, frozenset[str]], age: timedelta, orphaned: bool) -> None:
    assert list(orphans([StoredObject(key, NOW - age)], named, NOW)) == ([key] if orphaned else [])


def test_an_object_is_of_an_item() -> None:
    assert owner_of(f"images/{GONE}/i/a.webp") == GONE
    assert owner_of("images/") is None


def test_a_dry_run_writes_nothing_and_names_what_it_would_delete(events: Application, run: Any) -> None:
    _connect(events, "old", 1)
    objects = [f"images/{GONE}/{number:03d}/thumb.webp" for number in range(SAMPLE + 5)]
    _store(*objects)
    events.recorder.reset()
    result = run(dryRun=True)
    assert _connections(events) == ["old"]
    assert _stored() == objects
    assert events.idempotency_rows() == []
    assert (result["dryRun"], result["connections"]["deleted"], result["images"]["deleted"]) == (True, 1, SAMPLE + 5)
    assert result["wouldDelete"] == {"connections": ["old"], "images": objects[:SAMPLE]}
    writes = {call for call in events.recorder.calls["cleanup-job"] if "Delete" in call[0] or "Put" in call[0]}
    assert writes == set()


@pytest.mark.parametrize("value", ["true", "yes", 1, None, {}])
def test_an_unclear_wish_for_a_dry_run_deletes_nothing(events: Application, run: Any, value: Any) -> None:
    _connect(events, "old", 1)
    assert run(dryRun=value) == {"outcome": "refused", "reason": "malformed"}
    assert _connections(events) == ["old"]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two objects and two rows a page."""
    real = image_objects.object_page
    monkeypatch.setattr(
        "scheduled.cleanup.unnamed_images.object_page", lambda bucket, after: real(bucket, after=after, count=2)
    )
    monkeypatch.setattr(expired_connections, "PAGE", 2)


def _until_complete(run: Any, context: Any) -> Iterator[dict[str, Any]]:
    for _ in range(50):
        result = run(context())
        yield result
        if result["connections"]["complete"] and result["images"]["complete"]:
            return
    pytest.fail("the job does not come to its end")


def test_all_pages_are_seen_in_one_run(events: Application, run: Any, small_pages: None) -> None:
    for number in range(7):
        _connect(events, f"c{number}", 1)
    _store(*[f"images/{GONE}/{number}/thumb.webp" for number in range(7)])
    result = run()
    assert (result["connections"]["deleted"], result["images"]["deleted"]) == (7, 7)
    assert (_connections(events), _stored()) == ([], [])
    assert events.idempotency_rows() == []


def test_a_run_stops_in_time_and_the_next_goes_on_there(events: Application, run: Any, small_pages: None) -> None:
    item = events.create(ALICE)["id"]
    kept = [f"images/{item}/named/{number}.webp" for number in range(4)]
    _name(events, item, *kept)
    _store(*kept, *[f"images/{GONE}/{number}/thumb.webp" for number in range(6)])
    looks = []
    for result in _until_complete(run, lambda: Ticking(remaining_ms=cleanup_job.RESERVE_MS + 25_000, tick_ms=5_000)):
        looks.append(result["images"]["lookedAt"])
    assert len(looks) > 1
    assert sum(looks) == 10, "a page was looked at twice, or not at all"
    assert _stored() == sorted(kept)


def test_rows_that_live_are_looked_at_once_in_all(
    events: Application, run: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = expired_connections.expired_page
    starts: list[Any] = []

    def spy(table: str, *, now: int, start: Any) -> Any:
        starts.append(start)
        return real(table, now=now, start=start)

    monkeypatch.setattr("scheduled.cleanup.expired_connections.expired_page", spy)
    for number in range(20):
        _connect(events, f"c{number:02d}", 4_000_000_000)
    runs = list(_until_complete(run, lambda: Ticking(remaining_ms=cleanup_job.RESERVE_MS + 30_000, tick_ms=3_000)))
    assert len(runs) > 1
    names = [start["connectionId"]["S"] if start else "" for start in starts]
    assert names == sorted(set(names)), "a run did not go on where the last one stopped"


def test_a_run_without_time_does_nothing(events: Application, run: Any) -> None:
    _connect(events, "old", 1)
    result = run(Ticking(remaining_ms=cleanup_job.RESERVE_MS))
    assert (result["connections"]["lookedAt"], result["images"]["complete"]) == (0, False)
    assert _connections(events) == ["old"]


def test_much_to_do_in_the_first_sweep_does_not_keep_the_second_from_its_turn(
    events: Application, run: Any, small_pages: None
) -> None:
    for number in range(30):
        _connect(events, f"c{number}", 1)
    _store(f"images/{GONE}/i/thumb.webp")
    result = run(Ticking(remaining_ms=cleanup_job.RESERVE_MS + 40_000, tick_ms=1_000))
    assert not result["connections"]["complete"]
    assert 0 < result["connections"]["deleted"] < 30
    assert result["images"]["complete"]


def test_a_page_that_was_not_done_is_done_again(events: Application, run: Any) -> None:
    for number in range(30):
        _connect(events, f"c{number}", 1)
    run(Ticking(remaining_ms=cleanup_job.RESERVE_MS + 20_000, tick_ms=1_000))
    assert 0 < len(_connections(events)) < 30
    run()
    assert _connections(events) == []


def test_a_run_by_hand_stands_back_for_another(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    _connect(events, "old", 1)
    leases.acquire(IDEMPOTENCY_TABLE, "cleanup-job", "another", seconds=300, now=int(datetime.now(UTC).timestamp()))
    assert events.run("cleanup-job", {}, Ticking()) == {"outcome": "skipped", "reason": "already-running"}
    assert _connections(events) == ["old"]
    assert '"reason":"already-running"' in capsys.readouterr().out.replace('": ', '":')
    leases.release(IDEMPOTENCY_TABLE, "cleanup-job", "another")
    assert events.run("cleanup-job", {}, Ticking())["outcome"] == "done"


def test_a_run_of_the_schedule_waits_for_another_and_is_never_dropped(
    events: Application, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    _connect(events, "old", 1)
    leases.acquire(IDEMPOTENCY_TABLE, "cleanup-job", "another", seconds=300, now=int(time.time()))
    with pytest.raises(leases.StillHeld):
        run()
    assert _connections(events) == ["old"]
    clock.advance(60)
    assert run()["outcome"] == "done"
    assert _connections(events) == []


def test_a_long_run_keeps_its_lease(
    events: Application, run: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes meanwhile stands back, however long ago it was taken."""
    clock = Clock(monkeypatch)
    real, others = expired_connections.expired_page, list[str]()

    def slow(table: str, *, now: int, start: Any) -> Any:
        clock.advance(cleanup_job.RESERVE_MS / 1000)
        others.append(events.run("cleanup-job", {}, Context(aws_request_id="another"))["outcome"])
        events.recorder.function = "cleanup-job"
        return real(table, now=now, start=start)

    monkeypatch.setattr("scheduled.cleanup.expired_connections.expired_page", slow)
    for number in range(8):
        _connect(events, f"c{number}", 1)
    assert run()["outcome"] == "done"
    assert set(others) == {"skipped"}
    assert len(others) * cleanup_job.RESERVE_MS / 1000 > leases.LEASE_SECONDS


def test_a_run_that_has_lost_its_lease_stops(
    events: Application, run: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    real = expired_connections.expired_page

    def stall(table: str, *, now: int, start: Any) -> Any:
        clock.advance(leases.LEASE_SECONDS + 2)
        leases.acquire(IDEMPOTENCY_TABLE, "cleanup-job", "another", seconds=300, now=int(time.time()))
        return real(table, now=now, start=start)

    monkeypatch.setattr("scheduled.cleanup.expired_connections.expired_page", stall)
    for number in range(8):
        _connect(events, f"c{number}", 1)
    with pytest.raises(leases.LeaseLost):
        run()
    assert len(_connections(events)) == 8


def test_a_failing_row_does_not_stop_the_rest(events: Application, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = expired_connections.delete_expired

    def fail(table: str, key: dict[str, Any], *, now: int) -> bool:
        if key["connectionId"]["S"] == "b":
            raise _client_error("AccessDeniedException")
        return real(table, key, now=now)

    monkeypatch.setattr("scheduled.cleanup.expired_connections.delete_expired", fail)
    for name in ("a", "b", "c"):
        _connect(events, name, 1)
    result = run()
    assert _connections(events) == ["b"]
    assert result["outcome"] == "failed"
    assert result["connections"]["codes"] == {"AccessDeniedException": 1}
    assert (result["connections"]["deleted"], result["connections"]["complete"]) == (2, True)


def test_a_failing_object_does_not_stop_the_rest(
    events: Application, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = client("s3")
    stubborn = f"images/{GONE}/b/thumb.webp"

    class Client:
        list_objects_v2 = real.list_objects_v2

        def delete_objects(self, **parameters: Any) -> dict[str, Any]:
            objects = parameters["Delete"]["Objects"]
            parameters["Delete"]["Objects"] = [entry for entry in objects if entry["Key"] != stubborn]
            real.delete_objects(**parameters)
            return {"Errors": [{"Key": stubborn, "Code": "InternalError", "Message": "no"}]}

    monkeypatch.setattr(image_objects, "client", lambda _: Client())
    _store(*[f"images/{GONE}/{name}/thumb.webp" for name in "abc"])
    result = run()
    assert _stored() == [stubborn]
    assert (result["outcome"], result["images"]["deleted"]) == ("failed", 2)
    assert result["images"]["codes"] == {"InternalError": 1}


def test_a_batch_that_fails_as_a_whole_does_not_stop_the_rest(
    events: Application, run: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = image_objects.delete_objects
    calls: list[Any] = []

    def fail_first(bucket: str, keys: list[str]) -> list[str]:
        calls.append(keys)
        if len(calls) == 1:
            raise Unavailable("SlowDown")
        return real(bucket, keys)

    monkeypatch.setattr("scheduled.cleanup.unnamed_images.delete_objects", fail_first)
    _store(*[f"images/{GONE}/{number}/thumb.webp" for number in range(4)])
    result = run()
    assert _stored() == [f"images/{GONE}/0/thumb.webp", f"images/{GONE}/1/thumb.webp"]
    assert result["images"]["failed"] == 2


def test_nothing_is_deleted_when_items_cannot_be_read_and_the_other_sweep_runs(
    events: Application, run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> Any:
        raise Unavailable("ThrottlingException")

    monkeypatch.setattr("scheduled.cleanup.unnamed_images.named_objects", fail)
    _store(f"images/{GONE}/i/thumb.webp")
    _connect(events, "old", 1)
    with pytest.raises(Unavailable):
        run()
    assert len(_stored()) == 1
    assert _connections(events) == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line.get("message") == "event"]
    assert (line["outcome"], line["error"], line["connections"]["deleted"]) == ("failed", "Unavailable", 1)
    assert events.idempotency_rows() == [], "the lease was not given back"


def test_a_line_has_the_counts_and_the_events_id(
    events: Application, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _connect(events, "old", 1, topic="owner:alice@example.com")
    run()
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    (line,) = [line for line in lines if line.get("message") == "event"]
    assert line["correlation_id"] == recorded("scheduled")["id"]
    assert (line["kind"], line["connections"]["deleted"], line["dry_run"]) == ("cleanup-job", 1, False)
    assert "alice" not in output


def test_unprocessed_keys_are_asked_for_again(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [events.create(ALICE)["id"] for _ in range(3)]
    _name(events, items[0], "images/a/b/c.webp")
    real = client("dynamodb")
    pauses: list[float] = []

    class Client:
        def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
            """Answer for one key at a time."""
            (request,) = RequestItems.values()
            assert request["ConsistentRead"] is True
            first, *rest = request["Keys"]
            answer = real.batch_get_item(RequestItems={ITEMS_TABLE: {**request, "Keys": [first]}})
            left = {ITEMS_TABLE: {**request, "Keys": rest}} if rest else {}
            return {"Responses": answer["Responses"], "UnprocessedKeys": left}

    monkeypatch.setattr(named_objects, "client", lambda _: Client())
    found = named_objects.named_objects(ITEMS_TABLE, {*items, GONE}, pause=pauses.append)
    assert found == {items[0]: frozenset({"images/a/b/c.webp"}), items[1]: frozenset(), items[2]: frozenset()}
    assert pauses == [0.1, 0.2, 0.4]


def test_keys_that_stay_unprocessed_are_no_missing_items(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr(named_objects, "client", lambda _: Client())
    with pytest.raises(Unavailable):
        named_objects.named_objects(ITEMS_TABLE, {GONE}, pause=lambda _: None)


def test_more_items_than_one_batch_takes(events: Application) -> None:
    items = {events.create(ALICE)["id"] for _ in range(named_objects.BATCH + 1)}
    assert set(named_objects.named_objects(ITEMS_TABLE, items)) == items


def test_a_page_fits_into_the_time_that_is_kept_for_it() -> None:
    """List, read items, delete, keep the place and give the lease back: each call at its timeout, and tried twice."""
    calls = 4 + math.ceil(image_objects.PAGE / named_objects.BATCH)
    assert calls * ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) <= cleanup_job.RESERVE_MS / 1000 < 300 / 2
    assert cleanup_job.RESERVE_MS / 1000 + leases.RENEW_SECONDS < leases.LEASE_SECONDS


@pytest.mark.usefixtures("tomorrow")
def test_without_a_table_of_connections_images_are_swept_with_all_of_the_time(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONNECTIONS_TABLE")
    environment.forget()
    client("s3").put_object(Bucket=IMAGES_BUCKET, Key=f"images/{GONE}/image/thumb.webp", Body=b"x")
    # Less than twice the reserve: the first of two sweeps would not begin.
    result = run(Context(remaining_ms=cleanup_job.RESERVE_MS + 20_000))
    assert result["outcome"] == "done"
    assert "connections" not in result
    assert result["images"]["deleted"] == 1
