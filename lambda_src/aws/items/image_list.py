"""Adds an image to an item's row, whoever else writes to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from aws.attributes import to_attribute
from aws.clients import Unavailable, client, translating
from aws.items.conditions import existing, failed
from aws.items.item_records import CORRELATION_ID, from_record
from domain.images import Image, has_image, with_image
from domain.items import Item

# Each attempt that fails means that somebody else's has succeeded, and an item has at most twenty images.
ATTEMPTS = 30


def add_image(table: str, item: Item, image: Image, *, now: Callable[[], str], correlation_id: str) -> Item | None:
    """Add an image, once, as the item's next version; return the item, or nothing when it is gone.

    Parameters
    ----------
    table
        Name of the table.
    item
        The item as it was read.
    image
        The entry. An item that has one with its id stays as it is.
    now
        Returns the time, RFC 3339.
    correlation_id
        Id of the undertaking that the write belongs to.

    Raises
    ------
    TooManyImages
        The item has as many images as an item may have.
    Unavailable
        The table does not answer, or others write to the item all the time.
    """
    current: Item | None = item
    for _ in range(ATTEMPTS):
        if current is None or has_image(current, str(image["id"])):
            return current
        written, current = _written(table, current, with_image(current, image), now(), correlation_id)
        if written:
            return current
    raise Unavailable("contention")


def _written(
    table: str, item: Item, images: tuple[Image, ...], now: str, correlation_id: str
) -> tuple[bool, Item | None]:
    """Return whether the item had this version and has these images now, and the item as it is; nothing if gone."""
    from botocore.exceptions import ClientError

    condition = existing(None, [item.version])
    columns = {"images": images, "version": item.version + 1, "updatedAt": now, CORRELATION_ID: correlation_id}
    try:
        with translating():
            answer = client("dynamodb").update_item(
                TableName=table,
                Key={"id": to_attribute(item.id)},
                UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in columns)}",
                ConditionExpression=condition.expression,
                ExpressionAttributeNames={f"#{name}": name for name in columns} | condition.names,
                ExpressionAttributeValues={f":{name}": to_attribute(value) for name, value in columns.items()}
                | condition.values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
    except ClientError as error:
        refused = failed(error)
        if refused is None:
            raise
        return False, refused.current
    return True, from_record(answer["Attributes"])
