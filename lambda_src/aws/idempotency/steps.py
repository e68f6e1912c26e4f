"""Steps of a consumer, each taken once however often its event comes: claimed, taken, remembered."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

from aws.attributes import AttributeValue
from aws.clients import Unavailable, client, translating
from aws.idempotency.key_records import COMPLETED, IN_PROGRESS, StillInProgress, put_if_free, record_id

DAY_SECONDS = 24 * 3600
# How long after one delivery the next may come: days in the dead-letter queue until somebody redrives it, and days in
# the queue after that. A test holds it against triggers/sqs-queues.tf.
REDRIVE_SECONDS = 20 * DAY_SECONDS
_POLL_SECONDS = 1.0


def once(
    action: Callable[[], None],
    *,
    table: str,
    scope: list[str],
    claim_seconds: float,
    kept_seconds: int = REDRIVE_SECONDS,
    patience_seconds: float = 0,
) -> bool:
    """Take a step unless it was taken before, and say whether it was taken now.

    A process that dies after the step and before it is remembered leaves its claim; when that has ended, the next
    delivery takes the step again.

    Parameters
    ----------
    action
        The step. When it raises, the step is free again.
    table
        The idempotency table.
    scope
        What tells this step from all others.
    claim_seconds
        The longest that the action can take: for so long nobody else takes the step.
    kept_seconds
        How long the step is remembered, from the last delivery on.
    patience_seconds
        How long to wait for somebody else who has claimed it.

    Raises
    ------
    StillInProgress
        Somebody else has claimed the step.
    Unavailable
        The table does not answer.
    """
    step = _Step(table, record_id(scope), kept_seconds)
    give_up = time.time() + patience_seconds
    while record := step.claim(claim_seconds):
        if record["status"]["S"] == COMPLETED:
            step.remember_longer(int(record["expiration"]["N"]))
            return False
        if time.time() >= give_up:
            raise StillInProgress
        time.sleep(_POLL_SECONDS)
    try:
        action()
    except Exception:
        # What has failed counts more than a claim that ends by itself.
        with suppress(Unavailable):
            step.free()
        raise
    # What was done counts more than the bookkeeping about it.
    with suppress(Unavailable):
        step.remember()
    return True


class _Step:
    """The record of one step. Only who has claimed it remembers or frees it."""

    def __init__(self, table: str, identifier: str, kept_seconds: int) -> None:
        self._table = table
        self._id = identifier
        self._kept_seconds = kept_seconds
        self._holder = {"S": os.urandom(8).hex()}

    def claim(self, seconds: float) -> dict[str, AttributeValue] | None:
        """Claim the step; when somebody else has claimed or taken it, return the record that says so."""
        now = time.time()
        record = {
            "id": {"S": self._id},
            "status": {"S": IN_PROGRESS},
            "expiration": {"N": str(self._expires())},
            "in_progress_expiration": {"N": str(int((now + seconds) * 1000))},
            "holder": self._holder,
        }
        dynamodb = client("dynamodb")
        try:
            with translating():
                dynamodb.put_item(**put_if_free(self._table, record, now))
        except dynamodb.exceptions.ConditionalCheckFailedException as error:
            found: dict[str, AttributeValue] = error.response["Item"]
            # The SDK repeats a write whose answer was lost; then the claim in the way is this one.
            return None if found.get("holder") == self._holder else found
        return None

    def remember(self) -> None:
        """Turn the claim into what says that the step was taken."""
        dynamodb = client("dynamodb")
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException), translating():
            dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": self._id}},
                UpdateExpression="SET #status = :completed, #expires = :expires REMOVE #holder, #claimed_until",
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={
                    "#status": "status",
                    "#expires": "expiration",
                    "#holder": "holder",
                    "#claimed_until": "in_progress_expiration",
                },
                ExpressionAttributeValues={
                    ":completed": {"S": COMPLETED},
                    ":expires": {"N": str(self._expires())},
                    ":holder": self._holder,
                },
            )

    def remember_longer(self, expires: int) -> None:
        """Begin the record's time anew, unless that was done less than a day ago."""
        if self._expires() - expires < DAY_SECONDS:
            return
        with translating():
            client("dynamodb").update_item(
                TableName=self._table,
                Key={"id": {"S": self._id}},
                # Both, so that a record which DynamoDB has just deleted is one again.
                UpdateExpression="SET #status = :completed, #expires = :expires",
                ExpressionAttributeNames={"#status": "status", "#expires": "expiration"},
                ExpressionAttributeValues={
                    ":completed": {"S": COMPLETED},
                    ":expires": {"N": str(self._expires())},
                },
            )

    def free(self) -> None:
        """Give the claim back."""
        dynamodb = client("dynamodb")
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException), translating():
            dynamodb.delete_item(
                TableName=self._table,
                Key={"id": {"S": self._id}},
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={"#holder": "holder"},
                ExpressionAttributeValues={":holder": self._holder},
            )

    def _expires(self) -> int:
        return int(time.time()) + self._kept_seconds
