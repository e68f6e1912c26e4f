"""Adds to LocalStack's plugins from code.

LocalStack finds plugins by the entry points of installed packages. This project is not installed into LocalStack's
environment, and need not be: a plugin manager asks a finder, once, and the finder can be given more to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class _More:
    """A finder that finds what another does, and more."""

    def __init__(self, finder: Any, specs: Sequence[Any]) -> None:
        self._finder = finder
        self._specs = specs

    def find_plugins(self) -> list[Any]:
        return [*self._finder.find_plugins(), *self._specs]


def add(manager: Any, *specs: Any) -> None:
    """Let a plugin manager find these too.

    Raises
    ------
    RuntimeError
        When it has looked already, and would not look again.
    """
    if manager._plugin_index is not None:
        raise RuntimeError(f"the plugins of {manager.namespace} have been looked for already")
    manager.finder = _More(manager.finder, specs)
