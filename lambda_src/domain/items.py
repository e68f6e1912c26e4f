"""Items: what they are, and who may do what with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from domain.callers import ADMIN, Caller
from domain.errors import ItemNotFound, NotTheOwner, VersionMismatch
from domain.times import rfc3339
from domain.uuid7 import uuid7

PRIVATE = "private"
PUBLIC = "public"


@dataclass(frozen=True, kw_only=True)
class ItemDraft:
    """The properties that a caller sets. `price` has at most two decimal places."""

    name: str
    category: str
    price: Decimal
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: str = PRIVATE


@dataclass(frozen=True, kw_only=True)
class Item(ItemDraft):
    """An item. Times are RFC 3339 text; `version` counts the writes, from 1."""

    id: str
    owner: str
    created_at: str
    updated_at: str
    version: int = 1
    images: tuple[Mapping[str, object], ...] = ()


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
    return {
        "id": item.id,
        "name": item.name,
        "description": item.description,
        "category": item.category,
        "price": item.price,
        "tags": list(item.tags),
        "visibility": item.visibility,
        "images": [dict(image) for image in item.images],
        "owner": item.owner,
        "version": item.version,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
    }
