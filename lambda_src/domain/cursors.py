"""Page tokens: opaque, authenticated, bound to one caller's one list, and short-lived."""

from __future__ import annotations

import binascii
import hmac
import json
import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidCursor

LIFETIME_SECONDS = 3600
_FORMAT = struct.Struct(">BQ16s")
_VERSION = 1
_MAC_BYTES = 32


@dataclass(frozen=True)
class Listing:
    """What a page token is good for: the list that it continues. The page's length may change between pages.

    Parameters
    ----------
    subject
        The caller's subject; empty for an anonymous one.
    view
        "mine" or "public".
    category
        The category that the list is filtered by; empty without a filter.
    """

    subject: str
    view: str
    category: str = ""


def seal(last_id: str, listing: Listing, key: bytes, now: float) -> str:
    """Return the token that continues a list.

    Parameters
    ----------
    last_id
        UUID of the last item of the page before.
    listing
        The list that the token is bound to.
    key
        The signing key.
    now
        Seconds since the Unix epoch; the token is good for an hour from then.
    """
    payload = _FORMAT.pack(_VERSION, int(now) + LIFETIME_SECONDS, UUID(last_id).bytes)
    return urlsafe_b64encode(payload + _mac(payload, listing, key)).rstrip(b"=").decode()


def unseal(token: str, listing: Listing, keys: Sequence[bytes], now: float) -> str:
    """Return the id of the last item of the page before.

    Parameters
    ----------
    token
        What the caller sent.
    listing
        The list that they ask for.
    keys
        The signing keys that are valid, the present one first.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    InvalidCursor
        It was not made by one of the keys for this list, or it has expired.
    """
    try:
        sealed = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    if len(sealed) != _FORMAT.size + _MAC_BYTES:
        raise InvalidCursor
    payload, mac = sealed[: _FORMAT.size], sealed[_FORMAT.size :]
    if not any(hmac.compare_digest(mac, _mac(payload, listing, key)) for key in keys):
        raise InvalidCursor
    version, expires, last_id = _FORMAT.unpack(payload)
    if version != _VERSION or expires < now:
        raise InvalidCursor
    return str(UUID(bytes=last_id))


def _mac(payload: bytes, listing: Listing, key: bytes) -> bytes:
    # JSON keeps the parts apart: no two listings give the same bytes.
    binding = json.dumps([listing.subject, listing.view, listing.category]).encode()
    return hmac.digest(key, payload + binding, "sha256")
