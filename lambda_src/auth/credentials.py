"""The credential in an authorizer's event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auth.errors import InvalidToken


def bearer_token(event: Mapping[str, Any]) -> str | None:
    """Return the bearer token (RFC 6750, section 2.1) of a TOKEN or a REQUEST event, or nothing without a credential.

    Raises
    ------
    InvalidToken
        There is a credential, but it is not one bearer token.
    """
    values = _authorization(event)
    if not values:
        return None
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("not-a-bearer-token")
    return token.strip()


def _authorization(event: Mapping[str, Any]) -> list[str]:
    if event.get("type") == "TOKEN":
        value = event.get("authorizationToken")
        return [] if value is None else [value]
    repeated = [
        value
        for name, values in (event.get("multiValueHeaders") or {}).items()
        if name.lower() == "authorization"
        for value in values
    ]
    single = [value for name, value in (event.get("headers") or {}).items() if name.lower() == "authorization"]
    return repeated or single
