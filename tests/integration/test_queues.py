"""Poisoned messages: the others are delivered once, the poisoned wait, and a redrive delivers them once they can be."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tests.integration.listeners import Queue, on_topic

pytestmark = pytest.mark.needs("dlq-redrive-move-task")

MESSAGES, POISONED = 100, 7


def _envelope(number: int, run: str, schema_version: int) -> dict[str, Any]:
    """Return an event as EventBridge puts it into the queue."""
    item = {"id": str(uuid.uuid4()), "owner": f"nobody-{run}", "visibility": "private", "name": f"Item {number}"}
    detail = {
        "schemaVersion": schema_version,
        "id": f"{run}-{number}",
        "occurredAt": "2026-11-24T10:00:00.000Z",
        "correlationId": f"{run}-{number}",
        "item": item,
        "changes": [],
        "wasPublic": False,
        "reason": "",
    }
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "ItemCreated",
        "source": "items",
        "account": "000000000000",
        "time": "2026-11-24T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


@pytest.fixture
def impatient(aws: Callable[[str], Any], outputs: dict[str, Any]) -> Iterator[None]:
    """A failed message comes back at once, and not after the three minutes that it waits in earnest."""
    sqs, url = aws("sqs"), outputs["queues"]["notifications"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def _delivered(topic: Queue, run: str) -> Counter[str]:
    """Return how often each event of this run was published."""
    ids = (note["MessageAttributes"]["correlationId"]["Value"] for note in topic.receive())
    return Counter(identifier for identifier in ids if identifier.startswith(run))


def _waiting(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(n) for n in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


@pytest.mark.usefixtures("impatient")
def test_poisoned_messages_wait_for_a_redrive_and_hold_back_no_other(
    checkout: Checkout, aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    """The poison is an event of a newer schema; deploying a function that knows it is the fix."""
    sqs, run = aws("sqs"), uuid.uuid4().hex[:8]
    queues, dead_letters = outputs["queues"], outputs["dead_letter_queues"]["notifications"]
    poisoned = {number for number in range(MESSAGES) if number % 14 == 3}
    assert len(poisoned) == POISONED
    with on_topic(aws, outputs["notification_topic"]) as topic:
        before = _waiting(sqs, dead_letters)
        for start in range(0, MESSAGES, 10):
            entries = [
                {"Id": str(number), "MessageBody": json.dumps(_envelope(number, run, 2 if number in poisoned else 1))}
                for number in range(start, start + 10)
            ]
            sqs.send_message_batch(QueueUrl=queues["notifications"], Entries=entries)
        eventually(lambda: _waiting(sqs, dead_letters) == before + POISONED, seconds=60)
        eventually(lambda: len(_delivered(topic, run)) == MESSAGES - POISONED, seconds=30)
        good = {f"{run}-{number}" for number in range(MESSAGES) if number not in poisoned}
        assert _delivered(topic, run) == dict.fromkeys(good, 1), "each once"

        checkout.edit("lambda_src/domain/item_events.py", "SCHEMA_VERSION = 1", "SCHEMA_VERSION = 2")
        # It stays: every function of this deployment writes and reads events of the newer schema from now on.
        checkout.tools("deploy", "--no-smoke")
        checkout.tools("redrive", "notifications", "--json")
        everything = {f"{run}-{number}" for number in range(MESSAGES) if number in poisoned} | good
        eventually(lambda: len(_delivered(topic, run)) == len(everything))
        assert _delivered(topic, run) == dict.fromkeys(everything, 1)
        assert _waiting(sqs, dead_letters) == 0
