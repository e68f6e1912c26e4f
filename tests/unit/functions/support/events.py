"""Events for the functions: a recorded one, with the parts that a test is about put in."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[3] / "events"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/items"
# As in the recorded events: a token that ends in the year 2100.
EXP = "4102444800"
ALICE = {"kind": "user", "sub": "alice", "scope": "items:read items:write", "exp": EXP}
BOB = {"kind": "user", "sub": "bob", "scope": "items:read items:write", "exp": EXP}
ADMIN = {"kind": "user", "sub": "root", "scope": "items:admin", "exp": EXP}
ANONYMOUS = {"kind": "anonymous", "sub": "anonymous", "scope": ""}
INPUT: dict[str, Any] = {"name": "Desk lamp", "category": "home-office", "price": 49.9}


@dataclass
class Context:
    """Lambda's context object."""

    aws_request_id: str = "0c9e7f3a-52a5-4f0b-8e5d-3f8f1a2b4c5d"
    function_name: str = "function-under-test"
    remaining_ms: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@cache
def _recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def recorded(name: str) -> dict[str, Any]:
    """Return a copy of a recorded event."""
    return deepcopy(_recorded(name))


def event(
    operation: str,
    *,
    item_id: str | None = None,
    body: object = None,
    text: str | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str | list[str]] | None = None,
    caller: dict[str, str] | None = ALICE,
) -> dict[str, Any]:
    """Return a recorded event of an operation ("create_item") with these parts; `caller=None` is no authorizer."""
    changed = recorded(operation)
    if item_id is not None:
        changed["pathParameters"] = {"id": item_id}
        changed["path"] = changed["resource"].replace("{id}", item_id)
        changed["requestContext"]["path"] = f"/prod{changed['path']}"
    if body is not None:
        changed["body"] = json.dumps(body)
    if text is not None:
        changed["body"] = text
    for name, value in (headers or {}).items():
        changed["headers"][name] = value
        changed["multiValueHeaders"][name] = [value]
    lists = {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}
    changed["queryStringParameters"] = {name: values[-1] for name, values in lists.items()} or None
    changed["multiValueQueryStringParameters"] = lists or None
    changed["requestContext"].pop("authorizer", None)
    if caller is not None:
        changed["requestContext"]["authorizer"] = {"principalId": caller["sub"], **caller}
    return changed
