"""GET /health and the scheduled look at the dependencies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Barrier, Event, Timer, active_count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.clients import client
from runtime import settings as environment
from scheduled import health_checker
from scheduled.health.checks import Checker, Probe
from scheduled.health.dependencies import Dependencies, NotServing, probes
from scheduled.health.state import KEPT_SECONDS, Kept, State, representation
from scheduled.health_checker import PROBE_SECONDS, Settings
from tests.unit.functions.support.application import SOURCES, Application
from tests.unit.functions.support.cloud import (
    ENVIRONMENT,
    IMAGES_BUCKET,
    ITEMS_TABLE,
    TOKEN_SECRET,
    without_connections,
)
from tests.unit.functions.support.events import ALICE, Context, event, recorded
from tests.unit.functions.support.recorder import granted
from web.answers import check_answer

NAMES = [
    "items-table",
    "connections-table",
    "idempotency-table",
    "uploads-bucket",
    "images-bucket",
    "reports-bucket",
    "notifications-queue",
    "failures-queue",
    "event-bus",
    "notification-topic",
    "token-secret",
    "cursor-secret",
]


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A new process: nothing is kept yet."""
    clock = Clock()
    monkeypatch.setattr(health_checker, "_kept", Kept(clock))
    monkeypatch.setattr(health_checker, "_checker", Checker(PROBE_SECONDS))
    return clock


@pytest.fixture
def hang() -> Iterator[Event]:
    """Holds up probes until the test ends."""
    event = Event()
    yield event
    event.set()


def _get(application: Application, caller: dict[str, str] | None = None, **parts: Any) -> tuple[int, dict[str, Any]]:
    raw = application.run("health-checker", event("health_check", caller=caller, **parts))
    body = json.loads(raw["body"])
    check_answer("getHealth", raw["statusCode"], body)
    assert raw["headers"]["Access-Control-Allow-Origin"] == ENVIRONMENT["CORS_ORIGIN"]
    assert raw["headers"]["Cache-Control"] == "no-store"
    return raw["statusCode"], body


def _statuses(body: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in body["checks"]}


def _metrics(output: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines()]
    return [line for line in lines if "_aws" in line and "Healthy" in line]


def _logged(output: str, message: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines()]
    return [line for line in lines if line.get("message") == message]


