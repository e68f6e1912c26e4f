"""Send functions' log events to CloudWatch Logs, without delaying the call.

LocalStack splits a call's output at every line feed, gives all lines the time of their arrival, ignores the log group
in `LoggingConfig`, and drops the output of a failed start. This module delivers events as the function wrote them, and
creates a missing group or stream, as AWS does if the function may.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from localcloud.localstack.host.log_events import LogEvent

_LOG = logging.getLogger(__name__)
_BATCH_EVENTS, _BATCH_BYTES, _EVENT_OVERHEAD = 10_000, 1_048_576, 26


@dataclass(frozen=True)
class Stream:
    """The log stream for events."""

    account: str
    region: str
    group: str
    name: str


class LogDelivery:
    """A queue with one delivery thread.

    Parameters
    ----------
    client
        Creates a CloudWatch Logs client for an account and a region.
    """

    def __init__(self, client: Callable[[str, str], Any]) -> None:
        self._client = client
        self._queue: SimpleQueue[tuple[Stream, list[LogEvent]]] = SimpleQueue()
        threading.Thread(target=self._run, name="log-delivery", daemon=True).start()

    def put(self, stream: Stream, events: list[LogEvent]) -> None:
        """Queue events; returns at once."""
        if events:
            self._queue.put((stream, events))

    def _run(self) -> None:
        while True:
            stream, events = self._queue.get()
            try:
                client = self._client(stream.account, stream.region)
                for batch in batches(events):
                    _deliver(client, stream, batch)
            except Exception:  # the failure of one function does not affect others
                _LOG.exception("Log events of %s could not be delivered.", stream.group)


def batches(events: list[LogEvent]) -> Iterator[list[LogEvent]]:
    """Split events, oldest first, into batches for `PutLogEvents`: 10,000 events, 1 MiB with 26 bytes for each."""
    batch: list[LogEvent] = []
    size = 0
    for event in sorted(events, key=lambda event: event.timestamp_ms):
        cost = len(event.message.encode()) + _EVENT_OVERHEAD
        if batch and (len(batch) == _BATCH_EVENTS or size + cost > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += cost
    if batch:
        yield batch


def _deliver(client: Any, stream: Stream, batch: list[LogEvent]) -> None:
    entries = [{"timestamp": event.timestamp_ms, "message": event.message} for event in batch]
    names = {"logGroupName": stream.group, "logStreamName": stream.name}
    try:
        client.put_log_events(**names, logEvents=entries)
    except client.exceptions.ResourceNotFoundException:
        _make(client, stream)
        client.put_log_events(**names, logEvents=entries)


def _make(client: Any, stream: Stream) -> None:
    for make, names in (
        (client.create_log_group, {"logGroupName": stream.group}),
        (client.create_log_stream, {"logGroupName": stream.group, "logStreamName": stream.name}),
    ):
        try:
            make(**names)
        except client.exceptions.ResourceAlreadyExistsException:
            continue
