"""What the Lambda platform itself writes to a function's log: the start and the end of every invocation.

As text: Lambda Developer Guide, "Using Lambda function logs in CloudWatch"; as JSON: "Configuring advanced logging
controls", with the events of the Telemetry API's schema.
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
    """What is said about an invocation that is over.

    Parameters
    ----------
    duration_ms
        From the handing over of the event to the answer.
    init_ms
        What the start of the process took; `None` when it was running already.
    memory_mb, used_mb
        What the function may use, and the most that it has used.
    status
        `success`, `error` (the process has ended) or `timeout`.
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
        """Whole milliseconds; the start of the process is billed too."""
        return math.ceil(self.duration_ms + (self.init_ms or 0))


class PlatformLog:
    """Writes a function's platform events.

    Parameters
    ----------
    version
        The function's version, such as `$LATEST`.
    as_json
        Whether its log format is JSON.
    level
        The least that is written when it is: `DEBUG`, `INFO` or `WARN`.
    now_ms
        The clock, in milliseconds of the epoch.
    """

    def __init__(self, *, version: str, as_json: bool, level: str, now_ms: Callable[[], int]) -> None:
        self._version = version
        self._as_json = as_json
        self._level = level if level in _LEVELS else "INFO"
        self._now_ms = now_ms

    def start(self, request_id: str) -> list[LogEvent]:
        """Return the event of a beginning."""
        if self._as_json:
            return self._json("INFO", "platform.start", {"requestId": request_id, "version": self._version})
        return self._text(f"START RequestId: {request_id} Version: {self._version}")

    def problem(self, request_id: str, message: str, error_type: str) -> list[LogEvent]:
        """Return the event of an invocation that the platform has ended, or that has ended its process."""
        if self._as_json:
            return []
        if error_type == "Sandbox.Timedout":
            return self._text(f"{_stamp(self._now_ms())} {request_id} {message}\n")
        return self._text(f"RequestId: {request_id} Error: {message}\n{error_type}")

    def end(self, request_id: str, report: Report) -> list[LogEvent]:
        """Return the events of an end."""
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
