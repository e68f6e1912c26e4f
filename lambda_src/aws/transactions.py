"""Writes that happen together or not at all (DynamoDB API reference, "TransactWriteItems")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws.clients import THROTTLED, Unavailable, client, translating

CONDITION = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
_NONE = "None"


@dataclass(frozen=True)
class Reason:
    """Why one write of a transaction kept it from happening.

    Parameters
    ----------
    code
        `CONDITION` or `CONFLICT`; "None" for a write that was not in the way.
    found
        The row that its condition was checked against, where the write asked for it and there was one.
    """

    code: str
    found: dict[str, Any] | None


def cancelled(writes: Sequence[dict[str, Any]]) -> list[Reason]:
    """Carry writes out, and return why they were not: nothing when they were.

    Raises
    ------
    Unavailable
        The table is throttled or does not answer.
    """
    dynamodb = client("dynamodb")
    try:
        with translating():
            dynamodb.transact_write_items(TransactItems=writes)
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = [
            Reason(reason.get("Code", _NONE), reason.get("Item")) for reason in error.response["CancellationReasons"]
        ]
        codes = {reason.code for reason in reasons}
        if THROTTLED & codes:
            raise Unavailable("TransactionCanceledException") from error
        if codes - {CONDITION, CONFLICT, _NONE}:
            raise
        return reasons
    return []
