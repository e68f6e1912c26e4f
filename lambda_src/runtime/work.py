"""One log line and one count per unit of work: a request, an authorization, a record, a message, a scheduled run.

    with unit_of_event(settings, kind="upload", correlation_id=id) as work:
        work.details["bytes"] = handle(record)

leaves the line and the metric whatever happens in the block; an exception that leaves it is logged with its trace.
Nothing of a token, and nothing that a person has written, belongs in a line.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from runtime.context import FunctionSettings
from runtime.logs import logger
from runtime.metrics import count

DONE = "done"
SKIPPED = "skipped"
REFUSED = "refused"
FAILED = "failed"
_started_before: list[bool] = []


def is_cold_start() -> bool:
    """Return true at the first call in a process, and false after that."""
    first = not _started_before
    _started_before[:] = [True]
    return first


@dataclass
class Unit:
    """What is said of a unit of work.

    Parameters
    ----------
    settings
        Namespace and service of the metric; without settings nothing is counted.
    fields
        Of the log line, beside `duration_ms` and `cold_start`.
    dimensions
        Of the metric: values from small, fixed sets.
    error
        What has failed; its trace is logged.
    """

    settings: FunctionSettings | None
    fields: dict[str, object] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    error: BaseException | None = None


@contextmanager
def unit_of_work(message: str, metric: str, settings: FunctionSettings | None = None) -> Iterator[Unit]:
    """Measure the block, then write its line (`message`) and count it (`metric`), whether or not it raises."""
    unit = Unit(settings)
    started = time.perf_counter()
    try:
        yield unit
    finally:
        unit.fields |= {
            "duration_ms": round((time.perf_counter() - started) * 1000, 3),
            "cold_start": is_cold_start(),
        }
        if unit.error is not None:
            unit.fields["error"] = type(unit.error).__name__
            logger().error(message, exc_info=unit.error, extra=unit.fields)
        else:
            logger().info(message, extra=unit.fields)
        if unit.settings is not None:
            count(unit.settings, metric, unit.dimensions)


@dataclass(kw_only=True)
class Event:
    """What became of one event.

    Parameters
    ----------
    kind
        What kind of event it is, from a small, fixed set: "ItemCreated", "upload", "cleanup-job".
    correlation_id
        The id of the request that led here.
    outcome
        `DONE`; `SKIPPED` where there is nothing to do; `REFUSED` for bad input, which a retry cannot fix; `FAILED` for
        what is retried.
    reason
        Why it was skipped or refused, as one of a fixed set of words.
    error
        What has failed; its trace is logged.
    details
        Ids, counts and sizes.
    """

    kind: str
    correlation_id: str
    outcome: str = DONE
    reason: str = ""
    error: BaseException | None = None
    details: dict[str, object] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Say that there was nothing to do."""
        self.outcome, self.reason = SKIPPED, reason

    def refuse(self, reason: str) -> None:
        """Say that the input is bad."""
        self.outcome, self.reason = REFUSED, reason

    def fail(self, error: BaseException) -> None:
        """Say what went wrong; the event is retried."""
        self.outcome, self.error = FAILED, error


@contextmanager
def unit_of_event(settings: FunctionSettings, *, kind: str, correlation_id: str, **details: object) -> Iterator[Event]:
    """Do the work of one event in a block: an exception that leaves it is a failure, unless it was refused before."""
    work = Event(kind=kind, correlation_id=correlation_id, details=details)
    with unit_of_work("event", "Events", settings) as unit:
        try:
            yield work
        except BaseException as error:
            if work.outcome not in {REFUSED, FAILED}:
                work.fail(error)
            raise
        finally:
            unit.fields = {"kind": work.kind, "outcome": work.outcome, "correlation_id": work.correlation_id}
            unit.fields |= work.details
            if work.reason:
                unit.fields["reason"] = work.reason
            unit.dimensions = {"kind": work.kind, "outcome": work.outcome}
            unit.error = work.error
