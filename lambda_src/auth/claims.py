"""What the claims of a token have to be (RFC 7519, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from auth.errors import InvalidToken
from domain.callers import LEEWAY_SECONDS, has_ended

LONGEST_SUBJECT = 255
# With its issuer before it. DynamoDB's keys have at most 1024 bytes, and begin with a word of ours.
MAX_NAME_BYTES = 1000
# The first second of the year 10000, which calendars here cannot name.
_LATEST = Decimal(253_402_300_800)
_REQUIRED = ("exp", "iat", "sub", "aud", "iss")


def check_claims(claims: Mapping[str, Any], *, issuer: str, audience: str, now: float) -> None:
    """Refuse claims that are missing, of a wrong type, for somebody else, or of another time.

    Parameters
    ----------
    claims
        With their numbers as `Decimal`.
    issuer, audience
        Who has to have made the token, and for whom.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    InvalidToken
        One of them is not as it has to be.
    """
    if any(name not in claims for name in _REQUIRED):
        raise InvalidToken("claim-missing")
    if claims["iss"] != issuer:
        raise InvalidToken("wrong-issuer")
    if not _names(claims["aud"], audience):
        raise InvalidToken("wrong-audience")
    if not isinstance(claims.get("jti", ""), str):
        raise InvalidToken("bad-id")
    if has_ended(_moment(claims, "exp"), now):
        raise InvalidToken("expired")
    if any(_moment(claims, name) > now + LEEWAY_SECONDS for name in ("iat", "nbf") if name in claims):
        raise InvalidToken("not-yet-valid")


def subject_of(claims: Mapping[str, Any], namespace: str) -> str:
    """Return the subject, 1 to 255 printable characters and not all of them spaces, with its namespace before it.

    Raises
    ------
    InvalidToken
        It is anything else.
    """
    subject = claims["sub"]
    if not (isinstance(subject, str) and subject.isprintable() and len(subject) <= LONGEST_SUBJECT and subject.strip()):
        raise InvalidToken("bad-subject")
    name = namespace + subject
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidToken("bad-subject")
    return name


def scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes that the token grants (RFC 8693, section 4.2), known here or not.

    Raises
    ------
    InvalidToken
        `scope` is no string.
    """
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken("bad-scope")
    return frozenset(scope.split(" "))


def _names(audiences: object, audience: str) -> bool:
    found = [audiences] if isinstance(audiences, str) else audiences
    return isinstance(found, list) and all(isinstance(entry, str) for entry in found) and audience in found


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """Return a NumericDate (RFC 7519, section 2) in seconds."""
    value = claims[name]
    # Strict JSON has neither NaN nor infinities, and a boolean is no Decimal.
    if not (isinstance(value, Decimal) and 0 <= value < _LATEST):
        raise InvalidToken("bad-time")
    return float(value)
