"""Settings of a function: one frozen dataclass, read once from the environment."""

from __future__ import annotations

import os
import re
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")

_TRUTH = {"true": True, "false": False}
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_read: dict[type[Any], Any] = {}


class SettingError(Exception):
    """An environment variable is absent or is not of its type. The message names it, never its value."""


def read(settings: type[T]) -> T:
    """Return the settings, read from the environment at the first call and kept after that.

    Parameters
    ----------
    settings
        A frozen dataclass of `str`, `int` and `bool` fields. The field `items_table` is read from `ITEMS_TABLE`;
        a field with a default may be absent or empty.

    Raises
    ------
    SettingError
        A variable is missing, a `bool` one is neither "true" nor "false", or an `int` one is no whole number.
    """
    if settings not in _read:
        _read[settings] = _from_environment(settings)
    found: T = _read[settings]
    return found


def forget() -> None:
    """Forget what has been read, so that the next call reads the environment again."""
    _read.clear()


def _from_environment(settings: type[T]) -> T:
    types = get_type_hints(settings)
    values: dict[str, object] = {}
    for field in fields(settings):  # type: ignore[arg-type]
        variable = field.name.upper()
        text = os.environ.get(variable, "")
        if not text:
            if field.default is MISSING:
                raise SettingError(f"The environment variable {variable} is not set.")
        elif types[field.name] is bool:
            if text not in _TRUTH:
                raise SettingError(f'The environment variable {variable} is neither "true" nor "false".')
            values[field.name] = _TRUTH[text]
        elif types[field.name] is int:
            if not _WHOLE.fullmatch(text):
                raise SettingError(f"The environment variable {variable} is not a whole number.")
            values[field.name] = int(text)
        else:
            values[field.name] = text
    return settings(**values)
