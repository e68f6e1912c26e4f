"""What tests of event sources need of an emulator: functions that remember, queues, streams and mappings."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.localcloud.aws import ACCOUNT, Aws, document

_PLACE = tempfile.TemporaryDirectory(prefix="seen-")
_REMEMBERING = """
import json, os

def remember(what):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(json.dumps(what) + "\\n")

"""
FAILING = "def handler(event, context):\n    remember(event)\n    raise ValueError('no')"


@dataclass(frozen=True)
class Function:
    """A function that writes what it saw to a file, and its alias `live`."""

    arn: str
    alias: str
    seen: Path

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def events(self) -> list[Any]:
        """What the handler passed to `remember`, in order."""
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []


def function(aws: Aws, code: str, **settings: Any) -> Function:
    """Create a function whose code may call `remember(anything)`, publish it, and point an alias to the version."""
    seen = Path(_PLACE.name) / uuid.uuid4().hex
    arn = aws.function(_REMEMBERING + code, Environment={"Variables": {"SEEN": str(seen)}}, **settings)
    version = aws("lambda").publish_version(FunctionName=arn)["Version"]
    alias = aws("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion=version)["AliasArn"]
    return Function(arn, str(alias), seen)


@dataclass(frozen=True)
class Queue:
    aws: Aws
    url: str
    arn: str

    @property
    def received(self) -> list[dict[str, Any]]:
        """Take what is in it: each message's body, parsed, and its attributes' values."""
        answer = self.aws("sqs").receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
        )
        return [
            {
                "body": json.loads(message["Body"]),
                "attributes": {
                    name: value["StringValue"] for name, value in (message.get("MessageAttributes") or {}).items()
                },
            }
            for message in answer.get("Messages", [])
        ]

    def first(self, deadline_s: float = 30) -> dict[str, Any] | None:
        """Wait for a message and take it, or return `None`."""
        found: list[dict[str, Any]] = []

        def came() -> bool:
            found.extend(self.received)
            return bool(found)

        return found[0] if holds(came, deadline_s) else None


def queue(aws: Aws, **attributes: str) -> Queue:
    url = aws("sqs").create_queue(QueueName=f"q-{aws.name()}", Attributes=attributes)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Queue(aws, url, arn)


def letting(aws: Aws, service: str, *sources: str) -> Queue:
    """Create a queue to which a service may send, from those sources alone where some are named."""
    made = queue(aws)
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": made.arn,
    }
    if sources:
        account = {"aws:SourceAccount": ACCOUNT}
        statement["Condition"] = {"StringEquals": account, "ArnEquals": {"aws:SourceArn": list(sources)}}
    aws("sqs").set_queue_attributes(QueueUrl=made.url, Attributes={"Policy": document(statement)})
    return made


def rule(aws: Aws, pattern: dict[str, Any], *targets: dict[str, Any], bus: str = "default") -> str:
    """Create a rule with targets, and return its ARN."""
    name = f"r-{aws.name()}"
    arn = aws("events").put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    if numbered:
        aws("events").put_targets(Rule=name, EventBusName=bus, Targets=numbered)
    return str(arn)


def publish(aws: Aws, source: str, detail: dict[str, Any], bus: str = "default") -> None:
    entry = {"Source": source, "DetailType": "Tested", "Detail": json.dumps(detail), "EventBusName": bus}
    answer = aws("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer


@dataclass(frozen=True)
class Table:
    aws: Aws
    name: str
    stream: str

    def put(self, *ids: str) -> None:
        for number in ids:
            self.aws("dynamodb").put_item(TableName=self.name, Item={"id": {"S": number}})


def table(aws: Aws, name: str | None = None) -> Table:
    """Create a table with a stream."""
    made = aws("dynamodb").create_table(
        TableName=name or f"t-{aws.name()}",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    return Table(aws, made["TableName"], made["LatestStreamArn"])


def mapping(aws: Aws, source: str, target: str, **settings: Any) -> str:
    """Map a stream to a function from its beginning, and return the mapping's id."""
    defaults = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100}
    made = aws("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=target, **{**defaults, **settings}
    )
    return str(made["UUID"])


def batches(seen: Function) -> list[list[str]]:
    """Return the ids in each event of a stream that a function remembers."""
    return [[record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]] for event in seen.events]


def holds(condition: Callable[[], object], deadline_s: float = 30) -> bool:
    """Wait for it, and return whether it came to hold."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
