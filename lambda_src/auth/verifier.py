"""The one place where a token is verified (RFC 7519, with the advice of RFC 8725)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from auth.errors import InvalidToken
from auth.issuers import Issuer
from domain.callers import SCOPES, Caller

MAX_TOKEN_BYTES = 8192
LEEWAY_SECONDS = 30
LONGEST_SUBJECT = 255
_REQUIRED = ["exp", "iat", "sub", "aud", "iss"]


@dataclass(frozen=True)
class Identity:
    """Whom a token identifies, and until when: `expires_at` is the token's `exp`, in seconds since the Unix epoch."""

    caller: Caller
    expires_at: int


@dataclass(frozen=True)
class Verifier:
    """Verifies tokens of the issuers that are trusted.

    Parameters
    ----------
    issuers
        Whose tokens are accepted; no two of them share an algorithm.
    audience
        What the tokens have to be made for.
    """

    issuers: Sequence[Issuer]
    audience: str

    def verify(self, token: str) -> Caller:
        """Return the caller whom a token identifies, as `identify` does."""
        return self.identify(token).caller

    def identify(self, token: str) -> Identity:
        """Return the caller whom a token identifies, with those of its scopes that mean something here.

        Raises
        ------
        InvalidToken
            The token is too long, malformed, of an unknown key or algorithm, wrongly signed, expired, not yet valid,
            for another audience, by another issuer, or lacks a claim.
        KeysUnavailable
            The keys cannot be had.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidToken("too-long")
        try:
            claims = self._claims(token)
        except PyJWTError as error:
            raise InvalidToken(type(error).__name__) from None
        except (ValueError, TypeError, RecursionError):
            raise InvalidToken("malformed") from None
        # Of a type that became a whole number when it was verified.
        return Identity(_caller(claims), int(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        issuer = next((issuer for issuer in self.issuers if algorithm in issuer.algorithms), None)
        if issuer is None or not isinstance(algorithm, str):
            raise InvalidToken("unknown-algorithm")
        if not isinstance(kid, str):
            raise InvalidToken("unknown-key")
        claims: dict[str, Any] = jwt.decode(
            token,
            issuer.key_for(kid, algorithm),
            algorithms=[algorithm],
            audience=self.audience,
            issuer=issuer.name,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return claims


def _caller(claims: dict[str, Any]) -> Caller:
    subject, scope = claims["sub"], claims.get("scope", "")
    if not (isinstance(subject, str) and subject.isprintable() and 0 < len(subject) <= LONGEST_SUBJECT):
        raise InvalidToken("bad-subject")
    if not isinstance(scope, str):
        raise InvalidToken("bad-scope")
    return Caller(subject, SCOPES.intersection(scope.split()))
