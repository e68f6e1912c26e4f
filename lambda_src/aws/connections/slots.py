"""How a connection begins and ends: it takes one of its subject's slots, and gives it back.

A counter would drift with each `$disconnect` that is lost, and nobody could say which connection it counted. A slot is
a row under a condition: nobody can take one that is held, it says who holds it, and it is free again when that
connection's time is over, whether or not anybody noticed its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

from aws.attributes import to_attribute
from aws.clients import Unavailable, client, translating
from aws.connections.rows import Connection, key_of, of_connection, record_of, soon
from aws.transactions import CONDITION, CONFLICT, cancelled

_PREFIX = "slot:"
# How often to look again, where other handshakes of the subject took each slot that was free a moment ago.
_LOOKS = 3


class NoSlotFree(Exception):
    """The subject has as many connections as it may have."""


def begin(table: str, connection: Connection, *, most: int, now: float) -> None:
    """Store the row of a new connection together with one of its owner's slots: both or neither.

    Parameters
    ----------
    table
        The connections table.
    connection
        The row of its owner's topic.
    most
        How many connections a subject may have.
    now
        Seconds since the Unix epoch: a slot whose holder has expired by then is free.

    Raises
    ------
    NoSlotFree
        All slots are held.
    Unavailable
        The table does not answer, or others were always faster.
    """
    for _ in range(_LOOKS):
        free = sorted(set(range(most)) - set(_held(table, connection.owner, now)))
        if not free:
            raise NoSlotFree
        # Handshakes at the same moment begin at different slots.
        first = crc32(connection.connection_id.encode()) % len(free)
        if any(_take(table, connection, slot, now) for slot in free[first:] + free[:first]):
            return
    raise Unavailable("Other handshakes of the subject were faster")


def forget(table: str, connection_id: str, *, sleep: Callable[[float], None] | None = None) -> int:
    """Delete all rows of a connection, free its slot, and return how many rows there were.

    Its owner's row goes first: after that nothing can be subscribed to, and what it says of topics is all of them.

    Parameters
    ----------
    table, connection_id
        Where connections are, and which has ended.
    sleep
        Waits some seconds, where the connection may have begun a moment ago; left out, it is looked for once.

    Raises
    ------
    Unavailable
        The table does not answer. What is left goes by the next call, or when the connection would have expired.
    """
    rows = of_connection(table, connection_id) if sleep is None else soon(table, connection_id, sleep=sleep)
    topics = {row.topic for row in rows}
    owners = [row for row in rows if row.slot is not None]
    for row in owners:
        _release(table, row)
        topics |= _end(table, row)
    for topic in topics - {row.topic for row in owners}:
        with translating():
            client("dynamodb").delete_item(TableName=table, Key=key_of(replace(rows[0], topic=topic)))
    return len(topics)


def _end(table: str, owners: Connection) -> set[str]:
    """Delete the owner's row, and return the topics that are in it."""
    with translating():
        answer = client("dynamodb").delete_item(TableName=table, Key=key_of(owners), ReturnValues="ALL_OLD")
    return set(answer.get("Attributes", {}).get("topics", {}).get("SS", ()))


def _release(table: str, holder: Connection) -> None:
    """Free the slot, if the connection still holds it."""
    dynamodb = client("dynamodb")
    try:
        with translating():
            dynamodb.delete_item(
                TableName=table,
                Key=_slot_key(holder.owner, holder.slot),
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={"#holder": "holder"},
                ExpressionAttributeValues={":holder": to_attribute(holder.connection_id)},
            )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def _take(table: str, connection: Connection, slot: int, now: float) -> bool:
    """Say whether the slot was free and is the connection's now."""
    held = {
        **_slot_key(connection.owner, slot),
        "holder": to_attribute(connection.connection_id),
        "expiresAt": to_attribute(connection.expires_at),
    }
    put_slot = {
        "TableName": table,
        "Item": held,
        "ConditionExpression": "attribute_not_exists(#topic) OR #expires <= :now",
        "ExpressionAttributeNames": {"#topic": "topic", "#expires": "expiresAt"},
        "ExpressionAttributeValues": {":now": to_attribute(int(now))},
    }
    put_row = {"TableName": table, "Item": record_of(replace(connection, slot=slot))}
    reasons = cancelled([{"Put": put_slot}, {"Put": put_row}])
    return not {CONDITION, CONFLICT} & {reason.code for reason in reasons}


def _held(table: str, owner: str, now: float) -> Iterator[int]:
    """Yield the slots that are held, as new as the last answered write."""
    start: dict[str, Any] = {}
    while True:
        with translating():
            answer = client("dynamodb").query(
                TableName=table,
                ConsistentRead=True,
                KeyConditionExpression="#topic = :topic",
                FilterExpression="#expires > :now",
                ProjectionExpression="#connection",
                ExpressionAttributeNames={"#topic": "topic", "#connection": "connectionId", "#expires": "expiresAt"},
                ExpressionAttributeValues={":topic": to_attribute(_PREFIX + owner), ":now": to_attribute(int(now))},
                **start,
            )
        for record in answer["Items"]:
            yield int(record["connectionId"]["S"].partition(":")[0])
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _slot_key(owner: str, slot: int | None) -> dict[str, Any]:
    # The owner is in the second part too: the index by connection has a partition for each slot, and not one for all
    # slots of a number.
    return {"topic": to_attribute(_PREFIX + owner), "connectionId": to_attribute(f"{slot}:{owner}")}
