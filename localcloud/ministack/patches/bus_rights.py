"""A right to a bus is asked for with the bus's own ARN.

MiniStack takes the `Name` of every EventBridge call for that of a rule, so that a policy which lets somebody describe a
bus refuses it. AWS (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EventBridge")
asks for the event bus in calls about a bus. Here it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_OPERATIONS = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})


def apply() -> None:
    """Patch the choice of the resource that a policy is asked about."""
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
