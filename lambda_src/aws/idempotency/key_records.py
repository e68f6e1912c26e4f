"""Records of what was done under a key: rows of the idempotency table.

Attributes and hashes are those of Powertools for AWS Lambda ("Idempotency"), by which a deployment's older records were
written. DynamoDB deletes an expired record only some time later (DynamoDB Developer Guide, "Using time to live in
DynamoDB"), so every condition looks at the record's times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from aws.attributes import AttributeValue

COMPLETED = "COMPLETED"
IN_PROGRESS = "INPROGRESS"


class KeyReused(Exception):
    """The key was used for another request."""


class StillInProgress(Exception):
    """Somebody else is at it, or was stopped in the middle of it a moment ago."""


@dataclass(frozen=True)
class Key:
    """A caller's idempotency key: its record's id, and the hash of the request that it stands for."""

    id: str
    request: str


def key_of(scope: list[str], request: Mapping[str, str]) -> Key:
    """Return the key of a request.

    Parameters
    ----------
    scope
        What tells this key from all others: operation, caller, the caller's own key.
    request
        What is asked for, as text by name. The same key with another request is refused.
    """
    return Key(record_id(scope), _hash(request))


def record_id(scope: list[str]) -> str:
    """Return the id of the record of what is named by `scope`. A hash: a caller's own words are stored nowhere."""
    return f"once#{_hash(scope)}"


def put_if_free(table: str, record: Mapping[str, AttributeValue], now: float) -> dict[str, Any]:
    """Return the arguments of a `Put` of a record, whose failed condition tells the record that is in the way.

    Its place is free when there is no record, when the one there has expired, or when its writer can no longer be at
    work.

    Parameters
    ----------
    table
        The idempotency table.
    record
        The row.
    now
        Seconds since the Unix epoch.
    """
    return {
        "TableName": table,
        "Item": dict(record),
        "ConditionExpression": (
            "attribute_not_exists(#id) OR #expires < :now OR (#status = :in_progress AND #claimed_until < :now_ms)"
        ),
        "ExpressionAttributeNames": {
            "#id": "id",
            "#expires": "expiration",
            "#status": "status",
            "#claimed_until": "in_progress_expiration",
        },
        "ExpressionAttributeValues": {
            ":now": {"N": str(int(now))},
            ":now_ms": {"N": str(int(now * 1000))},
            ":in_progress": {"S": IN_PROGRESS},
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def answer_record(key: Key, answer: Mapping[str, Any], expires: int) -> dict[str, AttributeValue]:
    """Return the record of a request's answer.

    Parameters
    ----------
    key, answer
        The request, and its answer as JSON values.
    expires
        Seconds since the Unix epoch after which the key is free again.
    """
    return {
        "id": {"S": key.id},
        "status": {"S": COMPLETED},
        "expiration": {"N": str(expires)},
        "validation": {"S": key.request},
        "data": {"S": json.dumps(answer)},
    }


def kept_answer(record: Mapping[str, AttributeValue], key: Key) -> dict[str, Any]:
    """Return the answer in the record that is kept under a key.

    Raises
    ------
    KeyReused
        The record is of another request.
    StillInProgress
        The request has no answer yet. Only older records can say so: today an answer is stored with what it is about.
    """
    if record["validation"]["S"] != key.request:
        raise KeyReused
    if record["status"]["S"] != COMPLETED:
        raise StillInProgress
    answer: dict[str, Any] = json.loads(record["data"]["S"])
    return answer


def _hash(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
