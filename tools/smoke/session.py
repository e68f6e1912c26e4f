"""What the checks of one run share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.smoke.http import Answer, call

_POLL_S = 0.2


@dataclass
class Session:
    """A caller of one deployment, and the item that the checks are about.

    Parameters
    ----------
    patience_s
        How long something that happens by itself may take.
    """

    url: str
    token: str
    patience_s: float
    item: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, expected: int, **options: Any) -> Answer:
        """Send a request; raise `AssertionError` unless it is answered with `expected`, and errors with a problem."""
        options.setdefault("token", self.token)
        answer = call(method, f"{self.url}{path}", **options)
        if answer.status != expected:
            raise AssertionError(f"{method} {path} answered {answer.status}, not {expected}: {answer.body[:300]!r}")
        if expected >= 400 and "requestId" not in (answer.json() or {}):
            raise AssertionError(f"{method} {path} answered no problem document: {answer.body[:300]!r}")
        return answer

    def eventually(self, probe: Callable[[], Any], what: str) -> Any:
        """Return the first true result of `probe`; raise `AssertionError` when there is none in time."""
        deadline = time.monotonic() + self.patience_s
        while True:
            result = probe()
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {self.patience_s:g} s: {what}")
            time.sleep(_POLL_S)
