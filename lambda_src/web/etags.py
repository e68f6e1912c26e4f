"""Entity tags and the preconditions made of them (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

import re

from web.problems import invalid_parameter
from web.requests import Request

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# What stands between the elements of a list, whose elements may be empty (RFC 9110, section 5.6.1.2).
_BETWEEN = re.compile(r"[ \t]*(?:,[ \t]*)+|[ \t]*\Z")
_VERSION = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_MOST_TAGS = 10
_LONGEST_FIELD = 1024
# Versions begin with 1: a condition on this one never holds.
_NO_VERSION = 0


def etag(version: int) -> str:
    """Return the strong entity tag of an item's version."""
    return f'"{version}"'


def expected_versions(request: Request) -> frozenset[int] | None:
    """Return the versions that `If-Match` names, or `None` where any version will do.

    The comparison is strong: weak tags, and tags that are not ours, match no version.

    Raises
    ------
    Problem
        400: the header is malformed.
    """
    return _versions(request, "If-Match", weak_match=False)


def is_fresh(request: Request, version: int) -> bool:
    """Say whether `If-None-Match` names this version, so that the caller needs no copy of it (weak comparison).

    Raises
    ------
    Problem
        400: the header is malformed.
    """
    if "if-none-match" not in request.headers:
        return False
    versions = _versions(request, "If-None-Match", weak_match=True)
    return versions is None or version in versions


def _versions(request: Request, header: str, *, weak_match: bool) -> frozenset[int] | None:
    field = request.headers.get(header.lower())
    if field is None or field.strip() == "*":
        return None
    if len(field) > _LONGEST_FIELD:
        raise invalid_parameter(header, f"has more than {_LONGEST_FIELD} characters")
    tags = _tags(field)
    if tags is None:
        raise invalid_parameter(header, 'is neither "*" nor a list of entity tags')
    if len(tags) > _MOST_TAGS:
        raise invalid_parameter(header, f"has more than {_MOST_TAGS} entity tags")
    ours = {int(opaque) for weak, opaque in tags if _VERSION.fullmatch(opaque) and (weak_match or not weak)}
    return frozenset({_NO_VERSION, *ours})


def _tags(field: str) -> list[tuple[str | None, str]] | None:
    """Return the entity tags of a list, each with whether it is weak; `None` when it is no such list.

    A comma may be part of a tag, so the list cannot be split at commas.
    """
    found: list[tuple[str | None, str]] = []
    position = len(field) - len(field.lstrip(" \t,"))
    while position < len(field):
        tag = _TAG.match(field, position)
        between = _BETWEEN.match(field, tag.end()) if tag else None
        if tag is None or between is None:
            return None
        found.append((tag[1], tag[2]))
        position = between.end()
    return found or None
