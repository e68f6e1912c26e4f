"""IAM checks calls about an event bus against the bus's ARN.

MiniStack takes the `Name` of every EventBridge call for a rule's name, so a policy that allows describing a bus does
not match. AWS (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EventBridge") checks
the event bus in calls about a bus. The patch does the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "IAM checks calls about an event bus against the bus's ARN"

_OPERATIONS = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})


def apply() -> None:
    """Patch the choice of the resource that IAM checks."""
    from ministack.core import iam_actions

    choose = iam_actions.extract_resource_arn

    def choosing(service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any) -> str:
        *_, region, account = rest
        target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")
        if service == "events" and target.rpartition(".")[2] in _OPERATIONS:
            name = str(json.loads(body or b"{}").get("Name", "default"))
            return name if name.startswith("arn:") else f"arn:aws:events:{region}:{account}:event-bus/{name}"
        return str(choose(service, method, path, headers, body, *rest))

    iam_actions.extract_resource_arn = choosing


def probe(aws: Endpoint) -> bool:
    """Describe a bus that the role may describe, and one that it may not."""
    bus = aws("events").create_event_bus(Name=f"bus-{aws.name()}")
    allowed = {"Effect": "Allow", "Action": "events:DescribeEventBus", "Resource": bus["EventBusArn"]}
    code = f"""
import boto3, botocore.exceptions
def handler(event, context):
    results = []
    for name in ({bus["EventBusArn"].rpartition("/")[2]!r}, "default"):
        try:
            boto3.client("events").describe_event_bus(Name=name)
            results.append("done")
        except botocore.exceptions.ClientError as error:
            results.append(error.response["Error"]["Code"])
    return results
"""
    results = aws.invoke(aws.function(code, role=aws.role(allowed)))
    return bool(results == ["done", "AccessDeniedException"])
