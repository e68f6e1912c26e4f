"""Every week: a report about the items, as a page and as a spreadsheet, in S3, and a message that it is there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from config.environment import read
from config.initialisation import at_init
from config.runtime import FunctionSettings, LambdaContext
from domain.jobs import ForeignEvent, is_scheduled
from reports.page import render_page
from reports.spreadsheet import render_csv
from reports.summary import Summary, summarise
from reports.weeks import NotAWeek, Week, begun_week, week_before
from storage.clients import connect
from storage.items_scan import all_items
from storage.leases import Lease, LeaseHeld, checkpoint, held, keep
from storage.report_files import ReportFile, key_of, link_to, put_file
from storage.topics import publish
from telemetry.event_line import DONE, FAILED, REFUSED, SKIPPED, report

JOB = "report-generator"
PAGE, SPREADSHEET = "report.html", "items.csv"
# For a page of items, the rendering, two files and a message, each call at the client's timeout and tried twice.
RESERVE_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Names of the tables, the bucket and the topic."""

    items_table: str
    idempotency_table: str
    reports_bucket: str
    notification_topic_arn: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make the report of the last week that was over at the event's `time`, or of `{"week": "2026-W47"}`.

    A week that goes on can be asked for by its name. Nobody is told of its report, which the week's own will overwrite.

    Returns
    -------
    dict
        `outcome`; of a report also `week`, the `keys` of its files, `items`, and whether it was `announced`.

    Raises
    ------
    ForeignEvent
        The event is neither the schedule's nor such a request. Nothing is done.
    Exception
        There is no report, or nobody has been told of it: a service does not answer, or the time was not enough. Lambda
        tries again, and a later run overwrites.
    """
    settings = read(Settings)
    started = time.perf_counter()
    correlation_id = context.aws_request_id

    def tell(outcome: str, **details: Any) -> None:
        report(
            settings=settings,
            kind=JOB,
            outcome=outcome,
            duration_ms=(time.perf_counter() - started) * 1000,
            correlation_id=correlation_id,
            **details,
        )

    try:
        scheduled = is_scheduled(event, {"week"})
        correlation_id = str(event.get("id") or correlation_id)
        now = datetime.fromtimestamp(time.time(), UTC)
        week = _week(event, now)
        with held(settings.idempotency_table, JOB, context, must_run=scheduled) as lease:
            made = _make(week, settings, context, correlation_id, lease, so_far=now < week.end)
    except ForeignEvent as error:
        tell(REFUSED, reason="not-its-event", error=error)
        raise
    except NotAWeek:
        tell(REFUSED, reason="not-a-week")
        return {"outcome": REFUSED, "reason": "not-a-week"}
    except LeaseHeld:
        tell(SKIPPED, reason="already-running")
        return {"outcome": SKIPPED, "reason": "already-running"}
    except Exception as error:
        tell(FAILED, error=error)
        raise
    tell(DONE, **made)
    return {"outcome": DONE, **made}


def _week(event: Mapping[str, Any], now: datetime) -> Week:
    """Return the week that an event asks for.

    Raises
    ------
    NotAWeek
        It asks for something else, or for a week that has not begun; or its time is one that has not come.
    """
    if "week" in event:
        return begun_week(str(event["week"]), now)
    try:
        moment = datetime.fromisoformat(str(event["time"])) if event.get("time") else now
        # RFC 3339, which events are written in, always has an offset; without one the time would be this machine's.
        if moment.tzinfo is None:
            raise NotAWeek
        week = week_before(moment)
    except (ValueError, OverflowError) as error:
        raise NotAWeek from error
    if week.end > now:
        raise NotAWeek
    return week


def _make(
    week: Week, settings: Settings, context: LambdaContext, correlation_id: str, lease: Lease, *, so_far: bool
) -> dict[str, Any]:
    def enough_time() -> bool:
        lease.renew()
        return context.get_remaining_time_in_millis() > RESERVE_MS

    summary = summarise(week, all_items(settings.items_table, enough_time), so_far=so_far)
    lease.renew()
    # All items have been read by now, so what is written is never a part.
    files = [
        ReportFile(SPREADSHEET, "text/csv; charset=utf-8; header=present", render_csv(summary.new_public)),
        ReportFile(PAGE, "text/html; charset=utf-8", render_page(summary)),
    ]
    for file in files:
        put_file(settings.reports_bucket, week.label, file)
    return {
        "week": week.label,
        "keys": [key_of(week.label, file.name) for file in files],
        "items": summary.items,
        "announced": not so_far and _announce(summary, settings, correlation_id),
    }


def _announce(summary: Summary, settings: Settings, correlation_id: str) -> bool:
    """Tell of a report, unless it has been told of lately, and say whether that was needed.

    EventBridge may deliver an event twice, and a report that is made again is no news. Whoever dies between telling and
    taking note of it tells once more: better than never.
    """
    week = summary.week.label
    table, told = settings.idempotency_table, f"{JOB}/{week}"
    if checkpoint(table, told):
        return False
    publish(
        settings.notification_topic_arn,
        kind="Report",
        subject=f"Items: report of week {week}",
        text=_message(summary, link_to(settings.reports_bucket, week, PAGE)),
        correlation_id=correlation_id,
    )
    keep(table, told, {"announced": True}, now=int(time.time()))
    return True


def _message(summary: Summary, link: str) -> str:
    return (
        f"The report of week {summary.week.label} is ready.\n\n"
        f"{summary.items:,} items, {summary.public_items:,} of them public. "
        f"{summary.created_items:,} were created in the week.\n\n"
        f"{link}\n\n"
        "Whoever has this link can read the report for some hours, and for seven days at the most. "
        f"After that it is in the reports bucket as {key_of(summary.week.label, PAGE)}.\n"
    )


at_init(partial(read, Settings), partial(connect, "dynamodb"), partial(connect, "s3"), partial(connect, "sns"))
