"""Event sources and targets for tests: functions that record what they receive, queues, streams and mappings."""

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
_RECORD = """
import json, os

def record(value):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(json.dumps(value) + "\\n")

"""
FAILING = "def handler(event, context):\n    record(event)\n    raise ValueError('no')"


@dataclass(frozen=True)
class Function:
    """A function that writes the values it records to a file, and its alias `live`."""

    arn: str
    alias: str
    seen: Path

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def events(self) -> list[Any]:
        """What the handler passed to `record`, in order."""
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []

    @property
    def batches(self) -> list[list[str]]:
        """The ids of the items in each recorded event of a stream."""
        return [[record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]] for event in self.events]


def function(aws: Aws, code: str, **settings: Any) -> Function:
    """Create a function whose code may call `record(value)`, publish it, and point an alias to the version."""
    seen = Path(_PLACE.name) / uuid.uuid4().hex
    arn = aws.function(_RECORD + code, Environment={"Variables": {"SEEN": str(seen)}}, **settings)
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
        """Receive what is in the queue: each message's body, parsed, and the values of its attributes."""
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
        """Wait for a message and receive it; return `None` when none arrives in time."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            found.extend(self.received)
            return bool(found)

        return found[0] if eventually(arrived, deadline_s) else None


def queue(aws: Aws, **attributes: str) -> Queue:
    url = aws("sqs").create_queue(QueueName=f"q-{aws.name()}", Attributes=attributes)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Queue(aws, url, arn)


def open_queue(aws: Aws, service: str, *sources: str) -> Queue:
    """Create a queue to which a service may send; with `sources`, only on behalf of these."""
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
    """Map a stream to a function from its oldest record; return the mapping's id."""
    defaults = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100}
    made = aws("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=target, **{**defaults, **settings}
    )
    return str(made["UUID"])


def eventually(condition: Callable[[], object], deadline_s: float = 30) -> bool:
    """Wait until the condition is true; return whether it was in time."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
