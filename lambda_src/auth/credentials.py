"""The credential in an authorizer's event, or in that of a WebSocket handshake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auth.errors import InvalidToken

# RFC 9110, section 11.4: the scheme in any case, one or more spaces, and the token.
_BEARER = re.compile(r"bearer +([^ ]+)", re.ASCII | re.IGNORECASE)


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
    found = _BEARER.fullmatch(values[0].strip(" \t")) if len(values) == 1 else None
    if found is None:
        raise InvalidToken("not-a-bearer-token")
    return found[1]


def handshake_token(event: Mapping[str, Any]) -> str:
    """Return the token of a `$connect` event: a bearer token, or the query parameter `token`.

    A browser's WebSocket sends no headers of the page's choice, so that it has nothing but the query for a token.

    Raises
    ------
    InvalidToken
        There is no credential, more than one, or one that is not a bearer token.
    """
    header = bearer_token(event)
    found = _query_tokens(event) + ([] if header is None else [header])
    if not found:
        raise InvalidToken("no-credential")
    if len(found) > 1:
        raise InvalidToken("several-credentials")
    return found[0]


def _query_tokens(event: Mapping[str, Any]) -> list[str]:
    repeated = (event.get("multiValueQueryStringParameters") or {}).get("token")
    single = (event.get("queryStringParameters") or {}).get("token")
    return list(repeated or ([] if single is None else [single]))


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
