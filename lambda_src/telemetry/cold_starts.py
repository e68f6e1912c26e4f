"""Whether this is the first thing that a fresh process does."""

from __future__ import annotations

_done: list[bool] = []


def is_cold_start() -> bool:
    """Return true at the first call in a process, false ever after."""
    first = not _done
    _done.append(True)
    del _done[1:]
    return first
