"""The rules for what a caller may put into an item. The gateway checks most of them too; these ones count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from domain.errors import FieldError, InvalidInput
from domain.items import PRIVATE, PUBLIC, ItemDraft
from domain.visible_text import can_be_seen, is_harmless

T = TypeVar("T")

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2000
CATEGORY_LENGTH = 50
TAG_COUNT = 20
TAG_LENGTH = 50
PRICE_LIMIT = Decimal(1_000_000_000)
READ_ONLY = frozenset({"id", "images", "owner", "version", "createdAt", "updatedAt"})
_SETTABLE = frozenset({"name", "description", "category", "price", "tags", "visibility"})
_REPORTED_ERRORS = 20
_REPORTED_NAME = 100
_CATEGORY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_CENT = Decimal("0.01")
_NO_TAGS: tuple[str, ...] = ()


class _Broken(Exception):
    """One value breaks its rule; the message says how, `where` is relative to the property."""

    def __init__(self, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.where = where


def draft_from(payload: Mapping[str, object]) -> ItemDraft:
    """Return what the caller sets, checked; what may be left out has its default.

    Parameters
    ----------
    payload
        A JSON object, its numbers as `Decimal`.

    Raises
    ------
    InvalidInput
        With every rule that the payload breaks, up to a bound.
    """
    errors = [
        FieldError(pointer(name), "is read-only" if name in READ_ONLY else "is not a known property")
        for name in payload
        if name not in _SETTABLE
    ]

    def checked(name: str, rule: Callable[[object], T], default: T | None = None) -> T | None:
        if name not in payload:
            if default is None:
                errors.append(FieldError(pointer(name), "is required"))
            return default
        try:
            return rule(payload[name])
        except _Broken as broken:
            errors.append(FieldError(pointer(name) + broken.where, str(broken)))
            return default

    name = checked("name", _name)
    category = checked("category", _category)
    price = checked("price", _price)
    description = checked("description", _description, "")
    tags = checked("tags", _tags, _NO_TAGS)
    visibility = checked("visibility", _visibility, PRIVATE)
    if errors or name is None or category is None or price is None:
        raise InvalidInput(errors[:_REPORTED_ERRORS])
    return ItemDraft(
        name=name,
        category=category,
        price=price,
        description=description or "",
        tags=tags or _NO_TAGS,
        visibility=visibility or PRIVATE,
    )


def is_category(text: str) -> bool:
    """Say whether the text can be an item's category: lower-case words and digits, joined by single hyphens."""
    return len(text) <= CATEGORY_LENGTH and _CATEGORY.fullmatch(text) is not None


def pointer(name: str) -> str:
    """Return the JSON pointer (RFC 6901) to a property, shortened, and safe to encode as UTF-8 whatever its name is."""
    shown = name[:_REPORTED_NAME].encode("utf-8", "replace").decode()
    return "/" + shown.replace("~", "~0").replace("/", "~1")


def _text(value: object, longest: int, *, several_lines: bool = False) -> str:
    if not isinstance(value, str):
        raise _Broken("must be a string")
    if len(value) > longest:
        raise _Broken(f"must not be longer than {longest} characters")
    if not all(is_harmless(character, several_lines=several_lines) for character in value):
        raise _Broken("must not contain control characters, unpaired surrogates or characters that reorder text")
    return value


def _label(value: object, longest: int) -> str:
    text = _text(value, longest)
    if not can_be_seen(text):
        raise _Broken("must not be blank")
    return text


def _name(value: object) -> str:
    return _label(value, NAME_LENGTH)


def _description(value: object) -> str:
    return _text(value, DESCRIPTION_LENGTH, several_lines=True)


def _category(value: object) -> str:
    text = _text(value, CATEGORY_LENGTH)
    if not is_category(text):
        raise _Broken("must be lower-case words and digits joined by hyphens")
    return text


def _price(value: object) -> Decimal:
    if not isinstance(value, Decimal):
        raise _Broken("must be a number")
    if not (value.is_finite() and 0 <= value <= PRICE_LIMIT):
        raise _Broken(f"must be between 0 and {PRICE_LIMIT}")
    price = value.quantize(_CENT)
    if price != value:
        raise _Broken("must not have more than two decimal places")
    return abs(price)


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Broken("must be a list of strings")
    if len(value) > TAG_COUNT:
        raise _Broken(f"must not have more than {TAG_COUNT} entries")
    tags: list[str] = []
    for position, entry in enumerate(value):
        try:
            tag = _label(entry, TAG_LENGTH)
        except _Broken as broken:
            raise _Broken(str(broken), f"/{position}") from None
        if tag in tags:
            raise _Broken("is there twice", f"/{position}")
        tags.append(tag)
    return tuple(tags)


def _visibility(value: object) -> str:
    if value not in (PRIVATE, PUBLIC):
        raise _Broken(f'must be "{PRIVATE}" or "{PUBLIC}"')
    return str(value)
