"""Many probes at once, each with a time limit: one that hangs holds up neither the others nor the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread

OK = "ok"
FAILED = "failed"
TIMEOUT = "timeout"


@dataclass(frozen=True)
class Probe:
    """A look at a dependency.

    Parameters
    ----------
    name
        The dependency, as one of a fixed set of words; no name of a resource.
    look
        Returns when the dependency is well, and raises when it is not.
    """

    name: str
    look: Callable[[], object]


@dataclass(frozen=True)
class Result:
    """What a probe has found: `OK`, `FAILED` or `TIMEOUT`, after so many milliseconds."""

    name: str
    status: str
    milliseconds: float
    error: Exception | None = field(default=None, compare=False)


class Checker:
    """Runs probes, each in a thread of its own.

    The threads are daemons: none that hangs keeps the process from its end. Nor do they pile up: while a look at a
    dependency goes on, the next one waits for its end, and for no longer than it may take itself. So a look that Lambda
    has frozen with the process comes to its end first, and what is told is what was seen now.

    Parameters
    ----------
    seconds
        How long a probe may take.
    clock
        Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._busy: dict[str, Lock] = {}

    def run(self, probes: Sequence[Probe]) -> list[Result]:
        """Return the results in the order of the probes, after the time limit at the latest."""
        started = self._clock()
        found: dict[str, Result] = {}
        threads = [self._begin(probe, found) for probe in probes]
        for thread in threads:
            thread.join(max(0.0, started + self._seconds - self._clock()))
        late = self._seconds * 1000
        return [found.get(probe.name) or Result(probe.name, TIMEOUT, late) for probe in probes]

    def _begin(self, probe: Probe, found: dict[str, Result]) -> Thread:
        # A late thread writes into the results of its own run, which nobody reads any more.
        busy = self._busy.setdefault(probe.name, Lock())
        thread = Thread(target=self._look, args=(probe, busy, found), name=f"probe-{probe.name}", daemon=True)
        thread.start()
        return thread

    def _look(self, probe: Probe, busy: Lock, found: dict[str, Result]) -> None:
        if not busy.acquire(timeout=self._seconds):
            return
        started = self._clock()
        error: Exception | None = None
        try:
            probe.look()
        except Exception as caught:
            error = caught
        finally:
            busy.release()
        milliseconds = (self._clock() - started) * 1000
        found[probe.name] = Result(probe.name, FAILED if error else OK, round(milliseconds, 1), error)