def test_all_is_well(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    status, body = _get(events)
    assert (status, body["status"]) == (200, "ok")
    assert _statuses(body) == dict.fromkeys(NAMES, "ok")
    assert all(check["milliseconds"] > 0 for check in body["checks"])
    output = capsys.readouterr().out
    (line,) = _logged(output, "request")
    assert (line["operation"], line["route"], line["status"]) == ("getHealth", "/health", 200)
    assert _metrics(output) == []


def test_what_is_down_is_503_and_says_no_more(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    events.dynamodb.delete_table(TableName=ITEMS_TABLE)
    client("s3").delete_bucket(Bucket=IMAGES_BUCKET)
    status, body = _get(events)
    assert (status, body["status"]) == (503, "degraded")
    failed = {name for name, found in _statuses(body).items() if found == "failed"}
    assert failed == {"items-table", "images-bucket"}
    text = json.dumps(body)
    for secret in ("arn:", "unit-", "123456789012", "ResourceNotFound", "404", "Exception", "http"):
        assert secret not in text
    errors = {line["dependency"]: line["error"] for line in _logged(capsys.readouterr().out, "dependency")}
    assert errors == {"items-table": "ResourceNotFoundException", "images-bucket": "404"}


def test_a_deleted_secret_and_a_table_in_the_making_do_not_serve(
    events: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.secrets.delete_secret(SecretId=TOKEN_SECRET, RecoveryWindowInDays=7)
    assert _statuses(_get(events)[1])["token-secret"] == "failed"
    table = events.dynamodb.describe_table(TableName=ITEMS_TABLE)["Table"]
    there = Dependencies.of(environment.read(Settings).dependencies)
    for state, serves in {"ACTIVE": True, "UPDATING": True, "CREATING": False, "DELETING": False}.items():
        monkeypatch.setattr(
            client("dynamodb"), "describe_table", lambda state=state, **_: {"Table": {**table, "TableStatus": state}}
        )
        look = probes(there)[0].look
        if serves:
            look()
        else:
            with pytest.raises(NotServing):
                look()


@pytest.mark.parametrize("caller", [None, ALICE, {"kind": "anonymous", "sub": "", "scope": ""}])
def test_everybody_may_ask(events: Application, caller: dict[str, str] | None) -> None:
    assert _get(events, caller=caller)[0] == 200
    assert _get(events, headers={"Authorization": "Bearer nonsense"})[0] == 200


def test_a_public_operation_opens_no_other(events: Application) -> None:
    _get(events)
    for operation in ("get_item", "list_items", "create_item", "update_item", "delete_item"):
        assert events.call(operation, caller=None).status == 401


def test_callers_cannot_hammer_the_dependencies(
    events: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    real = health_checker._look
    monkeypatch.setattr(health_checker, "_look", lambda settings: looks.append(1) or real(settings))  # type: ignore[func-returns-value]
    first = _get(events)
    events.dynamodb.delete_table(TableName=ITEMS_TABLE)
    clock.now += KEPT_SECONDS
    assert _get(events) == first
    assert len(looks) == 1
    clock.now += 0.1
    assert _get(events)[0] == 503
    assert len(looks) == 2


def test_a_hanging_dependency_is_a_timeout_and_holds_up_nobody(
    events: Application, monkeypatch: pytest.MonkeyPatch, hang: Event
) -> None:
    monkeypatch.setattr(client("sqs"), "get_queue_attributes", lambda **_: hang.wait(60))
    monkeypatch.setattr(health_checker, "_checker", Checker(1))
    started = time.monotonic()
    status, body = _get(events)
    assert time.monotonic() - started < 5
    assert status == 503
    queues = dict.fromkeys(("notifications-queue", "failures-queue"), "timeout")
    assert _statuses(body) == {**dict.fromkeys(NAMES, "ok"), **queues}
    assert [check["milliseconds"] for check in body["checks"] if check["status"] == "timeout"] == [1000, 1000]


def test_the_schedule_leaves_metrics_and_raises_nothing(
    events: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    events.dynamodb.delete_table(TableName=ITEMS_TABLE)
    result = events.run("health-checker", recorded("scheduled"))
    assert result["status"] == "degraded"
    output = capsys.readouterr().out
    (metrics,) = _metrics(output)
    assert metrics["Healthy"] == [0.0]
    assert metrics["Latency"][0] > 0
    (described,) = metrics["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["service"]], "two metrics to pay for, not two for each dependency"
    (failure,) = _logged(output, "dependency")
    assert (failure["level"], failure["dependency"], failure["status"]) == ("ERROR", "items-table", "failed")
    (line,) = _logged(output, "event")
    assert (line["kind"], line["healthy"], line["correlation_id"]) == (
        "health-checker",
        False,
        recorded("scheduled")["id"],
    )


def test_a_cold_check_fits_its_time() -> None:
    """A new process opens a TLS connection to each dependency: up to 1.4 s of CPU, measured without any network.

    Lambda gives a core at 1,769 MB, and parts of one below (AWS Lambda Developer Guide, "Configure Lambda function
    memory").
    """
    text = (SOURCES.parent / "functions" / "scheduled.tf").read_text(encoding="utf-8")
    block = text[text.index("    health-checker = {") :]
    memory, timeout = (int(re.search(rf"{name} += (\d+)", block)[1]) for name in ("memory_mb", "timeout_seconds"))  # type: ignore[index]
    slowest = 1.4 / min(1, memory / 1769)
    assert slowest * 3 <= health_checker.PROBE_SECONDS
    assert timeout >= health_checker.PROBE_SECONDS * 2


def test_the_schedule_always_looks(events: Application) -> None:
    assert events.run("health-checker", recorded("scheduled"))["status"] == "ok"
    events.dynamodb.delete_table(TableName=ITEMS_TABLE)
    assert events.run("health-checker", recorded("scheduled"))["status"] == "degraded"
    assert _get(events)[0] == 503


def test_errors_do_not_reach_the_log_with_their_text(
    events: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:aws:secret-role may not"}}, "X")

    monkeypatch.setattr(client("sns"), "get_topic_attributes", refuse)
    assert _get(events)[0] == 503
    output = capsys.readouterr().out
    assert "AccessDenied" in output
    assert "secret-role" not in output


def test_a_missing_setting_is_500(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPENDENCIES")
    environment.forget()
    raw = events.run("health-checker", event("health_check", caller=None))
    assert raw["statusCode"] == 500
    assert "DEPENDENCIES" not in raw["body"]
    with pytest.raises(environment.SettingError):
        events.run("health-checker", recorded("scheduled"))


def test_every_resource_of_the_settings_is_looked_at(events: Application) -> None:
    assert [probe.name for probe in probes(Dependencies.of(environment.read(Settings).dependencies))] == NAMES
    rows = granted()["health-checker"]
    assert len(rows) == len(NAMES)


def test_probes_run_at_once() -> None:
    """Each waits until all have begun: one after the other, they would wait for ever."""
    together = Barrier(8)
    results = Checker(5).run([Probe(f"p{number}", lambda: together.wait(5)) for number in range(8)])
    assert {result.status for result in results} == {"ok"}


def test_results_keep_their_order_and_say_what_went_wrong() -> None:
    results = Checker(5).run(
        [Probe("good", lambda: None), Probe("bad", lambda: 1 / 0), Probe("good-too", lambda: None)]
    )
    assert [(result.name, result.status) for result in results] == [
        ("good", "ok"),
        ("bad", "failed"),
        ("good-too", "ok"),
    ]
    assert isinstance(results[1].error, ZeroDivisionError)


def test_threads_do_not_pile_up(hang: Event) -> None:
    checker = Checker(0.05)
    before = active_count()
    for _ in range(5):
        assert checker.run([Probe("stuck", lambda: hang.wait(60))])[0].status == "timeout"
    # The one that hangs, and the last one that waits for it.
    assert active_count() - before <= 2


def test_a_dependency_is_well_as_soon_as_the_hanging_look_has_ended(hang: Event) -> None:
    checker = Checker(1)
    assert checker.run([Probe("stuck", lambda: hang.wait(60))])[0].status == "timeout"
    Timer(0.2, hang.set).start()
    assert checker.run([Probe("stuck", lambda: None)])[0].status == "ok"


def test_the_process_ends_although_a_probe_hangs() -> None:
    code = (
        "import time; from scheduled.health.checks import Checker, Probe; "
        "print(Checker(0.05).run([Probe('stuck', lambda: time.sleep(600))])[0].status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCES, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "timeout\n"


def test_the_time_is_that_of_the_look() -> None:
    kept = Kept(Clock())
    state = kept.get(lambda: State([], 1_795_428_942_123_000_000))
    assert kept.get(lambda: State([], 0)) is state
    body = representation(state)
    assert re.fullmatch(r"2026-11-23T10:15:42\.123Z", str(body["time"]))


def test_the_context_is_enough(events: Application) -> None:
    assert events.run("health-checker", {}, Context())["status"] == "ok"


def test_without_a_websocket_api_connections_are_no_dependency(
    events: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPENDENCIES", json.dumps(without_connections()))
    environment.forget()
    status, body = _get(events)
    assert status == 200
    assert list(_statuses(body)) == [name for name in NAMES if name != "connections-table"]
