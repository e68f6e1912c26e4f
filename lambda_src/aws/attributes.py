"""DynamoDB's attribute values (API reference, "AttributeValue") to and from Python's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

AttributeValue = dict[str, Any]


def to_attribute(value: object) -> AttributeValue:
    """Return the attribute value of a string, number, boolean, nothing, list or map.

    Raises
    ------
    TypeError
        The type has no counterpart. A `float` has none on purpose: it would not come back as it went.
    """
    attribute: AttributeValue
    match value:
        case None:
            attribute = {"NULL": True}
        case bool():
            attribute = {"BOOL": value}
        case str():
            attribute = {"S": value}
        case int() | Decimal():
            attribute = {"N": format(value, "f") if isinstance(value, Decimal) else str(value)}
        case Mapping():
            attribute = {"M": {key: to_attribute(entry) for key, entry in value.items()}}
        case list() | tuple():
            attribute = {"L": [to_attribute(entry) for entry in value]}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored")
    return attribute


def from_attribute(attribute: AttributeValue) -> Any:
    """Return what `to_attribute` was given, numbers as `Decimal`.

    Raises
    ------
    TypeError
        The attribute is of a type that nothing here writes.
    """
    kind, value = next(iter(attribute.items()))
    match kind:
        case "NULL":
            return None
        case "BOOL" | "S":
            return value
        case "N":
            return Decimal(value)
        case "M":
            return {key: from_attribute(entry) for key, entry in value.items()}
        case "L":
            return [from_attribute(entry) for entry in value]
    raise TypeError(f"An attribute of type {kind} cannot be read")
