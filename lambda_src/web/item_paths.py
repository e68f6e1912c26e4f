"""The item that a path names."""

from __future__ import annotations

from domain.errors import ItemNotFound
from domain.uuid7 import canonical
from web.requests import Request


def item_id(request: Request) -> str:
    """Return the id in the path, in its canonical form.

    Raises
    ------
    ItemNotFound
        It is not a UUID, so that there can be no such item.
    """
    identifier = canonical(request.path_parameters.get("id", ""))
    if identifier is None:
        raise ItemNotFound
    return identifier
