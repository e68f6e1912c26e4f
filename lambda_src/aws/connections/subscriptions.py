"""The topics that a connection follows: named in its owner's row, and a row of their own for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws.attributes import to_attribute
from aws.clients import Unavailable
from aws.connections.rows import Connection, key_of, record_of
from aws.transactions import CONDITION, cancelled

# Messages of one connection may be handled at once, and then only one of their transactions goes through.
_PAUSES_SECONDS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)


class TooManyTopics(Exception):
    """The connection follows as many topics as it may."""


class ConnectionGone(Exception):
    """The connection has ended."""


def subscribe(
    table: str, connection: Connection, topic: str, *, most: int, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Let a connection follow a topic; once more changes nothing.

    The owner's row has the set of topics, and the condition is on its size: however many messages come at once, no more
    than `most` are followed.

    Parameters
    ----------
    table
        The connections table.
    connection
        The row of its owner's topic.
    topic
        Name of the topic.
    most
        How many topics a connection may follow.
    sleep
        Waits some seconds.

    Raises
    ------
    TooManyTopics, ConnectionGone
        Nothing has changed.
    Unavailable
        The table does not answer, or other messages of the connection were always faster.
    """
    update = {
        "TableName": table,
        "Key": key_of(connection),
        "UpdateExpression": "ADD #topics :topics",
        "ConditionExpression": (
            "attribute_exists(#topic) AND "
            "(attribute_not_exists(#topics) OR contains(#topics, :topic) OR size(#topics) < :most)"
        ),
        "ExpressionAttributeNames": {"#topics": "topics", "#topic": "topic"},
        "ExpressionAttributeValues": {
            ":topics": {"SS": [topic]},
            ":topic": to_attribute(topic),
            ":most": to_attribute(most),
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    put = {"TableName": table, "Item": record_of(replace(connection, topic=topic, slot=None))}
    _write([{"Update": update}, {"Put": put}], sleep)


def unsubscribe(table: str, connection: Connection, topic: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Let a connection follow a topic no longer; once more changes nothing. Parameters and errors as `subscribe`."""
    update = {
        "TableName": table,
        "Key": key_of(connection),
        "UpdateExpression": "DELETE #topics :topics",
        "ConditionExpression": "attribute_exists(#topic)",
        "ExpressionAttributeNames": {"#topics": "topics", "#topic": "topic"},
        "ExpressionAttributeValues": {":topics": {"SS": [topic]}},
    }
    delete = {"TableName": table, "Key": key_of(replace(connection, topic=topic))}
    _write([{"Update": update}, {"Delete": delete}], sleep)


def _write(writes: list[dict[str, Any]], sleep: Callable[[float], None]) -> None:
    for pause in _PAUSES_SECONDS:
        sleep(pause)
        reasons = cancelled(writes)
        if not reasons:
            return
        if reasons[0].code == CONDITION:
            # The row is in the answer if there is one.
            raise TooManyTopics if reasons[0].found else ConnectionGone
    raise Unavailable("Other messages of the connection were faster")
