"""Ids under which a caller's whole undertaking is known, from the request to what it leads to."""

from __future__ import annotations

import re

_FORM = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


def is_correlation_id(text: str) -> bool:
    """Say whether a text from outside can be one: what cannot is never logged or passed on."""
    return _FORM.fullmatch(text) is not None
