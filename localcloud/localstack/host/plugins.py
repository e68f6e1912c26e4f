"""Add plugins to LocalStack from code.

LocalStack finds plugins by the entry points of installed packages. This project is not installed in LocalStack's
environment, and does not have to be: a plugin manager asks a finder, once, and we extend the finder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class _More:
    """Finds what another finder finds, and more."""

    def __init__(self, finder: Any, specs: Sequence[Any]) -> None:
        self._finder = finder
        self._specs = specs

    def find_plugins(self) -> list[Any]:
        return [*self._finder.find_plugins(), *self._specs]


def add(manager: Any, *specs: Any) -> None:
    """Add plugins to those that a manager finds.

    Raises
    ------
    RuntimeError
        The manager has already searched, and will not search again.
    """
    if manager._plugin_index is not None:
        raise RuntimeError(f"the plugins of {manager.namespace} have already been searched")
    manager.finder = _More(manager.finder, specs)
