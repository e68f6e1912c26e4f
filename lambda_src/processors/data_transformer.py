"""The items table's stream: turn each change into a domain event, and hand it to everything that follows changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.bus import EventsRefused, put_events
from aws.clients import connect
from aws.idempotency.steps import DAY_SECONDS, once
from aws.items.stream import KINDS, MalformedRecord, change_of
from domain.item_changes import Change, event_of
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.partial_batches import Failures, each_change
from runtime.settings import read
from runtime.work import unit_of_event

# Two attempts to put an event, each with its timeouts, and the bookkeeping.
CLAIM_SECONDS = 10
# A stream keeps a record for a day, or a little longer (DynamoDB Developer Guide, "Change data capture for DynamoDB
# Streams").
KEPT_SECONDS = 2 * DAY_SECONDS
Consumer = Callable[[Change], None]


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Names of the bus and of the table of idempotency records."""

    event_bus: str
    idempotency_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> Failures:
    """Handle a batch of a DynamoDB stream's mapping that has `ReportBatchItemFailures` and halves batches that fail.

    Raises
    ------
    NothingDone
        The first of several records has failed.
    """
    settings = read(Settings)
    followers = consumers(settings, context)
    return each_change(event, lambda record: follow(record, settings, followers))


def consumers(settings: Settings, context: LambdaContext) -> tuple[Consumer, ...]:
    """Return what follows changes, in this order.

    Each consumer does its work once, however often it is called with the same change: when a later one fails, Lambda
    delivers the change again, and all are called again.
    """
    return (partial(announce, settings=settings, context=context),)


def announce(change: Change, *, settings: Settings, context: LambdaContext) -> None:
    """Put the event of a change on the bus, once.

    Raises
    ------
    Unavailable
        The bus or the table of idempotency records does not answer.
    EventsRefused
        The bus will never take this event.
    StillInProgress
        Another delivery of the change is at it, or was stopped in the middle of it, and there is no time to wait for
        its end.
    """
    event = event_of(change)
    if event is None:
        return
    once(
        partial(put_events, settings.event_bus, [event]),
        table=settings.idempotency_table,
        scope=["data-transformer", "announce", change.id],
        claim_seconds=CLAIM_SECONDS,
        kept_seconds=KEPT_SECONDS,
        patience_seconds=context.get_remaining_time_in_millis() / 1000 - CLAIM_SECONDS,
    )


def follow(record: Mapping[str, Any], settings: Settings, followers: tuple[Consumer, ...]) -> None:
    """Have every consumer follow the change of one record, and log that as one line.

    Raises
    ------
    Exception
        What kept a consumer from it, or `MalformedRecord`. Lambda tries again, and sends a record that has failed too
        often to the mapping's on-failure destination; so nothing is lost, and nothing waits behind it for ever.
    """
    kind = KINDS.get(str(record.get("eventName")), "unknown")
    with unit_of_event(settings, kind=kind, correlation_id=str(record.get("eventID")), **_details(record)) as work:
        try:
            change = change_of(record)
            work.correlation_id = change.correlation_id
            work.details |= {"version": change.item.version, "expired": change.expired}
            if event_of(change) is None:
                work.skip("nothing-visible")
                return
            for consumer in followers:
                consumer(change)
        except (MalformedRecord, EventsRefused) as refusal:
            # It will never succeed, and is on its way to the failure destination.
            work.refuse("malformed" if isinstance(refusal, MalformedRecord) else "refused-by-the-bus")
            work.error = refusal
            raise


def _details(record: Mapping[str, Any]) -> dict[str, object]:
    """Return what identifies a record, also where nothing else of it can be read."""
    content = record["dynamodb"]
    return {
        "event_id": record.get("eventID"),
        "sequence_number": content["SequenceNumber"],
        "item_id": content.get("Keys", {}).get("id", {}).get("S"),
    }


at_init(partial(read, Settings), partial(connect, "dynamodb"), partial(connect, "events"))
