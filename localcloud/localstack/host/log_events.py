"""The output of a process as the events of a log stream.

A process can write in two ways. Its standard output and standard error become one event for each line. Python's
`logging` arrives in frames, so that a message of several lines stays one event; this is the contract between AWS's
runtime interface client (awslambdaric, `FramedTelemetryLogSink`) and the platform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

EVENT_LIMIT = 262_118
"""The size of one event in bytes: 256 KiB less 26 (CloudWatch Logs, "PutLogEvents")."""

_HEAD = 16
_MAGIC = b"\xa5\x5a"


class LogEvent(NamedTuple):
    """One event: a time in milliseconds since 1970, and a text."""

    timestamp_ms: int
    message: str


class Lines:
    """Splits a stream of bytes into one event for each line.

    Parameters
    ----------
    now_ms
        The clock, in milliseconds since 1970.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._rest = b""

    def feed(self, data: bytes) -> list[LogEvent]:
        """Return the complete events; empty lines are skipped."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines if line.strip() for event in self._events(line + b"\n")]

    def flush(self) -> list[LogEvent]:
        """Return what has no line end yet."""
        rest, self._rest = self._rest, b""
        return self._events(rest) if rest.strip() else []

    def _events(self, line: bytes) -> list[LogEvent]:
        return _pieces(self._now_ms(), line)


class Frames:
    """Reads frames: type (4 bytes), length (4), microseconds since 1970 (8), message; all big-endian."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[LogEvent]:
        """Return the complete messages.

        Raises
        ------
        ValueError
            The data is not a frame; nothing after it can be read.
        """
        self._rest += data
        events: list[LogEvent] = []
        while len(self._rest) >= _HEAD:
            if not self._rest.startswith(_MAGIC):
                raise ValueError("not a frame of the telemetry protocol")
            length = int.from_bytes(self._rest[4:8], "big")
            if len(self._rest) < _HEAD + length:
                break
            timestamp_us = int.from_bytes(self._rest[8:_HEAD], "big")
            message = self._rest[_HEAD : _HEAD + length]
            if message.strip():
                events += _pieces(timestamp_us // 1000, message)
            self._rest = self._rest[_HEAD + length :]
        return events


def as_text(events: list[LogEvent]) -> str:
    """Return events as one text; each ends with a line feed."""
    return "".join(event.message if event.message.endswith("\n") else event.message + "\n" for event in events)


def _pieces(timestamp_ms: int, message: bytes) -> list[LogEvent]:
    return [
        LogEvent(timestamp_ms, message[start : start + EVENT_LIMIT].decode(errors="replace"))
        for start in range(0, len(message), EVENT_LIMIT)
    ]
