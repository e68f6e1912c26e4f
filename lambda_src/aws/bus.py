"""Domain events onto the bus (EventBridge API reference, "PutEvents")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from aws.clients import Unavailable, client, translating
from domain.item_events import SOURCE, ItemEvent, detail
from domain.json_text import to_json

# EventBridge User Guide, "Calculating PutEvents event entry size": the entries of a request together are smaller.
ENTRIES = 10
BYTES = 256 * 1024
_TIME_BYTES = 14
# API reference, "PutEventsResultEntry": the codes after which the same entry may be taken.
_LATER = frozenset({"InternalException", "InternalFailure", "ThrottlingException"})


class EventsRefused(Exception):
    """The bus has not taken an event, and would not take it later either. The message names EventBridge's codes."""


def put_events(bus: str, events: Sequence[ItemEvent]) -> None:
    """Put events on the bus, in order and in as few requests as its limits allow.

    Parameters
    ----------
    bus
        Name of the bus.
    events
        What has happened.

    Raises
    ------
    Unavailable
        The bus is throttled, too slow or down.
    EventsRefused
        It has refused an event, or an event is too large for it (code "TooLarge"; then none has been sent).
        After either error some events may be on the bus: whoever sends all of them again keeps their ids, by which
        receivers know them.
    """
    # Every request is prepared before the first is sent.
    for entries in list(_requests([_entry(bus, event) for event in events])):
        with translating():
            answer = client("events").put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            codes = {str(result["ErrorCode"]) for result in answer["Entries"] if "ErrorCode" in result}
            text = " ".join(sorted(codes))
            raise Unavailable(text) if codes <= _LATER else EventsRefused(text)


def _entry(bus: str, event: ItemEvent) -> dict[str, Any]:
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": event.kind,
        "Detail": to_json(detail(event)),
        "Time": datetime.fromisoformat(event.occurred_at),
        "Resources": [],
    }


def _requests(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    request: list[dict[str, Any]] = []
    total = 0
    for entry in entries:
        size = _TIME_BYTES + sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))
        if size >= BYTES:
            raise EventsRefused("TooLarge")
        if len(request) == ENTRIES or total + size >= BYTES:
            yield request
            request, total = [], 0
        request.append(entry)
        total += size
    if request:
        yield request
