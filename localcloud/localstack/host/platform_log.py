"""The lines that the Lambda platform writes to a function's log: the start and end of every invocation.

As text: Lambda Developer Guide, "Using Lambda function logs in CloudWatch"; as JSON: "Configuring advanced logging
controls", with the event schema of the Telemetry API.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.localstack.host.log_events import LogEvent

_LEVELS = ("DEBUG", "INFO", "WARN")


@dataclass(frozen=True)
class Report:
    """The report of a finished invocation.

    Parameters
    ----------
    duration_ms
        From passing the event to receiving the result.
    init_ms
        How long the process took to start; `None` when it was already running.
    memory_mb, used_mb
        The function's memory limit, and the most that it used.
    status
        `success`, `error` (the process exited) or `timeout`.
    error_type
        Such as `Runtime.ExitError`.
    """

    duration_ms: float
    init_ms: float | None
    memory_mb: int
    used_mb: int
    status: str = "success"
    error_type: str = ""

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds, including the start of the process."""
        return math.ceil(self.duration_ms + (self.init_ms or 0))


class PlatformLog:
    """Creates a function's platform events.

    Parameters
    ----------
    version
        The function's version, such as `$LATEST`.
    as_json
        Whether its log format is JSON.
    level
        The lowest level that is written as JSON: `DEBUG`, `INFO` or `WARN`.
    now_ms
        The clock, in milliseconds since 1970.
    """

    def __init__(self, *, version: str, as_json: bool, level: str, now_ms: Callable[[], int]) -> None:
        self._version = version
        self._as_json = as_json
        self._level = level if level in _LEVELS else "INFO"
        self._now_ms = now_ms

    def start(self, request_id: str) -> list[LogEvent]:
        """Return the event for a start."""
        if self._as_json:
            return self._json("INFO", "platform.start", {"requestId": request_id, "version": self._version})
        return self._text(f"START RequestId: {request_id} Version: {self._version}")

    def problem(self, request_id: str, message: str, error_type: str) -> list[LogEvent]:
        """Return the event for an invocation that the platform ended, or whose process exited."""
        if self._as_json:
            return []
        if error_type == "Sandbox.Timedout":
            return self._text(f"{_stamp(self._now_ms())} {request_id} {message}\n")
        return self._text(f"RequestId: {request_id} Error: {message}\n{error_type}")

    def end(self, request_id: str, report: Report) -> list[LogEvent]:
        """Return the events for an end."""
        if not self._as_json:
            return [*self._text(f"END RequestId: {request_id}"), *self._text(_report_line(request_id, report))]
        level = "INFO" if report.status == "success" else "WARN"
        metrics: dict[str, Any] = {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_mb,
            "maxMemoryUsedMB": report.used_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 3)
        record = {"requestId": request_id, "metrics": metrics, "status": report.status}
        if report.error_type:
            record["errorType"] = report.error_type
        return self._json(level, "platform.report", record)

    def _text(self, message: str) -> list[LogEvent]:
        return [LogEvent(self._now_ms(), message + "\n")]

    def _json(self, level: str, kind: str, record: dict[str, Any]) -> list[LogEvent]:
        if _LEVELS.index(level) < _LEVELS.index(self._level):
            return []
        now_ms = self._now_ms()
        return [LogEvent(now_ms, json.dumps({"time": _stamp(now_ms), "type": kind, "record": record}) + "\n")]


def _report_line(request_id: str, report: Report) -> str:
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_ms} ms",
        f"Memory Size: {report.memory_mb} MB",
        f"Max Memory Used: {report.used_mb} MB",
    ]
    if report.init_ms is not None:
        fields.append(f"Init Duration: {report.init_ms:.2f} ms")
    if report.status != "success":
        fields.append(f"Status: {report.status}")
    if report.status == "error":
        fields.append(f"Error Type: {report.error_type}")
    return "\t".join(fields) + "\t"


def _stamp(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
