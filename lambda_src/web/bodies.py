"""A JSON object from a request's body, read strictly: what two parsers could read in two ways is refused."""

from __future__ import annotations

import base64
import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from domain.errors import FieldError
from web.problems import Problem, invalid_input
from web.requests import Request

MAX_BYTES = 64 * 1024
# A price needs 13 characters. Longer literals only serve to make arithmetic slow.
LONGEST_NUMBER = 40


class _Refused(Exception):
    """The text is JSON to some parsers, but not to this one."""


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
        found = json.loads(
            _text(request),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except _Refused as refused:
        raise _unreadable(str(refused)) from None
    except RecursionError:
        raise _unreadable("is nested too deeply") from None
    except ValueError:
        raise _unreadable("is not JSON") from None
    if not isinstance(found, dict):
        raise _unreadable("is not a JSON object")
    return found


def _text(request: Request) -> str:
    # Every character has at least one byte, and base64 has four characters for three bytes.
    if len(request.body) > MAX_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        raw = base64.b64decode(request.body, validate=True) if request.body_is_base64 else request.body.encode()
        if len(raw) > MAX_BYTES:
            raise _too_large()
        text = raw.decode()
    except ValueError:
        raise _unreadable("is not UTF-8 text") from None
    if not text.strip():
        raise _unreadable("is empty")
    return text


def _number(literal: str) -> Decimal:
    if len(literal) > LONGEST_NUMBER:
        raise _Refused(f"has a number of more than {LONGEST_NUMBER} characters")
    try:
        return Decimal(literal)
    except InvalidOperation:
        raise _Refused("has a number out of range") from None


def _constant(_: str) -> NoReturn:
    raise _Refused("has NaN or an infinity, which are not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("has an object with the same name twice")
    return found


def _too_large() -> Problem:
    return Problem(413, "", f"The body has more than {MAX_BYTES} bytes.")


def _unreadable(why: str) -> Problem:
    return invalid_input([FieldError("", f"The body {why}.")])
