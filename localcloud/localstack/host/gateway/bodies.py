"""Which model validates a request body, and whether the body is strict JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

_DEFAULT = "$default"


def model(models: Mapping[str, str] | None, content_type: str | None) -> str | None:
    """Return the name of the model for a content type ("Request validation for REST APIs in API Gateway").

    `None` when the method has none for it; the body then passes unchecked. A body without a content type counts as
    JSON.

    Parameters
    ----------
    models
        Names of models by content type, including "$default".
    content_type
        The content type of the request, with its parameters.
    """
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    by_type = {name.lower(): found for name, found in (models or {}).items()}
    return by_type.get(media_type) or by_type.get(_DEFAULT)


def is_strict(body: bytes) -> bool:
    """Return whether a body is JSON by RFC 8259: UTF-8, without NaN and Infinity, and not nested too deeply."""
    try:
        json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)
