"""What is not a job's event is refused, and nothing is done: a mistake in a rule, a trigger or a command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws.clients import client
from scheduled.jobs import ForeignEvent
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, IMAGES_BUCKET, REPORTS_BUCKET
from tests.unit.functions.support.events import EVENTS, Context, event, recorded
from tests.unit.functions.support.sockets import connected
from tools.access.listing import everything

JOBS = ("cleanup-job", "report-generator", "health-checker")
ORPHAN = "images/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10/image/thumb.webp"
NOT_THEIRS: dict[str, Any] = {
    "an unknown word": {"private-word": "private-value"},
    "the wish of another job": {"dryrun": True},
    "a wish and an unknown word": {"dryRun": False, "week": "2026-W46", "private-word": 1},
    "a time alone": {"time": "2026-11-23T10:15:00Z"},
    "records of nothing": {"Records": []},
    "an event of an item": {"source": "items", "detail-type": "ItemCreated", "detail": {}},
    "a schedule's detail-type of another source": {"source": "private-word", "detail-type": "Scheduled Event"},
    "another event of EventBridge": {"source": "aws.events", "detail-type": "Managed Rule Update"},
    "a list": [],
    "text": "private-word",
    "a number": 1,
    "nothing": None,
}


@pytest.fixture
def left_over(events: Application) -> Application:
    """What each job would leave its traces on."""
    connected("public", expires_at=1)
    client("s3").put_object(Bucket=IMAGES_BUCKET, Key=ORPHAN, Body=b"x")
    return events


def _untouched(application: Application) -> bool:
    stored = len(everything(client("s3"), "list_objects_v2", Bucket=REPORTS_BUCKET))
    images = len(everything(client("s3"), "list_objects_v2", Bucket=IMAGES_BUCKET))
    rows = len(application.rows(CONNECTIONS_TABLE))
    return (stored, images, rows, application.idempotency_rows()) == (0, 1, 1, [])


@pytest.mark.parametrize("job", JOBS)
def test_what_is_not_theirs_is_refused(left_over: Application, capsys: pytest.CaptureFixture[str], job: str) -> None:
    for name, given in NOT_THEIRS.items():
        with pytest.raises(ForeignEvent) as refused:
            left_over.run(job, given, Context(remaining_ms=300_000))
        output = capsys.readouterr().out
        (line,) = [line for line in map(json.loads, output.splitlines()) if line.get("message") == "event"]
        assert (line["outcome"], line["reason"], line["error"]) == ("refused", "not-its-event", "ForeignEvent"), name
        assert line["correlation_id"] == Context().aws_request_id, name
        assert "private" not in output + str(refused.value), name
    assert _untouched(left_over)
    assert left_over.recorder.calls.get(job, set()) == set()


@pytest.mark.parametrize("job", JOBS)
def test_the_recorded_events_of_others_are_refused(left_over: Application, job: str) -> None:
    for name in sorted(path.stem for path in EVENTS.glob("*.json")):
        given = recorded(name)
        if name == "scheduled" or (job == "health-checker" and "httpMethod" in given):
            continue
        with pytest.raises(ForeignEvent):
            left_over.run(job, given, Context(remaining_ms=300_000))
    assert _untouched(left_over)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("given", [{}, recorded("scheduled")], ids=["by hand", "scheduled"])
def test_what_is_theirs_is_done(left_over: Application, job: str, given: dict[str, Any]) -> None:
    answer = left_over.run(job, given, Context(remaining_ms=300_000))
    assert answer.get("outcome", answer.get("status")) in ("done", "ok")


def test_a_request_of_the_api_is_the_health_checkers_too(events: Application) -> None:
    answer = events.run("health-checker", event("health_check", caller=None))
    assert answer["statusCode"] == 200
