"""Public keys of another issuer, from its JSON Web Key Set (RFC 7517)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPSHandler, OpenerDirector

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from auth.errors import InvalidToken, KeysUnavailable
from auth.issuers import ALGORITHMS_BY_PUBLIC_KEY_TYPE, PUBLIC_KEY_ALGORITHMS, Issuer
from domain.callers import ADMIN, SCOPES
from runtime.refreshing import Refreshing

TIMEOUT_SECONDS = 2
MAX_BYTES = 64 * 1024

Keys = dict[str, PyJWK]


def jwks_issuer(name: str, url: str, *, may_administer: bool = False) -> Issuer:
    """Return an issuer whose keys are published at an https URL: RS256 with RSA keys, ES256 with EC keys.

    Its subjects are known here as `NAME|SUBJECT`, and `items:admin` means nothing in its tokens unless it may
    administer: whoever is named by another issuer is somebody else, whatever that issuer says.
    """
    keys = published_keys(url)
    return Issuer(
        name,
        PUBLIC_KEY_ALGORITHMS,
        lambda kid, algorithm: public_key(keys, kid, algorithm),
        namespace=f"{name}|",
        scopes=SCOPES if may_administer else SCOPES - {ADMIN},
    )


@cache
def published_keys(url: str) -> Refreshing[Keys]:
    """Return the keys published at a URL by their `kid`, kept for five minutes."""
    return Refreshing(lambda: parse_keys(fetch(url)))


def public_key(keys: Refreshing[Keys], kid: str, algorithm: str) -> Any:
    """Return the key with this `kid`, if it is one for this algorithm.

    Raises
    ------
    InvalidToken
        There is no such key.
    KeysUnavailable
        The keys cannot be had.
    """
    found = keys.get().get(kid) or keys.newer().get(kid)
    if found is None or found.algorithm_name != algorithm:
        raise InvalidToken("unknown-key")
    return found.key


def parse_keys(document: bytes) -> Keys:
    """Return the signing keys of a key set; keys for other purposes and of other types are left out.

    Raises
    ------
    KeysUnavailable
        The document is not a key set.
    """
    try:
        entries = json.loads(document)["keys"]
        return {entry["kid"]: key for entry in entries if (key := _signing_key(entry)) is not None}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeysUnavailable("not a key set") from error


def fetch(url: str, context: Callable[[], ssl.SSLContext] = ssl.create_default_context) -> bytes:
    """Return what is at an https URL. Redirects are not followed, and a longer answer than 64 KiB is refused.

    Raises
    ------
    KeysUnavailable
        It is not https, does not answer within two seconds, or answers something else than 200.
    """
    if not url.startswith("https://"):
        raise KeysUnavailable("not https")
    opener = OpenerDirector()
    for handler in (HTTPSHandler(context=context()), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            document: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise KeysUnavailable(type(error).__name__) from error
    if len(document) > MAX_BYTES:
        raise KeysUnavailable("too long")
    return document


def _signing_key(entry: dict[str, Any]) -> PyJWK | None:
    algorithm = ALGORITHMS_BY_PUBLIC_KEY_TYPE.get(entry.get("kty", ""))
    if algorithm is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    if not isinstance(entry.get("kid"), str):
        return None
    try:
        return PyJWK(entry, algorithm)
    except PyJWTError:
        return None
