"""Which objects of images items name, for many items at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from aws.attributes import from_attribute
from aws.clients import Unavailable, client, translating

# The most that "BatchGetItem" takes.
BATCH = 100
ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.1


def named_objects(
    table: str, item_ids: Collection[str], *, pause: Callable[[float], None] = time.sleep
) -> dict[str, frozenset[str]]:
    """Return item to the keys that its images name, as of the last answered write; no entry for an item that is gone.

    Parameters
    ----------
    table
        The items table.
    item_ids
        Any number of ids.
    pause
        Waits for so many seconds before what the table has left unprocessed is asked for again: 0.1, doubled each time.

    Raises
    ------
    Unavailable
        The table does not answer, or leaves keys unprocessed again and again.
    """
    found: dict[str, frozenset[str]] = {}
    ordered = sorted(item_ids)
    for first in range(0, len(ordered), BATCH):
        keys = [{"id": {"S": item_id}} for item_id in ordered[first : first + BATCH]]
        found |= _batch(table, keys, pause)
    return found


def _batch(table: str, keys: list[dict[str, Any]], pause: Callable[[float], None]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        request = {
            "Keys": keys,
            "ConsistentRead": True,
            "ProjectionExpression": "#id, #images",
            "ExpressionAttributeNames": {"#id": "id", "#images": "images"},
        }
        with translating():
            answer = client("dynamodb").batch_get_item(RequestItems={table: request})
        for row in answer["Responses"].get(table, []):
            images = from_attribute(row["images"]) if "images" in row else []
            found[row["id"]["S"]] = frozenset(str(size["key"]) for image in images for size in image["sizes"])
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if not keys:
            return found
    raise Unavailable("UnprocessedKeys")
