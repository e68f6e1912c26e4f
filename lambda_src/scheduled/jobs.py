"""Events of jobs: a schedule's, or a request by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from runtime.work import Event


class ForeignEvent(ValueError):
    """An event that is neither of a schedule nor a documented request. It says nothing of what is in it."""

    def __init__(self) -> None:
        super().__init__("The event is neither a schedule's nor a request that this job knows.")


def is_scheduled(event: object, options: Collection[str] = ()) -> bool:
    """Say whether a schedule has sent the event, and nobody waits for the answer.

    Parameters
    ----------
    event
        What the function was invoked with.
    options
        Names of what a request by hand may ask for: a JSON object of these alone, or an empty one.

    Raises
    ------
    ForeignEvent
        It is something else: not meant for this job, so that nothing must be done about it. A scheduled event is known
        by the two fields of the EventBridge User Guide, "Event structure for scheduled events".
    """
    if not isinstance(event, Mapping):
        raise ForeignEvent
    if (event.get("source"), event.get("detail-type")) == ("aws.events", "Scheduled Event"):
        return True
    if event.keys() - set(options):
        raise ForeignEvent
    return False


def accepted(event: Mapping[str, Any], work: Event, options: Collection[str] = ()) -> bool:
    """Say whether a schedule has sent the event, as `is_scheduled`; a foreign one is refused on the log line too.

    A scheduled event's id becomes the correlation id.
    """
    try:
        scheduled = is_scheduled(event, options)
    except ForeignEvent as error:
        work.refuse("not-its-event")
        work.error = error
        raise
    work.correlation_id = str(event.get("id") or work.correlation_id)
    return scheduled
