"""A JSON object, read strictly: what two parsers could read in two ways is refused."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

# A price needs 13 characters. Longer literals only serve to make arithmetic slow.
LONGEST_NUMBER = 40


class Unreadable(Exception):
    """The text is no JSON object, or one to some parsers only. The message is what follows "The body": "is empty"."""


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a text, its numbers as `Decimal`.

    Raises
    ------
    Unreadable
        The text is anything but one JSON object (RFC 8259) without duplicate names, without NaN or infinities and with
        numbers of a sane length.
    """
    if not text.strip():
        raise Unreadable("is empty")
    try:
        found = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError:
        raise Unreadable("is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("is not a JSON object")
    return found


def _number(literal: str) -> Decimal:
    if len(literal) > LONGEST_NUMBER:
        raise Unreadable(f"has a number of more than {LONGEST_NUMBER} characters")
    try:
        return Decimal(literal)
    except InvalidOperation:
        raise Unreadable("has a number out of range") from None


def _constant(_: str) -> NoReturn:
    raise Unreadable("has NaN or an infinity, which are not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("has an object with the same name twice")
    return found
