"""JSON text of what the application deals with, decimal numbers included."""

from __future__ import annotations

import json
from decimal import Decimal


def to_json(content: object) -> str:
    """Return JSON text. A `Decimal` of up to 15 digits comes out as it is: `float` keeps that many."""
    return json.dumps(content, default=_number, ensure_ascii=False, separators=(",", ":"))


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
