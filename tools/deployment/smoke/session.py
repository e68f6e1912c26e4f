"""What the checks of one run share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.access.http import Answer, call
from tools.errors import SmokeProblem

_POLL_S = 0.2


@dataclass(frozen=True)
class Patience:
    """How long checks wait, in seconds.

    Parameters
    ----------
    usual_s
        For something that happens by itself.
    first_push_s
        For the first push after a deployment: a new stream mapping "may take several minutes" to start polling (AWS
        Lambda Developer Guide, "Polling and stream starting positions").
    settling_s
        For first answers to come right, while a new API, its permissions and its index settle; 0: no time at all.
    """

    usual_s: float = 30.0
    first_push_s: float = 30.0
    settling_s: float = 0.0


ON_AWS = Patience(first_push_s=300.0, settling_s=120.0)


@dataclass
class Session:
    """A caller of one deployment, and the item that the checks are about.

    Parameters
    ----------
    patience
        How long things may take.
    """

    url: str
    token: str
    patience: Patience
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
        deadline = time.monotonic() + self.patience.usual_s
        while True:
            result = probe()
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {self.patience.usual_s:g} s: {what}")
            time.sleep(_POLL_S)

    def settled(self, check: Callable[[], object]) -> None:
        """Make a check until it passes, or for as long as a new deployment may take to settle."""
        deadline = time.monotonic() + self.patience.settling_s
        while True:
            try:
                check()
                return
            except (AssertionError, LookupError, SmokeProblem, TypeError, ValueError):
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_POLL_S)
