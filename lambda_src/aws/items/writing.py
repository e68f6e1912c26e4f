"""Writes to the items table: each is one conditional write, so that no update is lost between a read and a write."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from aws.attributes import to_attribute
from aws.clients import client, translating
from aws.idempotency.key_records import Key, StillInProgress, answer_record, kept_answer, put_if_free
from aws.items.conditions import ConditionFailed, existing, failed
from aws.items.item_records import CORRELATION_ID, PUBLIC_PARTITION, from_record, to_record
from aws.transactions import cancelled
from domain.item_rules import PUBLIC
from domain.items import Item, ItemDraft, stored

_TELL_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
_ABSENT: dict[str, Any] = {
    "ConditionExpression": "attribute_not_exists(#id)",
    "ExpressionAttributeNames": {"#id": "id"},
}
# Two requests under one key meet for as long as a transaction takes, which is milliseconds.
_PAUSES_SECONDS = (0.0, 0.05, 0.2, 0.5)


def put_new(table: str, item: Item, correlation_id: str) -> None:
    """Store an item that is not there yet.

    Parameters
    ----------
    table
        Name of the table.
    item
        The item.
    correlation_id
        Id of the undertaking that the write belongs to.

    Raises
    ------
    ConditionFailed
        Another item has its id.
    """
    try:
        _write(
            "put_item",
            TableName=table,
            Item=to_record(item, correlation_id),
            **_ABSENT,
        )
    except ConditionFailed as refused:
        # The SDK repeats a write whose answer was lost; then what is in the way is this very item.
        if refused.current != item:
            raise


def put_new_once(
    table: str,
    item: Item,
    correlation_id: str,
    *,
    records: str,
    key: Key,
    answer: Mapping[str, Any],
    expires: int,
    now: float,
) -> dict[str, Any]:
    """Store an item together with the answer to the request that creates it, or neither; return the first answer.

    Item and record are one transaction, so that no moment to die in leaves one without the other. A transaction that
    the SDK repeats has the same token, and is carried out once ("TransactWriteItems", `ClientRequestToken`).

    Parameters
    ----------
    table, item, correlation_id
        As for `put_new`.
    records
        The idempotency table.
    key, answer, expires
        The request, its answer as JSON values, and seconds since the Unix epoch until which a repeated request gets it.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    KeyReused
        The key belongs to another request.
    StillInProgress
        Others are writing under the same key all the time.
    ConditionFailed
        Another item has its id.
    Unavailable
        A table is throttled, too slow or down.
    """
    writes = [
        {"Put": put_if_free(records, answer_record(key, answer, expires), now)},
        {"Put": {"TableName": table, "Item": to_record(item, correlation_id), **_ABSENT, **_TELL_OLD}},
    ]
    for pause in _PAUSES_SECONDS:
        time.sleep(pause)
        reasons = cancelled(writes)
        if not reasons:
            return dict(answer)
        of_the_record, of_the_item = reasons
        if of_the_record.found:
            return kept_answer(of_the_record.found, key)
        if of_the_item.found:
            raise ConditionFailed(from_record(of_the_item.found))
    raise StillInProgress


def replace(
    table: str,
    item_id: str,
    draft: ItemDraft,
    *,
    owner: str,
    versions: Collection[int] | None,
    now: str,
    correlation_id: str,
) -> Item:
    """Replace what a caller sets of an item, and return the item's next version.

    Parameters
    ----------
    table
        Name of the table.
    item_id
        UUID of the item.
    draft
        The new properties.
    owner
        Subject that the item must belong to.
    versions
        Versions one of which the item must have; `None` for any.
    now
        Time of the write, RFC 3339.
    correlation_id
        Id of the undertaking that the write belongs to.

    Raises
    ------
    ConditionFailed
        There is no such item, or it has another owner or another version.
    """
    condition = existing(owner, versions)
    columns = {**stored(draft), "updatedAt": now, CORRELATION_ID: correlation_id}
    names = {f"#{name}": name for name in [*columns, "version", PUBLIC_PARTITION]}
    values = {f":{name}": to_attribute(value) for name, value in columns.items()} | {":one": to_attribute(1)}
    assignments = [f"#{name} = :{name}" for name in columns] + ["#version = #version + :one"]
    if draft.visibility == PUBLIC:
        values[":public"] = to_attribute(PUBLIC)
        expression = f"SET {', '.join(assignments)}, #{PUBLIC_PARTITION} = :public"
    else:
        expression = f"SET {', '.join(assignments)} REMOVE #{PUBLIC_PARTITION}"
    answer = _write(
        "update_item",
        TableName=table,
        Key={"id": to_attribute(item_id)},
        UpdateExpression=expression,
        ConditionExpression=condition.expression,
        ExpressionAttributeNames=names | condition.names,
        ExpressionAttributeValues=values | condition.values,
        ReturnValues="ALL_NEW",
    )
    return from_record(answer["Attributes"])


def delete(
    table: str, item_id: str, *, owner: str | None, versions: Collection[int] | None, correlation_id: str
) -> None:
    """Delete an item.

    All that the table's stream has of a deleted item is its last row. So the correlation id of the deletion is written
    to the row first, under the same condition; a write that changes nothing of the item itself. When the second of the
    two writes does not happen, the item is there as before.

    Parameters
    ----------
    table
        Name of the table.
    item_id
        UUID of the item.
    owner
        Subject that the item must belong to; `None` for anybody's.
    versions
        Versions one of which the item must have; `None` for any.
    correlation_id
        Id of the undertaking that the deletion belongs to.

    Raises
    ------
    ConditionFailed
        There is no such item, or it has another owner or another version.
    """
    condition = existing(owner, versions)
    _write(
        "update_item",
        TableName=table,
        Key={"id": to_attribute(item_id)},
        UpdateExpression="SET #correlation = :correlation",
        ConditionExpression=condition.expression,
        ExpressionAttributeNames={"#correlation": CORRELATION_ID} | condition.names,
        ExpressionAttributeValues={":correlation": to_attribute(correlation_id)} | condition.values,
    )
    parameters: dict[str, Any] = {"ExpressionAttributeValues": condition.values} if condition.values else {}
    try:
        _write(
            "delete_item",
            TableName=table,
            Key={"id": to_attribute(item_id)},
            ConditionExpression=condition.expression,
            ExpressionAttributeNames=condition.names,
            **parameters,
        )
    except ConditionFailed as refused:
        # The SDK repeats a write whose answer was lost; the item was there a moment ago, and is deleted now.
        if refused.current is not None:
            raise


def _write(operation: str, **parameters: Any) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        with translating():
            answer: dict[str, Any] = getattr(client("dynamodb"), operation)(**parameters, **_TELL_OLD)
            return answer
    except ClientError as error:
        refused = failed(error)
        if refused is None:
            raise
        raise refused from error
