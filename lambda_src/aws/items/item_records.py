"""An item as a row of the items table."""

from __future__ import annotations

from typing import Any

from aws.attributes import AttributeValue, from_attribute, to_attribute
from domain.items import PUBLIC, Item, ItemDraft

# The key of the index over public items. Only they carry it, so the index holds nothing else.
PUBLIC_PARTITION = "publicPartition"
# The id of the undertaking whose write was the last. It is the row's and not the item's: the table's stream carries it
# on, and the API shows it to nobody.
CORRELATION_ID = "correlationId"


def to_record(item: Item, correlation_id: str) -> dict[str, AttributeValue]:
    """Return the row of an item that is written under this correlation id."""
    row: dict[str, Any] = {
        "id": item.id,
        "owner": item.owner,
        "version": item.version,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
        "images": item.images,
        CORRELATION_ID: correlation_id,
        **settable(item),
    }
    if item.visibility == PUBLIC:
        row[PUBLIC_PARTITION] = PUBLIC
    return {name: to_attribute(value) for name, value in row.items()}


def settable(draft: ItemDraft) -> dict[str, Any]:
    """Return the columns that a caller sets."""
    return {
        "name": draft.name,
        "description": draft.description,
        "category": draft.category,
        "price": draft.price,
        "tags": draft.tags,
        "visibility": draft.visibility,
    }


def from_record(record: dict[str, AttributeValue]) -> Item:
    """Return the item of a row."""
    row = {name: from_attribute(value) for name, value in record.items()}
    return Item(
        id=row["id"],
        owner=row["owner"],
        version=int(row["version"]),
        created_at=row["createdAt"],
        updated_at=row["updatedAt"],
        images=tuple(row["images"]),
        name=row["name"],
        description=row["description"],
        category=row["category"],
        price=row["price"],
        tags=tuple(row["tags"]),
        visibility=row["visibility"],
    )
