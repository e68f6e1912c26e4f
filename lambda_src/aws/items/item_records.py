"""An item as a row of the items table."""

from __future__ import annotations

from aws.attributes import AttributeValue, from_attribute, to_attribute
from domain.item_rules import PUBLIC
from domain.items import PROPERTIES, Item, item_from, stored

# The key of the index over public items. Only they carry it, so the index holds nothing else.
PUBLIC_PARTITION = "publicPartition"
# The id of the undertaking whose write was the last. It is the row's and not the item's: the table's stream carries it
# on, and the API shows it to nobody.
CORRELATION_ID = "correlationId"


def to_record(item: Item, correlation_id: str) -> dict[str, AttributeValue]:
    """Return the row of an item that is written under this correlation id."""
    row = stored(item) | {CORRELATION_ID: correlation_id}
    if item.visibility == PUBLIC:
        row[PUBLIC_PARTITION] = PUBLIC
    return {name: to_attribute(value) for name, value in row.items()}


def from_record(record: dict[str, AttributeValue]) -> Item:
    """Return the item of a row, also of one that was written before a property was added."""
    return item_from({name: from_attribute(record[name]) for name in PROPERTIES if name in record})
