"""What the notification queue carries: events of items, and alarms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.item_events import SOURCE, ItemEvent, UnknownEvent, detail, from_bus

ALARM = "AlarmStateChange"
_ALARM_SOURCE = "aws.cloudwatch"
_ALARM_TYPE = "CloudWatch Alarm State Change"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What is to be told, once.

    Parameters
    ----------
    kind
        Kind of the item event, or `ALARM`.
    id
        The same for every delivery of the same notification.
    correlation_id
        The id of the caller's undertaking that led to it; of an alarm, its own.
    subject, text
        What the topic's subscribers read: JSON of an item event, words of an alarm.
    event
        The item event; nothing for an alarm, which concerns no connected client.
    """

    kind: str
    id: str
    correlation_id: str
    subject: str
    text: str
    event: ItemEvent | None = None


def notification_from(body: str) -> Notification:
    """Return the notification in the body of a message: an EventBridge envelope ("EventBridge event structure").

    Raises
    ------
    UnknownEvent
        The body is nothing that this code knows. The message is one of a fixed set of words.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise UnknownEvent("not-json") from None
    if not isinstance(envelope, dict):
        raise UnknownEvent("not-an-event")
    if envelope.get("source") == SOURCE:
        return _of_item(from_bus(envelope))
    if (envelope.get("source"), envelope.get("detail-type")) == (_ALARM_SOURCE, _ALARM_TYPE):
        return _of_alarm(envelope)
    raise UnknownEvent("unknown-source")


def _of_item(event: ItemEvent) -> Notification:
    return Notification(
        kind=event.kind,
        id=event.id,
        correlation_id=event.correlation_id,
        subject=f"{event.kind} {event.item['id']}",
        text=json.dumps({"kind": event.kind, **detail(event)}),
        event=event,
    )


def _of_alarm(envelope: Mapping[str, Any]) -> Notification:
    """Return an alarm in words ("Alarm state change events": `detail` has states and configuration)."""
    try:
        alarm, state, before = envelope["detail"], envelope["detail"]["state"], envelope["detail"].get("previousState")
        name, value = str(alarm["alarmName"]), str(state["value"])
        lines = [
            f"{name} is {value}; it was {(before or {}).get('value', 'unknown')}.",
            f"Why: {state.get('reason') or 'no reason was given'}",
            f"When: {state.get('timestamp') or envelope.get('time')}",
            f"Where: account {envelope.get('account')}, region {envelope.get('region')}",
        ]
        description = (alarm.get("configuration") or {}).get("description")
        identifier = str(envelope["id"])
    except (KeyError, TypeError, AttributeError):
        raise UnknownEvent("malformed") from None
    if description:
        lines += ["", str(description)]
    return Notification(
        kind=ALARM,
        id=identifier,
        correlation_id=identifier,
        subject=f"{value}: {name}",
        text="\n".join(lines) + "\n",
    )
