"""The one log line and the metrics that every request leaves."""

from __future__ import annotations

from config.runtime import FunctionSettings
from telemetry.cold_starts import is_cold_start
from telemetry.logs import logger
from telemetry.metrics import count


def report(
    *,
    settings: FunctionSettings | None,
    operation: str,
    method: str,
    route: str,
    status: int,
    duration_ms: float,
    request_id: str,
    correlation_id: str,
    error: str,
) -> None:
    """Log and count one request.

    Parameters
    ----------
    settings
        Namespace and service of the metrics; without settings nothing is counted.
    operation
        The contract's `operationId`.
    method, route
        HTTP method and resource template; never the path, which holds what the caller has sent.
    status
        HTTP status of the answer.
    duration_ms
        Milliseconds.
    request_id, correlation_id
        The gateway's id of the request, and the id of the caller's undertaking.
    error
        Name of the exception's class where the answer is an error.
    """
    line: dict[str, object] = {
        "operation": operation,
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(duration_ms, 3),
        "request_id": request_id,
        "correlation_id": correlation_id,
        "cold_start": is_cold_start(),
    }
    if error:
        line["error"] = error
    logger().info("request", extra=line)
    if settings is not None:
        count(settings, "Requests", {"operation": operation, "status": f"{status // 100}xx"})
