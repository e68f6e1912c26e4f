"""One run of a job at a time, and where the last one has stopped: rows of the idempotency table.

A lease is given by a conditional write, so that two runs can never both have it. It lasts for longer than its holder
can: whoever dies with it holds nobody up for good. The table's TTL attribute is the end of a lease; DynamoDB deletes
expired rows only some time later (DynamoDB Developer Guide, "Using time to live"), so that no read trusts in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from config.runtime import LambdaContext
from storage.clients import Unavailable, client, translating

# The TTL attribute of the idempotency table; Powertools names it so.
_EXPIRES = "expiration"
# After Lambda has ended a run at its timeout, nothing of it can go on.
_MARGIN_SECONDS = 5
CHECKPOINT_SECONDS = 14 * 24 * 3600


class LeaseHeld(Exception):
    """Another run of the job has the lease. `holder` is the text that it was taken with."""

    def __init__(self, job: str, holder: str) -> None:
        super().__init__(job)
        self.holder = holder


class EarlierAttempt(Exception):
    """An attempt at this very invocation has the lease, and may have died with it: what it was to do may be undone."""


def acquire(table: str, job: str, holder: str, *, seconds: int, now: int) -> None:
    """Take the lease of a job: a free one, or one that has expired.

    Parameters
    ----------
    table
        The idempotency table.
    job
        Whose lease.
    holder
        Who takes it: text that no other run has. Whoever has the lease can take it once more, since the SDK repeats a
        write whose answer was lost.
    seconds
        How long it lasts unless it is released before.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    LeaseHeld
        Somebody has it.
    Unavailable
        The table does not answer.
    """
    dynamodb = client("dynamodb")
    try:
        with translating():
            dynamodb.put_item(
                TableName=table,
                Item={"id": _lease(job), "holder": {"S": holder}, _EXPIRES: {"N": str(now + seconds)}},
                ConditionExpression="attribute_not_exists(#id) OR #expires < :now OR #holder = :holder",
                ExpressionAttributeNames={"#id": "id", "#expires": _EXPIRES, "#holder": "holder"},
                ExpressionAttributeValues={":now": {"N": str(now)}, ":holder": {"S": holder}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
    except dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise LeaseHeld(job, error.response.get("Item", {}).get("holder", {}).get("S", "")) from error


def release(table: str, job: str, holder: str) -> None:
    """Give the lease back, if the holder still has it; somebody else's is left alone.

    Raises
    ------
    Unavailable
        The table does not answer. The lease then ends by itself.
    """
    dynamodb = client("dynamodb")
    try:
        with translating():
            dynamodb.delete_item(
                TableName=table,
                Key={"id": _lease(job)},
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={"#holder": "holder"},
                ExpressionAttributeValues={":holder": {"S": holder}},
            )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


@contextmanager
def held(
    table: str,
    job: str,
    context: LambdaContext,
    *,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
) -> Iterator[None]:
    """Hold the lease of a job for as long as this invocation can run.

    Parameters
    ----------
    table, job
        The idempotency table, and whose lease.
    context
        Tells how long the invocation has left: the lease outlives it by seconds, and no more.
    clock
        Seconds since the Unix epoch.
    entropy
        Source of random bytes. The invocation's id alone does not tell two runs apart: Lambda delivers an event more
        than once, and retries it, under the same one.

    Raises
    ------
    LeaseHeld
        Another run is at it.
    EarlierAttempt
        An attempt at the same event has it. Lambda has to try again: to stand back would be to drop the event of a
        process that was ended in the middle.
    Unavailable
        The table does not answer.
    """
    holder = f"{context.aws_request_id}/{entropy(8).hex()}"
    seconds = context.get_remaining_time_in_millis() // 1000 + _MARGIN_SECONDS
    try:
        acquire(table, job, holder, seconds=seconds, now=int(clock()))
    except LeaseHeld as refused:
        if refused.holder.startswith(f"{context.aws_request_id}/"):
            raise EarlierAttempt(job) from refused
        raise
    try:
        yield
    finally:
        # What the run has done counts more than a lease that ends by itself.
        with suppress(Unavailable):
            release(table, job, holder)


def checkpoint(table: str, job: str) -> dict[str, Any]:
    """Return the place that the last run of a job has kept, as JSON values; empty for none.

    Raises
    ------
    Unavailable
        The table does not answer.
    """
    with translating():
        answer = client("dynamodb").get_item(TableName=table, Key={"id": _checkpoint(job)}, ConsistentRead=True)
    kept: dict[str, Any] = json.loads(answer["Item"]["place"]["S"]) if "Item" in answer else {}
    return kept


def keep(table: str, job: str, place: dict[str, Any], *, now: int) -> None:
    """Keep a job's place for its next run, at most for two weeks; an empty one is forgotten.

    Parameters
    ----------
    table, job
        The idempotency table, and whose place.
    place
        JSON values. Only the holder of the job's lease may keep one.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    Unavailable
        The table does not answer.
    """
    with translating():
        if not place:
            client("dynamodb").delete_item(TableName=table, Key={"id": _checkpoint(job)})
            return
        row = {
            "id": _checkpoint(job),
            "place": {"S": json.dumps(place)},
            _EXPIRES: {"N": str(now + CHECKPOINT_SECONDS)},
        }
        client("dynamodb").put_item(TableName=table, Item=row)


def _lease(job: str) -> dict[str, str]:
    return {"S": f"lease#{job}"}


def _checkpoint(job: str) -> dict[str, str]:
    return {"S": f"checkpoint#{job}"}
