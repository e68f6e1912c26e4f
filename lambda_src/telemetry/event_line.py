"""The one log line and the metrics of what is not a request: a record, a message, a scheduled run."""

from __future__ import annotations

from config.runtime import FunctionSettings
from telemetry.cold_starts import is_cold_start
from telemetry.logs import logger
from telemetry.metrics import count

DONE = "done"
SKIPPED = "skipped"
REFUSED = "refused"
FAILED = "failed"


def report(
    *,
    settings: FunctionSettings,
    kind: str,
    outcome: str,
    duration_ms: float,
    correlation_id: str,
    reason: str = "",
    error: BaseException | None = None,
    **details: object,
) -> None:
    """Log and count one event.

    Parameters
    ----------
    settings
        Namespace and service of the metrics.
    kind
        What kind of event it was, out of a small, fixed set: "ItemCreated", "upload", "cleanup-job".
    outcome
        `DONE`; `SKIPPED` for one that there is nothing to do for; `REFUSED` for bad input, which trying again cannot
        fix; `FAILED` for what is tried again.
    duration_ms
        Milliseconds.
    correlation_id
        The id of the caller's undertaking that led here.
    reason
        Why it was skipped or refused, as one of a fixed set of words.
    error
        What has failed; its trace is logged.
    details
        Ids, counts and sizes. Nothing of a token, and nothing that a person has written.
    """
    line: dict[str, object] = {
        "kind": kind,
        "outcome": outcome,
        "duration_ms": round(duration_ms, 3),
        "correlation_id": correlation_id,
        "cold_start": is_cold_start(),
        **details,
    }
    if reason:
        line["reason"] = reason
    if error is not None:
        line["error"] = type(error).__name__
        logger().error("event", exc_info=error, extra=line)
    else:
        logger().info("event", extra=line)
    count(settings, "Events", {"kind": kind, "outcome": outcome})
