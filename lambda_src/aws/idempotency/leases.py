"""One run of a job at a time, and where the last one has stopped: rows of the idempotency table.

A lease is given by a conditional write, so that two runs never both have it. It is short, and its holder renews it
while it works: a holder that dies blocks others for `LEASE_SECONDS` at most. The table's TTL attribute is the end of a
lease; DynamoDB deletes expired rows only some time later (DynamoDB Developer Guide, "Using time to live in DynamoDB"),
so no read relies on it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aws.clients import Unavailable, client, translating
from aws.idempotency.steps import REDRIVE_SECONDS
from runtime.context import LambdaContext

# The TTL attribute of the idempotency table.
_EXPIRES = "expiration"
# Longer than anything that a job does between two renewals, and so short that the first retry of an asynchronous
# invocation, a minute later (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
# invocation"), has to wait for half a minute at most.
LEASE_SECONDS = 90
RENEW_SECONDS = 15
_POLL_SECONDS = 5.0


class LeaseHeld(Exception):
    """Another run of the job has the lease. `holder` is the text that it was taken with."""

    def __init__(self, job: str, holder: str) -> None:
        super().__init__(job)
        self.holder = holder


class StillHeld(Exception):
    """Another run has had the lease for as long as this one could wait. What it was to do is undone: try again."""


class LeaseLost(Exception):
    """Another run has the lease that this one has not renewed in time."""


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


class Lease:
    """A lease that this run has taken. It has to be renewed at least every `LEASE_SECONDS`."""

    def __init__(self, table: str, job: str, holder: str) -> None:
        self._table = table
        self._job = job
        self._holder = holder
        self._taken_at = 0.0

    def take(self) -> None:
        """Take the lease, or take it for longer.

        Raises
        ------
        LeaseHeld, Unavailable
            As `acquire`.
        """
        now = time.time()
        acquire(self._table, self._job, self._holder, seconds=LEASE_SECONDS, now=int(now))
        self._taken_at = now

    def renew(self) -> None:
        """Take the lease for longer, if it was not taken a moment ago.

        Raises
        ------
        LeaseLost
            It has ended.
        """
        since = time.time() - self._taken_at
        if since < RENEW_SECONDS:
            return
        try:
            self.take()
        except LeaseHeld as held_by_another:
            raise LeaseLost(self._job) from held_by_another
        except Unavailable as error:
            if since >= LEASE_SECONDS - RENEW_SECONDS:
                raise LeaseLost(self._job) from error

    def give_back(self) -> None:
        """Let others have it. When the table does not answer, it ends by itself."""
        with suppress(Unavailable):
            release(self._table, self._job, self._holder)


@contextmanager
def held(
    table: str,
    job: str,
    context: LambdaContext,
    *,
    must_run: bool,
) -> Iterator[Lease]:
    """Keep other runs of a job away while the block runs.

    Parameters
    ----------
    table, job
        The idempotency table, and whose lease.
    context
        The invocation. All attempts at one asynchronous invocation have its id; an earlier one may have died with the
        lease.
    must_run
        Wait for another run's end, for half of the time that there is. What nobody waits for, such as an event of the
        schedule, would be lost if it stood back for a run that may die.

    Raises
    ------
    LeaseHeld
        Another run is at it, and this one need not run.
    StillHeld
        Another run is at it, for longer than this one could wait.
    LeaseLost
        From `Lease.renew`.
    Unavailable
        The table does not answer.
    """
    lease = Lease(table, job, f"{context.aws_request_id}/{os.urandom(8).hex()}")
    give_up = time.time() + context.get_remaining_time_in_millis() / 2000
    while True:
        try:
            lease.take()
            break
        except LeaseHeld as refused:
            if not must_run and not refused.holder.startswith(f"{context.aws_request_id}/"):
                raise
            if time.time() >= give_up:
                raise StillHeld(job) from None
            time.sleep(_POLL_SECONDS)
    try:
        yield lease
    finally:
        lease.give_back()


def checkpoint(table: str, job: str) -> dict[str, Any]:
    """Return the place that the last run of a job has kept, as JSON values; empty for none.

    Raises
    ------
    Unavailable
        The table does not answer.
    """
    with translating():
        answer = client("dynamodb").get_item(TableName=table, Key={"id": _checkpoint(job)}, ConsistentRead=True)
    row = answer.get("Item")
    if row is None or int(row[_EXPIRES]["N"]) < time.time():
        return {}
    kept: dict[str, Any] = json.loads(row["place"]["S"])
    return kept


def keep(table: str, job: str, place: dict[str, Any], *, now: int) -> None:
    """Keep a job's place for its next run, as long as an event of the job may come back; an empty one is forgotten.

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
            _EXPIRES: {"N": str(now + REDRIVE_SECONDS)},
        }
        client("dynamodb").put_item(TableName=table, Item=row)


def _lease(job: str) -> dict[str, str]:
    return {"S": f"lease#{job}"}


def _checkpoint(job: str) -> dict[str, str]:
    return {"S": f"checkpoint#{job}"}
