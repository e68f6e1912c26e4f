"""All items, for what is no request: a request path never scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aws.attributes import from_attribute
from aws.clients import client, translating
from domain.item_facts import ItemFacts
from domain.item_rules import PUBLIC

_PROJECTED = ("id", "name", "category", "price", "visibility", "createdAt")


class OutOfTime(Exception):
    """There was no time left before all items were read."""


def all_items(table: str, enough_time: Callable[[], bool]) -> Iterator[ItemFacts]:
    """Yield what a report reads of every item, page by page, in no order ("Scan").

    Parameters
    ----------
    table
        The items table.
    enough_time
        Whether there is time for another page.

    Raises
    ------
    OutOfTime
        There is not. What has been yielded is a part, and no basis for a report.
    Unavailable
        The table does not answer.
    """
    names = {f"#{name}": name for name in _PROJECTED}
    start: dict[str, Any] | None = None
    while True:
        if not enough_time():
            raise OutOfTime
        with translating():
            answer = client("dynamodb").scan(
                TableName=table,
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
                **({"ExclusiveStartKey": start} if start else {}),
            )
        for row in answer["Items"]:
            yield _facts(row)
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return


def _facts(row: dict[str, Any]) -> ItemFacts:
    values = {name: from_attribute(value) for name, value in row.items()}
    return ItemFacts(
        id=values["id"],
        name=values["name"],
        category=values["category"],
        price=values["price"],
        public=values["visibility"] == PUBLIC,
        created_at=values["createdAt"],
    )
