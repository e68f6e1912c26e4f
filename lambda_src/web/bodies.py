"""A JSON object from a request's body, read strictly: what two parsers could read in two ways is refused."""

from __future__ import annotations

import base64
from typing import Any

from domain.errors import FieldError
from web.problems import Problem, invalid_input
from web.requests import Request
from web.strict_json import Unreadable, parse_object

MAX_BYTES = 64 * 1024


def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, its numbers as `Decimal`.

    Raises
    ------
    Problem
        415 for another content type, 413 beyond 64 KiB, 400 for anything but one JSON object (RFC 8259) without
        duplicate names, without NaN or infinities and with numbers of a sane length.
    """
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        raise Problem(415, "", "The body has to be application/json in UTF-8.")
    try:
        return parse_object(_text(request))
    except Unreadable as refused:
        raise _unreadable(str(refused)) from None


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
