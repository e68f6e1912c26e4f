"""Which model a request's body is held to, and whether it is JSON at all."""

from __future__ import annotations

import json
from collections.abc import Mapping

_DEFAULT = "$default"


def model(models: Mapping[str, str] | None, content_type: str | None) -> str | None:
    """Return the name of the model for a content type ("Request validation for REST APIs in API Gateway").

    `None`, where the method has none for it: its body passes unseen. Without a content type a body is taken for JSON.

    Parameters
    ----------
    models
        Names of models by content type, "$default" among them.
    content_type
        The request's, with its parameters.
    """
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    by_type = {name.lower(): found for name, found in (models or {}).items()}
    return by_type.get(media_type) or by_type.get(_DEFAULT)


def is_strict(body: bytes) -> bool:
    """Say whether a body is JSON by RFC 8259: in UTF-8, without NaN and Infinity, and of a depth that can be read."""
    try:
        json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)
