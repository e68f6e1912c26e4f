"""The rules for the values of an item's properties. The gateway checks most of them too; these are what counts.

A rule takes a JSON value, its numbers as `Decimal`, and returns the property's value, or raises `BrokenRule`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from domain.visible_text import can_be_seen, is_harmless

PRIVATE = "private"
PUBLIC = "public"
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2000
CATEGORY_LENGTH = 50
TAG_COUNT = 20
TAG_LENGTH = 50
PRICE_LIMIT = Decimal(1_000_000_000)
_REPORTED_NAME = 100
_CATEGORY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_CENT = Decimal("0.01")


class BrokenRule(Exception):
    """One value breaks its rule; the message says how, `where` is relative to the property."""

    def __init__(self, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.where = where


def is_category(text: str) -> bool:
    """Say whether the text can be an item's category: lower-case words and digits, joined by single hyphens."""
    return len(text) <= CATEGORY_LENGTH and _CATEGORY.fullmatch(text) is not None


def pointer(name: str) -> str:
    """Return the JSON pointer (RFC 6901) to a property, shortened, and safe to encode as UTF-8 whatever its name is."""
    shown = name[:_REPORTED_NAME].encode("utf-8", "replace").decode()
    return "/" + shown.replace("~", "~0").replace("/", "~1")


def _text(value: object, longest: int, *, several_lines: bool = False) -> str:
    if not isinstance(value, str):
        raise BrokenRule("must be a string")
    if len(value) > longest:
        raise BrokenRule(f"must not be longer than {longest} characters")
    if not all(is_harmless(character, several_lines=several_lines) for character in value):
        raise BrokenRule("must not contain control characters, unpaired surrogates or characters that reorder text")
    return value


def _label(value: object, longest: int) -> str:
    text = _text(value, longest)
    if not can_be_seen(text):
        raise BrokenRule("must not be blank")
    return text


def name(value: object) -> str:
    """One line with something visible in it."""
    return _label(value, NAME_LENGTH)


def description(value: object) -> str:
    """Any number of lines, or none."""
    return _text(value, DESCRIPTION_LENGTH, several_lines=True)


def category(value: object) -> str:
    """Lower-case words and digits, joined by hyphens."""
    text = _text(value, CATEGORY_LENGTH)
    if not is_category(text):
        raise BrokenRule("must be lower-case words and digits joined by hyphens")
    return text


def price(value: object) -> Decimal:
    """At least zero, with at most two decimal places."""
    if not isinstance(value, Decimal):
        raise BrokenRule("must be a number")
    if not (value.is_finite() and 0 <= value <= PRICE_LIMIT):
        raise BrokenRule(f"must be between 0 and {PRICE_LIMIT}")
    rounded = value.quantize(_CENT)
    if rounded != value:
        raise BrokenRule("must not have more than two decimal places")
    return abs(rounded)


def tags(value: object) -> tuple[str, ...]:
    """Names, each once."""
    if not isinstance(value, list):
        raise BrokenRule("must be a list of strings")
    if len(value) > TAG_COUNT:
        raise BrokenRule(f"must not have more than {TAG_COUNT} entries")
    found: list[str] = []
    for position, entry in enumerate(value):
        try:
            tag = _label(entry, TAG_LENGTH)
        except BrokenRule as broken:
            raise BrokenRule(str(broken), f"/{position}") from None
        if tag in found:
            raise BrokenRule("is there twice", f"/{position}")
        found.append(tag)
    return tuple(found)


def visibility(value: object) -> str:
    """`PRIVATE` or `PUBLIC`."""
    if value not in (PRIVATE, PUBLIC):
        raise BrokenRule(f'must be "{PRIVATE}" or "{PUBLIC}"')
    return str(value)
