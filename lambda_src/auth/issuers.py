"""Issuers that a token may come from: each has its own keys, and its own algorithms for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auth.errors import InvalidToken, KeysUnavailable
from aws.clients import Unavailable
from aws.secrets import SigningKey, signing_keys
from domain.callers import SCOPES
from runtime.refreshing import Refreshing

# An algorithm belongs to a type of key (RFC 7517, "kty"). Were the token to choose, a public key could serve as the
# secret of an HMAC.
SHARED_KEY_ALGORITHMS = ("HS256",)
ALGORITHMS_BY_PUBLIC_KEY_TYPE = {"RSA": "RS256", "EC": "ES256"}
PUBLIC_KEY_ALGORITHMS = tuple(ALGORITHMS_BY_PUBLIC_KEY_TYPE.values())


@dataclass(frozen=True)
class Issuer:
    """An issuer that is trusted.

    Parameters
    ----------
    name
        The `iss` of its tokens.
    algorithms
        What its keys sign with.
    namespace
        What comes before its subjects here, so that they are nobody else's; empty for this application's own.
    scopes
        What its tokens may grant.
    key_for
        Returns the key with a `kid` for one of these algorithms; raises `InvalidToken` when there is none, and
        `KeysUnavailable` when that cannot be known.
    """

    name: str
    algorithms: tuple[str, ...]
    key_for: Callable[[str, str], Any]
    namespace: str = ""
    scopes: frozenset[str] = SCOPES


def secret_issuer(name: str, secret_arn: str) -> Issuer:
    """Return this application's own issuer: HS256 with the key in a secret, whose version id is the `kid`."""
    keys = signing_keys(secret_arn)
    return Issuer(name, SHARED_KEY_ALGORITHMS, lambda kid, _: _shared_key(keys, kid))


def _shared_key(keys: Refreshing[tuple[SigningKey, ...]], kid: str) -> bytes:
    try:
        # A rotation may have made a key that is not known here yet.
        for known in (keys.get, keys.newer):
            for key in known():
                if key.version_id == kid:
                    return key.value
    except Unavailable as error:
        raise KeysUnavailable from error
    raise InvalidToken("unknown-key")
