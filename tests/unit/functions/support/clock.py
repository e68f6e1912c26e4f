"""A clock that a test moves: waiting takes no time, and a day is over at once."""

from __future__ import annotations

import time

import pytest


class Clock:
    """The time of the whole process, moved by the test and by whoever sleeps.

    Parameters
    ----------
    monkeypatch
        Lets go at the end of the test.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self._time, self._time_ns = time.time, time.time_ns
        monkeypatch.setattr(time, "time", lambda: self._time() + self.ahead)
        monkeypatch.setattr(time, "time_ns", lambda: self._time_ns() + int(self.ahead * 1_000_000_000))
        monkeypatch.setattr(time, "sleep", self.advance)

    def advance(self, seconds: float) -> None:
        """Let some seconds be over."""
        self.ahead += seconds
