"""A value that is loaded when needed, kept for a bounded time, and never used beyond it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_AGE_SECONDS = 300.0
RELOAD_SECONDS = 30.0


class Refreshing(Generic[T]):
    """A loaded value with a bounded age.

    Parameters
    ----------
    load
        Loads the value. What it raises reaches the caller; a value beyond its age is never used instead.
    clock
        Monotonic seconds.
    """

    def __init__(self, load: Callable[[], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._kept: tuple[T, float] | None = None
        self._tried_at = float("-inf")

    def get(self) -> T:
        """Return the value, loading it when there is none or it is older than five minutes."""
        if self._kept is None or self._clock() - self._kept[1] > MAX_AGE_SECONDS:
            return self._reload()
        return self._kept[0]

    def newer(self) -> T:
        """Return a value for somebody who misses something in the present one: loads again, but not twice in 30 s."""
        if self._clock() - self._tried_at < RELOAD_SECONDS:
            return self.get()
        return self._reload()

    def _reload(self) -> T:
        self._tried_at = self._clock()
        value = self._load()
        self._kept = (value, self._tried_at)
        return value
