"""Signs of life: a command that has said nothing for a while says what it is doing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

QUIET_S = 4.0
"""How long a command may be silent; with the time between two looks it stays below five seconds."""

_LOOK_S = 0.5


class Heartbeat:
    """Watches how long ago something was said.

    Parameters
    ----------
    quiet_s
        How long that may be, in seconds.
    """

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._spoke = monotonic()
        self._held = 0
        self._doing: list[tuple[float, Callable[[], str]]] = []

    def spoke(self) -> None:
        """Note that something was said just now."""
        self._spoke = monotonic()

    @contextmanager
    def doing(self, what: Callable[[], str]) -> Iterator[None]:
        """Say this of what goes on inside."""
        self._doing.append((monotonic(), what))
        try:
            yield
        finally:
            self._doing.pop()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Say nothing inside: somebody is typing, or sees something moving."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.spoke()

    @contextmanager
    def beating(self, what: str, say: Callable[[str], None]) -> Iterator[None]:
        """Say what goes on inside whenever nothing else was said."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(min(_LOOK_S, self._quiet_s / 2)):
                if not self._held and monotonic() - self._spoke >= self._quiet_s:
                    since, text = self._doing[-1]
                    say(f"  ... {text()} ({monotonic() - since:.0f} s)")
                    self.spoke()

        self.spoke()
        with self.doing(lambda: what):
            threading.Thread(target=watch, daemon=True).start()
            try:
                yield
            finally:
                over.set()


HEARTBEAT = Heartbeat()
"""That of this process."""
