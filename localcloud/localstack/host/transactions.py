"""A cancelled transaction changes nothing.

moto copies every table of a transaction first, and restores the copies when it is cancelled. Concurrent writes are then
lost, and so is the stream: readers keep an iterator over the records of the replaced table. DynamoDB's transactions are
all or nothing, and isolated from other writes (DynamoDB Developer Guide, "Amazon DynamoDB Transactions: How it works").
This module checks all conditions before anything is written, and serializes writes.
"""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import Any

_WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")


def apply() -> None:
    """Patch moto's DynamoDB."""
    from moto.dynamodb.models import DynamoDBBackend

    backend: Any = DynamoDBBackend
    transact = backend.transact_write_items

    def checking(self: Any, transact_items: list[dict[str, Any]]) -> None:
        from moto.dynamodb.exceptions import TransactionCanceledException

        reasons = [_reason(self, *next(iter(action.items()))) for action in transact_items]
        if any(code for code, _, _ in reasons):
            raise TransactionCanceledException(reasons)
        transact(self, transact_items)

    backend.transact_write_items = checking
    lock = RLock()
    for name in _WRITES:
        setattr(backend, name, _one_at_a_time(getattr(backend, name), lock))


def _one_at_a_time(write: Any, lock: Any) -> Any:
    @wraps(write)
    def writing(*args: Any, **options: Any) -> Any:
        with lock:
            return write(*args, **options)

    return writing


def _reason(backend: Any, kind: str, action: dict[str, Any]) -> tuple[str | None, str | None, Any]:
    """Return why an action cannot be done, for moto's exception: code, message and item; nothing if it can."""
    from moto.dynamodb.comparisons import get_filter_expression

    condition = action.get("ConditionExpression")
    if condition is None:
        return None, None, None
    table = backend.get_table(action["TableName"])
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    key = {name: action["Item" if kind == "Put" else "Key"][name] for name in names}
    item = backend.get_item(action["TableName"], key)
    parts = (action.get("ExpressionAttributeNames"), action.get("ExpressionAttributeValues"))
    if get_filter_expression(condition, *parts).expr(item):
        return None, None, None
    returned = item is not None and action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return (
        "ConditionalCheckFailed",
        "The conditional request failed",
        item.to_json()["Attributes"] if returned else None,
    )
