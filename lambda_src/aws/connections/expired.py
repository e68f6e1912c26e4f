"""Rows of the connections table whose time is over, and which DynamoDB's TTL has not deleted yet.

Expired rows may stay for days (DynamoDB Developer Guide, "Using time to live").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws.clients import client, translating

# The longest look of one call. Most rows of a page are not expired, and are not returned.
PAGE = 500


@dataclass(frozen=True)
class ExpiredPage:
    """The expired rows of a part of the table.

    Parameters
    ----------
    keys
        Their keys, as DynamoDB has them.
    next
        Where the next part begins; nothing after the last one.
    """

    keys: list[dict[str, Any]]
    next: dict[str, Any] | None


def expired_page(table: str, *, now: int, start: dict[str, Any] | None) -> ExpiredPage:
    """Return the rows that have expired before `now`, among the next ones of the table.

    Parameters
    ----------
    table
        The connections table.
    now
        Seconds since the Unix epoch.
    start
        `next` of the page before.

    Raises
    ------
    Unavailable
        The table does not answer.
    """
    with translating():
        answer = client("dynamodb").scan(
            TableName=table,
            Limit=PAGE,
            FilterExpression="#expires < :now",
            ProjectionExpression="#topic, #connection",
            ExpressionAttributeNames={"#expires": "expiresAt", "#topic": "topic", "#connection": "connectionId"},
            ExpressionAttributeValues={":now": {"N": str(now)}},
            **({"ExclusiveStartKey": start} if start else {}),
        )
    return ExpiredPage(answer["Items"], answer.get("LastEvaluatedKey"))


def delete_expired(table: str, key: dict[str, Any], *, now: int) -> bool:
    """Delete a row if it has expired before `now`, and say whether it had.

    A row that has been written again since it was read, or is gone, is left alone: a connection that lives is never
    cut off.

    Raises
    ------
    Unavailable
        The table does not answer.
    """
    dynamodb = client("dynamodb")
    try:
        with translating():
            dynamodb.delete_item(
                TableName=table,
                Key=key,
                ConditionExpression="#expires < :now",
                ExpressionAttributeNames={"#expires": "expiresAt"},
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True
