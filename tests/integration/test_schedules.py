"""Schedules fire by themselves, and what they start leaves its traces."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.integration.api import Caller
from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tests.integration.listeners import log_lines, on_topic
from tools.access.http import call
from tools.access.listing import everything

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def invoke(checkout: Checkout, tmp_path: Path) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """Run a job by hand, by the toolkit's command, and return its answer."""

    def invoke(function: str, event: dict[str, Any]) -> dict[str, Any]:
        file = tmp_path / "event.json"
        file.write_text(json.dumps(event), encoding="utf-8")
        return dict(json.loads(checkout.tools("invoke", function, "--event", str(file)).stdout))

    return invoke


def test_the_health_check_answers_anybody_and_tells_nothing(checkout: Checkout, outputs: dict[str, Any]) -> None:
    answer = call("GET", f"{outputs['api_url']}/health")
    assert answer.status == 200, answer
    health = answer.json()
    assert health["status"] == "ok"
    assert len(health["checks"]) >= 8
    text = answer.body.decode()
    for secret in ("arn:", checkout.prefix, "000000000000", "amazonaws", "127.0.0.1"):
        assert secret not in text


@pytest.mark.needs("schedule")
def test_a_schedule_fires_and_is_seen_in_the_logs(aws: Callable[[str], Any], outputs: dict[str, Any]) -> None:
    """Once a minute in the environments of emulators; GET /health leaves the line of a request, and not this one."""
    function = outputs["functions"]["health-checker"]
    assert eventually(lambda: log_lines(aws, function, kind="health-checker"), seconds=75)


@pytest.mark.needs("authorizer")
def test_the_report_is_written_once_and_announced(
    invoke: Callable[..., dict[str, Any]],
    caller: Callable[..., Caller],
    aws: Callable[[str], Any],
    outputs: dict[str, Any],
) -> None:
    caller("reported").create(visibility="public", category="reported")
    bucket = outputs["buckets"]["reports"]
    with on_topic(aws, outputs["notification_topic"]) as topic:
        announced = [invoke("report-generator", {"week": "2026-W40"})["announced"] for _ in range(2)]
        notes = eventually(
            lambda: [n for n in topic.receive() if n["MessageAttributes"]["kind"]["Value"] == "Report"] or None
        )
    assert announced == [True, False]
    keys = [
        entry["Key"] for entry in everything(aws("s3"), "list_objects_v2", Bucket=bucket, Prefix="reports/2026-W40/")
    ]
    assert sorted(keys) == ["reports/2026-W40/items.csv", "reports/2026-W40/report.html"]
    (link,) = re.findall(r"https?://\S+", notes[0]["Message"])
    page = call("GET", link)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.body.decode().count("<svg") >= 3


@pytest.mark.needs("authorizer")
def test_the_report_of_this_week_shows_its_items_in_a_browser(
    page: Page,
    invoke: Callable[..., dict[str, Any]],
    caller: Callable[..., Caller],
    aws: Callable[[str], Any],
    outputs: dict[str, Any],
) -> None:
    caller("reported").create(visibility="public", category="reported", name="<b>Reported</b>")
    year, number, _ = datetime.now(UTC).isocalendar()
    week = f"{year}-W{number:02d}"
    assert invoke("report-generator", {"week": week})["announced"] is False
    stored = aws("s3").get_object(Bucket=outputs["buckets"]["reports"], Key=f"reports/{week}/report.html")
    page.set_content(stored["Body"].read().decode())
    assert page.get_by_text("<b>Reported</b>", exact=True).count() >= 1
    for chart in ("days", "categories", "prices"):
        bars = page.locator(f"#{chart} .bar")
        assert any(box and box["width"] > 5 and box["height"] > 5 for box in (bar.bounding_box() for bar in bars.all()))
        shot = Image.open(io.BytesIO(page.locator(f"#{chart}").screenshot())).convert("RGB")
        drawn = {colour: count for count, colour in shot.getcolors(shot.width * shot.height) or []}
        assert drawn.get((0x25, 0x63, 0xEB), 0) > 500, f"{chart}: no bar has its colour"


def test_a_dry_run_of_the_cleanup_deletes_nothing(
    invoke: Callable[..., dict[str, Any]], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    bucket = outputs["buckets"]["images"]
    key = "images/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a11/thumb.webp"
    aws("s3").put_object(Bucket=bucket, Key=key, Body=b"of an item that is gone")
    invoke("cleanup-job", {"dryRun": True})
    assert aws("s3").head_object(Bucket=bucket, Key=key)
    invoke("cleanup-job", {})
    assert everything(aws("s3"), "list_objects_v2", Bucket=bucket, Prefix=key) == []
