"""A token taken apart before anything of it is believed (RFC 7515, section 7.1)."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from auth.errors import InvalidToken
from runtime.strict_json import Unreadable, parse_object

MAX_TOKEN_BYTES = 8192
# RFC 7519, section 5.1, and RFC 9068, section 2.1. A token without a type is a JWT.
_TYPES = frozenset({"jwt", "at+jwt"})
_MEDIA_TYPE_PREFIX = "application/"
_COMPACT = re.compile(r"([-_A-Za-z0-9]+)\.([-_A-Za-z0-9]+)\.([-_A-Za-z0-9]+)", re.ASCII)


@dataclass(frozen=True)
class Unverified:
    """What a token says of itself. Whoever made it, the signature has not been looked at.

    Parameters
    ----------
    algorithm, key_id
        The header's `alg` and `kid`.
    claims
        The claims, their numbers as `Decimal`.
    """

    algorithm: str
    key_id: str
    claims: dict[str, Any]


def take_apart(token: str) -> Unverified:
    """Return the parts of a well-formed token.

    Raises
    ------
    InvalidToken
        It is longer than 8 KiB, is not three parts in base64url without padding, holds JSON that two parsers could
        read in two ways, is of a type other than a JWT, or wants something understood that is unknown here (`crit`).
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidToken("too-long")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise InvalidToken("malformed")
    header, claims = _object(parts[1]), _object(parts[2])
    _bytes(parts[3])
    _check_type(header)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str):
        raise InvalidToken("unknown-algorithm")
    if not isinstance(key_id, str):
        raise InvalidToken("unknown-key")
    return Unverified(algorithm, key_id, claims)


def _check_type(header: dict[str, Any]) -> None:
    if "crit" in header:
        raise InvalidToken("critical-extension")
    declared = header.get("typ", "JWT")
    # RFC 7515, section 4.1.9: a media type, whose "application/" may be left out.
    if not isinstance(declared, str) or declared.lower().removeprefix(_MEDIA_TYPE_PREFIX) not in _TYPES:
        raise InvalidToken("wrong-type")


def _object(part: str) -> dict[str, Any]:
    try:
        return parse_object(_bytes(part).decode())
    except (Unreadable, UnicodeDecodeError):
        raise InvalidToken("malformed") from None


def _bytes(part: str) -> bytes:
    try:
        found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise InvalidToken("malformed") from None
    # Two spellings of one token would be two tokens to whoever keeps answers by it.
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise InvalidToken("malformed")
    return found
