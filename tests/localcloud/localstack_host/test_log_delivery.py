"""Delivery of log events to CloudWatch Logs, with a fake service in memory."""

from __future__ import annotations

from typing import Any

from localcloud.localstack.host.log_delivery import LogDelivery, Stream, batches
from localcloud.localstack.host.log_events import LogEvent
from tests.localcloud.conftest import until

STREAM = Stream("1", "eu-west-1", "/custom", "s")


class Logs:
    """The part of CloudWatch Logs that the delivery uses."""

    class exceptions:
        class ResourceNotFoundException(Exception):
            pass

        class ResourceAlreadyExistsException(Exception):
            pass

    def __init__(self, *groups: str) -> None:
        self.groups: dict[str, dict[str, list[Any]]] = {name: {} for name in groups}

    def create_log_group(self, *, logGroupName: str) -> None:
        if logGroupName in self.groups:
            raise self.exceptions.ResourceAlreadyExistsException
        self.groups[logGroupName] = {}

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:
        self.groups[logGroupName][logStreamName] = []

    def put_log_events(self, *, logGroupName: str, logStreamName: str, logEvents: list[Any]) -> None:
        try:
            self.groups[logGroupName][logStreamName] += logEvents
        except KeyError:
            raise self.exceptions.ResourceNotFoundException from None


def test_a_missing_group_or_stream_is_made() -> None:
    for logs in (Logs(), Logs("/custom")):
        delivery = LogDelivery(lambda account, region, logs=logs: logs)  # type: ignore[misc]
        delivery.put(STREAM, [LogEvent(2, "b"), LogEvent(1, "a")])
        until(lambda logs=logs: len(logs.groups.get("/custom", {}).get("s", [])) == 2)  # type: ignore[misc]
        assert [event["message"] for event in logs.groups["/custom"]["s"]] == ["a", "b"]


def test_the_failure_of_one_function_does_not_affect_others() -> None:
    logs = Logs()

    def client(account: str, region: str) -> Logs:
        if account == "broken":
            raise RuntimeError("no such account")
        return logs

    delivery = LogDelivery(client)
    delivery.put(Stream("broken", "eu-west-1", "/x", "s"), [LogEvent(1, "lost")])
    delivery.put(STREAM, [LogEvent(1, "kept")])
    until(lambda: "/custom" in logs.groups and logs.groups["/custom"].get("s"))


def test_batches_are_as_large_as_one_call_takes() -> None:
    assert [len(batch) for batch in batches([LogEvent(1, "x")] * 10_001)] == [10_000, 1]
    assert [len(batch) for batch in batches([LogEvent(1, "x" * 262_118)] * 5)] == [4, 1]
    assert list(batches([])) == []
