"""The one place where a token is verified (RFC 7519, with the advice of RFC 8725)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from auth.claims import check_claims, scopes_of, subject_of
from auth.compact import Unverified, take_apart
from auth.errors import InvalidToken
from auth.issuers import Issuer
from domain.callers import Caller


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
    now
        Seconds since the Unix epoch.
    """

    issuers: Sequence[Issuer]
    audience: str
    now: Callable[[], float] = time.time

    def verify(self, token: str) -> Caller:
        """Return the caller whom a token identifies, as `identify` does."""
        return self.identify(token).caller

    def identify(self, token: str) -> Identity:
        """Return the caller whom a token identifies, with those of its scopes that mean something here.

        The signature comes last: no key is asked for on behalf of a token that would be refused anyway.

        Raises
        ------
        InvalidToken
            The token is too long, malformed, of an unknown key, type or algorithm, wrongly signed, expired, not yet
            valid, for another audience, by another issuer, or lacks a claim.
        KeysUnavailable
            The keys cannot be had.
        """
        found = take_apart(token)
        issuer = self._issuer(found)
        check_claims(found.claims, issuer=issuer.name, audience=self.audience, now=self.now())
        caller = Caller(self._subject(found, issuer), issuer.scopes & scopes_of(found.claims))
        _check_signature(token, found.algorithm, issuer.key_for(found.key_id, found.algorithm))
        return Identity(caller, int(found.claims["exp"]))

    def _issuer(self, found: Unverified) -> Issuer:
        for issuer in self.issuers:
            if found.algorithm in issuer.algorithms:
                return issuer
        raise InvalidToken("unknown-algorithm")

    def _subject(self, found: Unverified, issuer: Issuer) -> str:
        """Return the subject as the application knows it: no two issuers can name the same one."""
        subject = subject_of(found.claims, issuer.namespace)
        taken = [other.namespace for other in self.issuers if other.namespace]
        if not issuer.namespace and any(subject.startswith(namespace) for namespace in taken):
            raise InvalidToken("bad-subject")
        return subject


def _check_signature(token: str, algorithm: str, key: Any) -> None:
    try:
        PyJWS().decode(token, key, algorithms=[algorithm])
    except PyJWTError as error:
        raise InvalidToken(type(error).__name__) from None
    except (ValueError, TypeError):
        raise InvalidToken("malformed") from None
