"""Conditions of conditional writes on the items table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from aws.attributes import AttributeValue, to_attribute
from aws.items.item_records import from_record
from domain.items import Item


class ConditionFailed(Exception):
    """A conditional write did not happen. `current` is the item that its condition was checked against, if any."""

    def __init__(self, current: Item | None) -> None:
        super().__init__("The condition of a write does not hold")
        self.current = current


@dataclass(frozen=True)
class Condition:
    """A condition expression with its names and values."""

    expression: str
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, AttributeValue] = field(default_factory=dict)


def existing(owner: str | None, versions: Collection[int] | None) -> Condition:
    """Return the condition that an item exists, is of `owner` and has one of `versions`; `None` leaves a part out."""
    parts = ["attribute_exists(#id)"]
    names = {"#id": "id"}
    values: dict[str, AttributeValue] = {}
    if owner is not None:
        parts.append("#owner = :owner")
        names["#owner"] = "owner"
        values[":owner"] = to_attribute(owner)
    if versions is not None:
        expected = {f":expected{position}": to_attribute(version) for position, version in enumerate(sorted(versions))}
        parts.append(f"#version IN ({', '.join(expected)})")
        names["#version"] = "version"
        values |= expected
    return Condition(" AND ".join(parts), names, values)


def failed(error: Any) -> ConditionFailed | None:
    """Return what a `ClientError` says of a condition, if it is about one.

    The row is in the answer of a write with `ReturnValuesOnConditionCheckFailure=ALL_OLD`; an answer without one means
    that there is no row, so that nothing needs to be read again.
    """
    if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        return None
    record = error.response.get("Item")
    return ConditionFailed(from_record(record) if record else None)
