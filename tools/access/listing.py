"""Listings of AWS, to their end.

A listing comes in pages: 50 functions, 100 tables, 25 APIs. Whoever reads one page sees a part and takes it for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BY_HAND = {
    "list_archives": ("NextToken", "Archives"),
    "list_event_buses": ("NextToken", "EventBuses"),
    "list_secret_version_ids": ("NextToken", "Versions"),
    "list_web_acls": ("NextMarker", "WebACLs"),
}
"""Listings that botocore has no paginator for: the name of their token, which is the same in both directions, and of
their result. From each operation's page of its service's API reference."""


def everything(client: Any, operation: str, *, key: str = "", **arguments: Any) -> list[Any]:
    """Return all that a listing has, from its first page to its last.

    Parameters
    ----------
    client
        A boto3 client.
    operation
        The method's name, such as `list_functions`.
    key
        What is wanted of each page where it lists several things, such as `DeleteMarkers`; by default the first.
    arguments
        As the method takes them.

    Raises
    ------
    ValueError
        The endpoint gives the same token twice: it would never come to an end.
    """
    return [item for page in _pages(client, operation, key, arguments) for item in page]


def _pages(client: Any, operation: str, key: str, arguments: dict[str, Any]) -> Iterator[list[Any]]:
    if operation in _BY_HAND:
        yield from _pages_by_hand(client, operation, arguments)
        return
    import jmespath
    from botocore.exceptions import PaginationError

    paginator = client.get_paginator(operation)
    wanted = jmespath.compile(key) if key else paginator.result_keys[0]
    try:
        for page in paginator.paginate(**arguments):
            yield wanted.search(page) or []
    except PaginationError as error:
        raise ValueError(f"{operation} comes to no end: {error}") from None


def _pages_by_hand(client: Any, operation: str, arguments: dict[str, Any]) -> Iterator[list[Any]]:
    token, key = _BY_HAND[operation]
    seen = set[str]()
    while True:
        page = getattr(client, operation)(**arguments)
        yield page.get(key, [])
        following = page.get(token)
        if not following:
            return
        if following in seen:
            raise ValueError(f"{operation} comes to no end: it gave the same {token} twice")
        seen.add(following)
        arguments = {**arguments, token: following}
