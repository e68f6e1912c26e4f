"""Domain events: what has happened to an item, as the bus and everything behind it know it.

The detail of an event on the bus is the JSON form of `ItemEvent`, whose schema is versioned: who reads an event of a
version that it does not know refuses it, and the message waits in a dead-letter queue until it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SOURCE = "items"
SCHEMA_VERSION = 1
CREATED = "ItemCreated"
UPDATED = "ItemUpdated"
DELETED = "ItemDeleted"
IMAGE_REFUSED = "ImageRefused"
KINDS = (CREATED, UPDATED, DELETED, IMAGE_REFUSED)


class UnknownEvent(Exception):
    """An event of a kind, of a schema version or of a shape that this code does not know."""


@dataclass(frozen=True, kw_only=True)
class ItemEvent:
    """Something that has happened to an item.

    Parameters
    ----------
    kind
        One of `KINDS`: the bus's `detail-type`.
    id
        The same for every delivery of the same event.
    occurred_at
        RFC 3339.
    correlation_id
        The id of the caller's undertaking that led to it.
    item
        The item as the API shows it (the contract's `Item`): as it is now, or, of a deleted one, as it was last.
    changes
        Names of the item's properties that have changed, sorted; empty unless the item was updated.
    was_public
        Whether everybody could see the item before.
    reason
        Why an image was refused, as one of a fixed set of words; empty for other kinds.
    """

    kind: str
    id: str
    occurred_at: str
    correlation_id: str
    item: Mapping[str, Any]
    changes: tuple[str, ...] = ()
    was_public: bool = False
    reason: str = ""
    schema_version: int = field(default=SCHEMA_VERSION)


def detail(event: ItemEvent) -> dict[str, Any]:
    """Return the JSON values of an event's `detail` on the bus."""
    return {
        "schemaVersion": event.schema_version,
        "id": event.id,
        "occurredAt": event.occurred_at,
        "correlationId": event.correlation_id,
        "item": dict(event.item),
        "changes": list(event.changes),
        "wasPublic": event.was_public,
        "reason": event.reason,
    }


def from_bus(envelope: Mapping[str, Any]) -> ItemEvent:
    """Return the event in an EventBridge envelope ("EventBridge event structure").

    Raises
    ------
    UnknownEvent
        It is of another kind or schema version, or lacks something.
    """
    kind, content = envelope.get("detail-type"), envelope.get("detail")
    if kind not in KINDS or not isinstance(content, Mapping):
        raise UnknownEvent("unknown-kind")
    if content.get("schemaVersion") != SCHEMA_VERSION:
        raise UnknownEvent("unknown-schema-version")
    try:
        return ItemEvent(
            kind=kind,
            id=str(content["id"]),
            occurred_at=str(content["occurredAt"]),
            correlation_id=str(content["correlationId"]),
            item={**content["item"], "id": str(content["item"]["id"]), "owner": str(content["item"]["owner"])},
            changes=tuple(content["changes"]),
            was_public=content["wasPublic"] is True,
            reason=str(content["reason"]),
        )
    except (KeyError, TypeError) as error:
        raise UnknownEvent("malformed") from error
