"""The one log line and the metrics that every decision of an authorizer leaves."""

from __future__ import annotations

from config.runtime import FunctionSettings
from telemetry.cold_starts import is_cold_start
from telemetry.logs import logger
from telemetry.metrics import count


def report(*, settings: FunctionSettings, outcome: str, reason: str, duration_ms: float, request_id: str) -> None:
    """Log and count one decision.

    Parameters
    ----------
    settings
        Namespace and service of the metrics.
    outcome
        "user", "anonymous", "refused" or "failed".
    reason
        Why it was refused or has failed, as one of a fixed set of words; never a part of the credential.
    duration_ms
        Milliseconds.
    request_id
        The gateway's id of the request where the event has one, else the invocation's.
    """
    line: dict[str, object] = {
        "outcome": outcome,
        "duration_ms": round(duration_ms, 3),
        "request_id": request_id,
        "cold_start": is_cold_start(),
    }
    if reason:
        line["reason"] = reason
    logger().info("authorization", extra=line)
    count(settings, "Authorizations", {"outcome": outcome})
