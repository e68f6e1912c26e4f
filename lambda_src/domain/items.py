"""Items: what they are, and who may do what with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import Any, NoReturn

from domain import item_rules as rules
from domain.callers import ADMIN, Caller
from domain.errors import FieldError, InvalidInput, ItemNotFound, NotTheOwner, VersionMismatch
from domain.item_rules import PRIVATE, PUBLIC, BrokenRule, pointer
from domain.times import rfc3339
from domain.uuid7 import uuid7

_REPORTED_ERRORS = 20


def _settable(rule: Callable[[object], Any], *, default: Any = MISSING, required: bool = False) -> Any:
    """Return a property that a caller sets, checked by a rule of `item_rules`.

    A property without a default is required. One that is `required` and has a default was added later: callers must set
    it, and items that were stored without it have the default.
    """
    return field(default=default, metadata={"rule": rule, "required": required or default is MISSING})


@dataclass(frozen=True, kw_only=True)
class ItemDraft:
    """The properties that a caller sets: their names, rules and defaults.

    This is the one list of them. What is accepted, stored, shown and told by events follows from it; the contract's
    `ItemInput` and `Item` say the same to callers, and a test compares them.
    """

    name: str = _settable(rules.name)
    category: str = _settable(rules.category)
    price: Decimal = _settable(rules.price)
    description: str = _settable(rules.description, default="")
    tags: tuple[str, ...] = _settable(rules.tags, default=())
    visibility: str = _settable(rules.visibility, default=PRIVATE)


@dataclass(frozen=True, kw_only=True)
class Item(ItemDraft):
    """An item. Times are RFC 3339 text; `version` counts the writes, from 1."""

    id: str
    owner: str
    created_at: str
    updated_at: str
    version: int = 1
    images: tuple[Mapping[str, object], ...] = ()


def json_name(name: str) -> str:
    """Return a property's name in JSON and in the table: `created_at` is `createdAt`."""
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


SETTABLE = {json_name(each.name): each for each in fields(ItemDraft)}
"""The properties that a caller sets, by their names in JSON."""
PROPERTIES = {json_name(each.name): each for each in fields(Item)}
"""All properties, by their names in JSON and in the table."""


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
        FieldError(pointer(name), "is read-only" if name in PROPERTIES else "is not a known property")
        for name in payload
        if name not in SETTABLE
    ]
    values: dict[str, Any] = {}
    for name, settable in SETTABLE.items():
        if name in payload:
            try:
                values[settable.name] = settable.metadata["rule"](payload[name])
            except BrokenRule as broken:
                errors.append(FieldError(pointer(name) + broken.where, str(broken)))
        elif settable.metadata["required"]:
            errors.append(FieldError(pointer(name), "is required"))
    if errors:
        raise InvalidInput(errors[:_REPORTED_ERRORS])
    return ItemDraft(**values)


def stored(draft: ItemDraft) -> dict[str, Any]:
    """Return the properties of a draft, or of an item, by their names in the table."""
    return {json_name(each.name): getattr(draft, each.name) for each in fields(draft)}


def given(draft: ItemDraft) -> dict[str, Any]:
    """Return the properties of a draft that are not their defaults: the same before and after a property is added."""
    return {each.name: value for each in fields(draft) if (value := getattr(draft, each.name)) != each.default}


def item_from(row: Mapping[str, Any]) -> Item:
    """Return the item of a row's values. A property that the row lacks has its default; other columns are ignored.

    Raises
    ------
    KeyError
        The row lacks a property that has no default.
    """
    values: dict[str, Any] = {}
    for name, each in PROPERTIES.items():
        if name in row or each.default is MISSING:
            value = row[name]
            # The table knows one kind of number and one kind of list.
            values[each.name] = int(value) if each.type == "int" else tuple(value) if isinstance(value, list) else value
    return Item(**values)


def new_item(draft: ItemDraft, owner: str, now_ns: int, entropy: Callable[[int], bytes]) -> Item:
    """Return the first version of an item.

    Parameters
    ----------
    draft
        What the caller sets.
    owner
        Subject of the caller, who alone may change the item.
    now_ns
        Nanoseconds since the Unix epoch.
    entropy
        Source of random bytes for the identifier.
    """
    now = rfc3339(now_ns)
    return Item(**vars(draft), id=uuid7(now_ns, entropy), owner=owner, created_at=now, updated_at=now)


def may_read(caller: Caller, item: Item) -> bool:
    """Say whether the caller may know of the item: its owner, anyone if it is public, or an administrator."""
    return item.visibility == PUBLIC or item.owner == caller.subject or ADMIN in caller.scopes


def readable(caller: Caller, item: Item | None) -> Item:
    """Return the item.

    Raises
    ------
    ItemNotFound
        There is none, or the caller may not know of it.
    """
    if item is None or not may_read(caller, item):
        raise ItemNotFound
    return item


def applied(caller: Caller, current: Item | None, draft: ItemDraft, versions: Collection[int] | None) -> Item | None:
    """Return the item, if a conditional write of the caller seems to have been carried out before.

    Parameters
    ----------
    caller, draft
        Whose write it is, and what it sets.
    current
        The item as it was when the condition was checked; nothing when there was none.
    versions
        Versions one of which the item had to have; `None` for any.
    """
    if current is None or current.owner != caller.subject or current.version - 1 not in (versions or ()):
        return None
    same = all(getattr(current, name) == value for name, value in vars(draft).items())
    return current if same else None


def refuse_write(caller: Caller, current: Item | None, *, any_owner: bool = False) -> NoReturn:
    """Say why a conditional write of the caller did not happen.

    Parameters
    ----------
    caller
        Whose write it was.
    current
        The item as it was when the condition was checked; nothing when there was none.
    any_owner
        The write was not conditional on the owner.

    Raises
    ------
    ItemNotFound
        There is no item, or the caller may not know of it.
    NotTheOwner
        The caller sees an item that somebody else owns.
    VersionMismatch
        The item has another version than the caller expects.
    """
    item = readable(caller, current)
    if item.owner != caller.subject and not any_owner:
        raise NotTheOwner
    raise VersionMismatch


def representation(item: Item) -> dict[str, object]:
    """Return an item as the API shows it (the contract's `Item`)."""
    shown = stored(item)
    for name, value in shown.items():
        if isinstance(value, tuple):
            shown[name] = [dict(entry) if isinstance(entry, Mapping) else entry for entry in value]
    return {"id": item.id} | shown
