"""Every week: a report about the items, as a page and as a spreadsheet, in S3, and a message that it is there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws.buckets.reports import ReportFile, key_of, link_to, put_file
from aws.clients import connect
from aws.idempotency.leases import Lease, LeaseHeld, checkpoint, held, keep
from aws.items.scanning import all_items
from aws.topic import publish
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.work import DONE, REFUSED, SKIPPED, unit_of_event
from scheduled.jobs import accepted
from scheduled.report.page import render_page
from scheduled.report.spreadsheet import render_csv
from scheduled.report.summary import Summary, summarise
from scheduled.report.weeks import NotAWeek, Week, begun_week, week_before

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
    with unit_of_event(settings, kind=JOB, correlation_id=context.aws_request_id) as work:
        scheduled = accepted(event, work, {"week"})
        now = datetime.fromtimestamp(time.time(), UTC)
        try:
            week = _week(event, now)
            with held(settings.idempotency_table, JOB, context, must_run=scheduled) as lease:
                made = _make(week, settings, context, work.correlation_id, lease, so_far=now < week.end)
        except NotAWeek:
            work.refuse("not-a-week")
            return {"outcome": REFUSED, "reason": "not-a-week"}
        except LeaseHeld:
            work.skip("already-running")
            return {"outcome": SKIPPED, "reason": "already-running"}
        work.details |= made
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
