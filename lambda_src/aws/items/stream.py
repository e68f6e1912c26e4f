"""Records of the items table's stream (Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from aws.items.item_records import CORRELATION_ID, from_record
from domain.item_changes import Change
from domain.item_events import CREATED, DELETED, UPDATED
from domain.items import Item
from domain.times import rfc3339

KINDS = {"INSERT": CREATED, "MODIFY": UPDATED, "REMOVE": DELETED}
# The images that a record of each kind has in a stream with NEW_AND_OLD_IMAGES.
_IMAGES = {"INSERT": (False, True), "MODIFY": (True, True), "REMOVE": (True, False)}
# DynamoDB Developer Guide, "DynamoDB Streams and Time to Live": who deletes what has expired.
_TIME_TO_LIVE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class MalformedRecord(Exception):
    """A record that is not one of an item's change. The message says what is wrong, and holds nothing of the item."""


def change_of(record: Mapping[str, Any]) -> Change:
    """Return the change that a record tells of.

    The time of the change is the item's own; a deletion's is that of the record, which the stream rounds to seconds.
    Its correlation id is the row's. A row without one was written by no request, as is a deletion by expiry; then the
    change begins an undertaking of its own.

    Raises
    ------
    MalformedRecord
        It is of an unknown kind, or it has not the images of its kind, or one of them is no item.
    """
    try:
        kind, identifier, content = str(record["eventName"]), str(record["eventID"]), record["dynamodb"]
        has_old, has_new = _IMAGES[kind]
        before, after = (
            from_record(content[name]) if there else None
            for name, there in (("OldImage", has_old), ("NewImage", has_new))
        )
        row = content["NewImage" if has_new else "OldImage"]
        expired = _expired(record)
        written_by = "" if expired else row.get(CORRELATION_ID, {}).get("S")
        return Change(
            id=identifier,
            occurred_at=_time(after, content),
            correlation_id=written_by or identifier,
            before=before,
            after=after,
            expired=expired,
        )
    except Exception as error:
        # Nothing here but the record itself can be at fault. A KeyError names an attribute; others may quote its value.
        missing = f" {error}" if isinstance(error, KeyError) else ""
        raise MalformedRecord(f"{type(error).__name__}{missing}") from None


def _time(after: Item | None, content: Mapping[str, Any]) -> str:
    if after is None:
        return rfc3339(int(Decimal(str(content["ApproximateCreationDateTime"])) * 1_000_000_000))
    datetime.fromisoformat(after.updated_at)  # the bus takes nothing else
    return after.updated_at


def _expired(record: Mapping[str, Any]) -> bool:
    identity = record.get("userIdentity") or {}
    return record["eventName"] == "REMOVE" and {name: identity.get(name) for name in _TIME_TO_LIVE} == _TIME_TO_LIVE
