"""A function that dies at each moment, in one world after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

from auth.jwks import published_keys
from aws.secrets import signing_keys
from tests.unit.functions.support.application import Application, world
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import create_event_resources
from tests.unit.functions.support.kills import Killed, Life
from tests.unit.functions.support.recorder import Recorder

MOST_CALLS = 60


class Killing:
    """Runs a function in worlds of its own, in each of which it dies one call later than in the one before."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self.recorder = recorder
        self.clock = clock
        self.lives: list[Life] = []
        self.killed = True
        self.moments = 0

    def worlds(self) -> Iterator[Application]:
        """Yield a world for each moment to die in, until one in which the function has come to its end."""
        for self.moments in count():
            assert self.moments < MOST_CALLS, "the function does not come to its end"
            signing_keys.cache_clear()
            published_keys.cache_clear()
            with world(self.recorder) as application:
                create_event_resources()
                self.recorder.reset()
                self.lives, self.killed = [], False
                yield application
            if not self.killed:
                return

    def first(self, run: Callable[[], Any]) -> None:
        """Run the function until it dies."""
        with suppress(Killed):
            self._live(run, self.moments)
        self.killed = self.lives[0].dead

    def again(self, run: Callable[[], Any], after_seconds: float = 0) -> Any:
        """Run the function some time later, and let it live."""
        self.clock.advance(after_seconds)
        return self._live(run, None)

    def _live(self, run: Callable[[], Any], dies_after: int | None) -> Any:
        self.recorder.life = Life(dies_after)
        self.lives.append(self.recorder.life)
        return run()

    def done(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of all calls of an operation that AWS has carried out, in all lives."""
        return [asked for life in self.lives for name, asked in life.done if name == operation]

    def died_after(self, operation: str) -> bool:
        """Say whether the first life has ended with an operation."""
        return self.killed and self.lives[0].last == operation
