"""The notification queue: what happens to items, and alarms, to the topic's subscribers and to connected clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.idempotency.steps import once
from aws.topic import publish
from domain.item_events import ItemEvent, UnknownEvent
from domain.notifications import Notification, notification_from
from processors.fan_out import Pushes, fan_out
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.partial_batches import Failures, Record, each_message
from runtime.settings import read
from runtime.work import Event, unit_of_event

# The longest that anything begun takes: two attempts at a push, each with its timeouts, and the bookkeeping.
RESERVED_MS = 8_000


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Names of the tables, and where to publish and to push.

    Parameters
    ----------
    connections_table, websocket_endpoint
        Who is connected, and the URL of the WebSocket API's stage for the "@connections commands". Where there is no
        WebSocket API both are absent, and nobody is pushed to.
    """

    idempotency_table: str
    notification_topic_arn: str
    connections_table: str = ""
    websocket_endpoint: str = ""

    @property
    def pushes(self) -> bool:
        """Whether somebody can be connected."""
        return bool(self.connections_table and self.websocket_endpoint)


class NothingDelivered(Exception):
    """No connection has taken a push, though there are more to try. Trying again repeats nothing."""


class NoTimeLeft(Exception):
    """What is left of the invocation is too little to begin with a message."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> Failures:
    """Deliver the notifications of an SQS event; those that failed come again, and land in the dead-letter queue."""
    settings = read(Settings)
    return each_message(event, lambda record: _work(record, settings, context))


def _work(record: Record, settings: Settings, context: LambdaContext) -> None:
    """Deliver one message, and leave its log line."""
    message_id = record["messageId"]
    # Until it is known what the message is about.
    with unit_of_event(settings, kind="message", correlation_id=message_id, message_id=message_id) as work:
        try:
            notification = notification_from(record["body"])
        except UnknownEvent as unknown:
            work.refuse(str(unknown))
            raise
        work.kind, work.correlation_id = notification.kind, notification.correlation_id
        work.details["event_id"] = notification.id
        _note(work, *deliver(notification, settings, context))


def deliver(
    notification: Notification,
    settings: Settings,
    context: LambdaContext,
    *,
    clock: Callable[[], float] = time.time,
) -> tuple[bool, list[Pushes]]:
    """Publish and push a notification, each once however often its message comes; return what was done now.

    Publishing and pushing are remembered apart: when one of them fails, a later delivery of the message does that one
    alone. Only a process that dies between doing and remembering makes a later delivery repeat it.

    Parameters
    ----------
    notification
        What is to be told.
    settings, context
        Where to, and how long there is.
    clock
        Seconds since the Unix epoch.

    Raises
    ------
    NoTimeLeft, NothingDelivered, aws.clients.Unavailable, aws.idempotency.key_records.StillInProgress
        The message has to come again.
    """
    if _out_of_time(context):
        raise NoTimeLeft
    pushed: list[Pushes] = []

    def announce() -> None:
        publish(
            settings.notification_topic_arn,
            kind=notification.kind,
            subject=notification.subject,
            text=notification.text,
            correlation_id=notification.correlation_id,
        )

    def push_all(event: ItemEvent) -> None:
        pushes = fan_out(
            event,
            table=settings.connections_table,
            endpoint=settings.websocket_endpoint,
            now=clock(),
            out_of_time=lambda: _out_of_time(context),
        )
        if not pushes.delivered and not pushes.complete:
            raise NothingDelivered from pushes.error
        pushed.append(pushes)

    event = notification.event
    published = _once("publish", announce, notification, settings, context)
    if event is not None and settings.pushes:
        _once("push", lambda: push_all(event), notification, settings, context)
    return published, pushed


def _once(
    step: str, action: Callable[[], None], notification: Notification, settings: Settings, context: LambdaContext
) -> bool:
    """Take a step unless it was taken for this notification before, and say whether it was taken now."""
    return once(
        action,
        table=settings.idempotency_table,
        scope=["notification-sender", step, notification.id],
        # Longer than this invocation nothing of it can be at work.
        claim_seconds=context.get_remaining_time_in_millis() / 1000,
    )


def _note(work: Event, published: bool, pushed: list[Pushes]) -> None:
    """Put what was done on the log line."""
    if not published and not pushed:
        work.skip("duplicate")
        return
    work.details["published"] = published
    for pushes in pushed:
        work.details |= {
            "delivered": pushes.delivered,
            "gone": pushes.gone,
            "undelivered": pushes.failed + pushes.unsent,
            "cut": pushes.cut,
        }
        if not pushes.complete:
            work.reason = "incomplete"
        work.error = pushes.error or work.error


def _out_of_time(context: LambdaContext) -> bool:
    return context.get_remaining_time_in_millis() < RESERVED_MS


at_init(partial(read, Settings), partial(connect, "dynamodb"), partial(connect, "sns"))
