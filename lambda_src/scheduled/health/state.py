"""The state of all dependencies, kept for seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.times import rfc3339
from scheduled.health.checks import OK, Result

# Long enough that callers cannot hammer the dependencies through a public endpoint, and short enough to be true.
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class State:
    """The results of one look at everything, and when it was; `time_ns` is nanoseconds since the Unix epoch."""

    results: Sequence[Result]
    time_ns: int

    @property
    def healthy(self) -> bool:
        """Whether every dependency is well."""
        return all(result.status == OK for result in self.results)


def representation(state: State) -> dict[str, object]:
    """Return a state as the API shows it (the contract's `Health`): no resource's name, and no error's text."""
    return {
        "status": "ok" if state.healthy else "degraded",
        "time": rfc3339(state.time_ns),
        "checks": [
            {"name": result.name, "status": result.status, "milliseconds": result.milliseconds}
            for result in state.results
        ],
    }


class Kept:
    """The last state, for as long as it may be shown.

    Parameters
    ----------
    clock
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: tuple[State, float] | None = None

    def get(self, look: Callable[[], State]) -> State:
        """Return the kept state, or look when there is none or it is older than five seconds."""
        if self._kept is None or self._clock() - self._kept[1] > KEPT_SECONDS:
            return self.renew(look)
        return self._kept[0]

    def renew(self, look: Callable[[], State]) -> State:
        """Look, and keep what is seen."""
        state = look()
        self._kept = (state, self._clock())
        return state
