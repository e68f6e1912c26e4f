"""What is refused to those who have no right to it."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from tools.checks.capabilities.probes.happenings import from_the_bus, rule
from tools.checks.capabilities.workshop import Workshop, expect

_DENIED = {"AccessDenied", "AccessDeniedException", "AccessDeniedFault"}
_ASKING = """
import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    try:
        boto3.client("sqs").get_queue_attributes(QueueUrl=event, AttributeNames=["QueueArn"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""


def iam(shop: Workshop) -> None:
    """A role may do what its policy says and nothing else, from outside as in a function."""
    queue = shop.queue()
    right = {"Effect": "Allow", "Action": "sqs:GetQueueAttributes", "Resource": queue.arn}
    other = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    anybody = {"AWS": f"arn:aws:iam::{shop.account}:root"}
    for rights, may in ((other, False), (right, True)):
        who = "with the right" if may else "without a right"
        role = shop.role(rights, principal=anybody)
        keys = shop("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
        try:
            shop.clients.of(keys, "sqs").get_queue_attributes(QueueUrl=queue.url, AttributeNames=["QueueArn"])
            said = "done"
        except ClientError as error:
            said = str(error.response["Error"]["Code"])
        expect((said == "done") is may and (may or _denies(said)), f"a role {who} is told: {said}")
        said = str(shop.invoke(shop.function(_ASKING, rights), queue.url))
        expect((said == "done") is may and (may or _denies(said)), f"a function {who} is told: {said}")


def _denies(code: str) -> bool:
    return code.rpartition(".")[2] in _DENIED


def queue_policy(shop: Workshop) -> None:
    """A rule reaches a queue whose policy lets it, and no other."""
    opened, closed = shop.queue(policy=from_the_bus()), shop.queue()
    source = rule(shop, opened, closed)
    shop("events").put_events(Entries=[{"Source": source, "DetailType": "Probe", "Detail": json.dumps({"a": 1})}])
    expect(opened.first(), "nothing arrives in a queue whose policy lets it")
    expect(closed.first(1) is None, "a queue without a policy takes what a rule sends to it")
