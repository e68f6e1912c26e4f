"""Reads from the items table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws.attributes import to_attribute
from aws.clients import client, translating
from aws.items.item_records import PUBLIC_PARTITION, from_record
from domain.item_rules import PUBLIC
from domain.items import Item
from domain.paging import Batch

BY_OWNER = "by-owner"
PUBLIC_ITEMS = "public"


def get_item(table: str, item_id: str) -> Item | None:
    """Return an item as new as the last answered write, or nothing."""
    with translating():
        answer = client("dynamodb").get_item(TableName=table, Key={"id": {"S": item_id}}, ConsistentRead=True)
    return from_record(answer["Item"]) if "Item" in answer else None


@dataclass(frozen=True)
class ItemQuery:
    """One list of items, newest first, read through an index (so eventually consistent).

    Parameters
    ----------
    table
        Name of the table.
    owner
        Whose items; `None` for everybody's public ones.
    category
        Leave out items of other categories; empty for all.
    """

    table: str
    owner: str | None
    category: str = ""

    def __call__(self, *, after: str | None, count: int) -> Batch:
        """Return what matches among the next `count` items after the one named."""
        index, key, value = (
            (PUBLIC_ITEMS, PUBLIC_PARTITION, PUBLIC) if self.owner is None else (BY_OWNER, "owner", self.owner)
        )
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key",
            "ExpressionAttributeNames": {"#key": key},
            "ExpressionAttributeValues": {":key": to_attribute(value)},
            "ScanIndexForward": False,
            "Limit": count,
        }
        if self.category:
            query["FilterExpression"] = "#category = :category"
            query["ExpressionAttributeNames"]["#category"] = "category"
            query["ExpressionAttributeValues"][":category"] = to_attribute(self.category)
        if after is not None:
            query["ExclusiveStartKey"] = {"id": to_attribute(after), key: to_attribute(value)}
        with translating():
            answer = client("dynamodb").query(**query)
        last = answer.get("LastEvaluatedKey")
        return Batch([from_record(record) for record in answer["Items"]], last["id"]["S"] if last else None)
