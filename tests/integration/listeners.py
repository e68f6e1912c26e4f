"""What hears the application from outside: a WebSocket, a queue behind the bus or the topic, the functions' logs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tools.access.listing import everything

Message = dict[str, Any]


class Socket:
    """An open WebSocket, and everything that was pushed to it so far."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.heard: list[Message] = []

    def send(self, **message: str) -> None:
        """Send one message of the protocol."""
        self._connection.send(json.dumps(message))

    def until(self, wanted: Callable[[Message], bool], seconds: float = 10) -> Message:
        """Return the first message for which `wanted` says so, among those heard already and those to come."""
        deadline = time.monotonic() + seconds
        position = 0
        while True:
            for message in self.heard[position:]:
                if wanted(message):
                    return message
            position = len(self.heard)
            assert self._hear(deadline - time.monotonic()), f"not within {seconds} s; heard {self.heard}"

    def silence(self, seconds: float) -> list[Message]:
        """Listen for a while more and return everything ever heard."""
        deadline = time.monotonic() + seconds
        while self._hear(deadline - time.monotonic()):
            pass
        return self.heard

    def _hear(self, seconds: float) -> bool:
        try:
            text = self._connection.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return False
        self.heard.append(json.loads(text))
        return True


@contextmanager
def socket(url: str, token: str) -> Iterator[Socket]:
    """Open a WebSocket as the token's subject."""
    with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as connection:
        yield Socket(connection)


class Queue:
    """A queue of the test's own, and what has arrived in it."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url
        self.arrived: list[Message] = []

    def receive(self) -> list[Message]:
        """Take what is there now, and return everything that has ever arrived, as JSON."""
        while True:
            got = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
            if not got:
                return self.arrived
            for message in got:
                self.arrived.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def _queue(sqs: Any) -> Iterator[tuple[Queue, str]]:
    url = sqs.create_queue(QueueName=f"listener-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        senders = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
        allowed = {"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        yield Queue(sqs, url), arn
    finally:
        sqs.delete_queue(QueueUrl=url)


@contextmanager
def on_bus(aws: Callable[[str], Any], bus: str) -> Iterator[Queue]:
    """Hear every event of the bus, as envelopes."""
    events, rule = aws("events"), f"listener-{uuid.uuid4().hex[:12]}"
    with _queue(aws("sqs")) as (queue, arn):
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps({"source": ["items"]}))
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        try:
            yield queue
        finally:
            events.remove_targets(Rule=rule, EventBusName=bus, Ids=["queue"])
            events.delete_rule(Name=rule, EventBusName=bus)


@contextmanager
def on_topic(aws: Callable[[str], Any], topic: str) -> Iterator[Queue]:
    """Hear everything that is published to the topic, as SNS wraps it."""
    sns = aws("sns")
    with _queue(aws("sqs")) as (queue, arn):
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
        try:
            yield queue
        finally:
            sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def log_lines(aws: Callable[[str], Any], function: str, **wanted: object) -> list[Message]:
    """Return a function's structured log lines that hold these values."""
    events = everything(aws("logs"), "filter_log_events", logGroupName=f"/aws/lambda/{function}")
    texts = (event["message"].strip() for event in events)
    lines = [json.loads(text) for text in texts if text.startswith("{")]
    return [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]
