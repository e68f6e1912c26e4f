"""Schedules fire by themselves, and what they start leaves its traces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api import Caller
from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tests.integration.listeners import log_lines, on_topic
from tools.smoke import call

pytestmark = pytest.mark.needs("events")


def test_the_health_check_answers_anybody_and_tells_nothing(outputs: dict[str, Any]) -> None:
    answer = call("GET", f"{outputs['api_url']}/health")
    assert answer.status == 200, answer
    health = answer.json()
    assert health["status"] == "ok"
    assert len(health["checks"]) >= 8
    text = answer.body.decode()
    for secret in ("arn:", "starter-local", "000000000000", "amazonaws", "127.0.0.1"):
        assert secret not in text


def test_a_schedule_fires_and_is_seen_in_the_logs(aws: Callable[[str], Any], outputs: dict[str, Any]) -> None:
    """Once a minute in the local environment; GET /health leaves the line of a request, and not this one."""
    function = outputs["functions"]["health-checker"]
    assert eventually(lambda: log_lines(aws, function, kind="health-checker"), seconds=75)


def test_the_report_is_written_once_and_announced(
    checkout: Checkout,
    caller: Callable[..., Caller],
    aws: Callable[[str], Any],
    outputs: dict[str, Any],
    tmp_path: Path,
) -> None:
    caller("reported").create(visibility="public", category="reported")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"week": "2026-W40"}), encoding="utf-8")
    bucket = outputs["buckets"]["reports"]
    with on_topic(aws, outputs["notification_topic"]) as topic:
        for _ in range(2):
            checkout.tools("invoke", "report-generator", "--event", str(event))
        notes = eventually(
            lambda: [n for n in topic.receive() if n["MessageAttributes"]["kind"]["Value"] == "Report"] or None
        )
    keys = [entry["Key"] for entry in aws("s3").list_objects_v2(Bucket=bucket, Prefix="reports/2026-W40/")["Contents"]]
    assert sorted(keys) == ["reports/2026-W40/items.csv", "reports/2026-W40/report.html"]
    (link,) = re.findall(r"https?://\S+", notes[0]["Message"])
    page = call("GET", link)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.body.decode().count("<svg") >= 3


def test_a_dry_run_of_the_cleanup_deletes_nothing(
    checkout: Checkout, aws: Callable[[str], Any], outputs: dict[str, Any], tmp_path: Path
) -> None:
    bucket = outputs["buckets"]["images"]
    key = "images/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a11/thumb.webp"
    aws("s3").put_object(Bucket=bucket, Key=key, Body=b"of an item that is gone")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"dryRun": True}), encoding="utf-8")
    checkout.tools("invoke", "cleanup-job", "--event", str(event))
    assert aws("s3").head_object(Bucket=bucket, Key=key)
    checkout.tools("invoke", "cleanup-job")
    listed = aws("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    assert listed["KeyCount"] == 0
