"""A JSON object from a request's body, read strictly: what two parsers could read in two ways is refused."""

from __future__ import annotations

import base64
import re
from typing import Any

from domain.errors import FieldError
from runtime.strict_json import Unreadable, parse_object
from web.problems import Problem, invalid_input
from web.requests import Request

MAX_BYTES = 64 * 1024
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# RFC 9110, sections 5.6.6 and 8.3.1: a parameter's value may be quoted, and a parameter may be missing.
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_WORD})=({_WORD}|"(?:[^"\\]|\\.)*"))?')


def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, its numbers as `Decimal`.

    Raises
    ------
    Problem
        415 for another content type or a coded body, 413 beyond 64 KiB, 400 for anything but one JSON object (RFC 8259)
        without duplicate names, without NaN or infinities and with numbers of a sane length.
    """
    if not _is_json(request.headers.get("content-type", "")):
        raise Problem(415, "", "The body has to be application/json in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        # RFC 9110, section 15.5.16: which codings would have been taken.
        raise Problem(415, "", "The body has to be sent without a coding.", headers={"Accept-Encoding": "identity"})
    try:
        return parse_object(_text(request))
    except Unreadable as refused:
        raise _unreadable(str(refused)) from None


def _is_json(content_type: str) -> bool:
    """Say whether a media type is JSON in UTF-8; parameters other than `charset` do not count (RFC 2045, section 5)."""
    media_type, semicolon, rest = content_type.partition(";")
    if media_type.strip(" \t").lower() != "application/json":
        return False
    rest, position = semicolon + rest.rstrip(" \t"), 0
    while position < len(rest):
        parameter = _PARAMETER.match(rest, position)
        if parameter is None:
            return False
        name, value = parameter.groups(default="")
        if name.lower() == "charset" and value.strip('"').lower() != "utf-8":
            return False
        position = parameter.end()
    return True


def _text(request: Request) -> str:
    # Every character has at least one byte, and base64 has four characters for three bytes.
    if len(request.body) > MAX_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        raw = base64.b64decode(request.body, validate=True) if request.body_is_base64 else request.body.encode()
        if len(raw) > MAX_BYTES:
            raise _too_large()
        return raw.decode()
    except ValueError:
        raise _unreadable("is not UTF-8 text") from None


def _too_large() -> Problem:
    return Problem(413, "", f"The body has more than {MAX_BYTES} bytes.")


def _unreadable(why: str) -> Problem:
    return invalid_input([FieldError("", f"The body {why}.")])
