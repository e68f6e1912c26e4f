"""The calls of the last minutes that an engine remembers: when each attempt came, its outcome and its answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEPT_S = 300.0
"""How long an answer is kept, in seconds. SDKs wait at most 20 s between two attempts."""

LARGEST_ANSWER = 8 * 2**20
"""The longest answer that is kept, in bytes; only S3 sends longer ones."""

LARGEST_REQUEST = 64 * 2**20
"""The longest request whose answer is kept, in bytes; a repeated request is held in memory to compare it."""

ALL_ANSWERS = 32 * 2**20
"""The total size of all kept answers, in bytes; the oldest are dropped first."""

ALL_CALLS = 20_000
"""The number of calls that are remembered; the oldest are dropped first."""

# An error in a response with status 200: S3 sends it for what fails after it started to answer.
_FAILED = re.compile(rb"\s*(<\?xml[^>]*>)?\s*<Error[\s>]")

Key = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A complete answer: status, headers as in ASGI, and body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def is_final(self) -> bool:
        """Whether the client will not retry after it.

        This is true only for successes. A call that changed nothing may be retried, and clients decide which errors
        they retry: throttles, conflicts with an operation in progress, a wrong clock.
        """
        return 200 <= self.status < 300 and not _FAILED.match(self.body)


@dataclass
class Attempt:
    """One attempt of a call, with times in seconds of the clock; `ended` is an event that others wait for."""

    came: float
    client: str
    body: str = ""
    status: int | None = None
    answered: float | None = None
    fate: str = ""
    answer: Answer | None = None
    ended: Any = None

    def outcome(self, now: float) -> str:
        """Return its outcome, as the end of a sentence."""
        came = f"the previous attempt came {now - self.came:.3f} s ago from {self.client}"
        if self.answered is None:
            return f"{came} and {self._unanswered()}"
        return f"{came}, was answered {self.status} after {self.answered - self.came:.3f} s, {self.fate}"

    def _unanswered(self) -> str:
        if not self.ended.is_set():
            return "is still running"
        return "ended without an answer" if self.status is None else f"its answer, {self.status}, is still being sent"


class Calls:
    """The latest attempt of each call, limited by number, size and age.

    Parameters
    ----------
    event
        Creates an event, of asyncio or threading.
    clock
        Returns the time, in seconds.
    """

    def __init__(self, event: Callable[[], Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._clock = clock
        self._attempts: dict[Key, Attempt] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._attempts)

    def find(self, key: Key) -> Attempt | None:
        """Return the latest attempt of a call, or `None`."""
        self._expire()
        return self._attempts.get(key)

    def begin(self, key: Key, client: str) -> Attempt:
        """Remember a new attempt, in place of the previous one."""
        self._remove(key)
        self._attempts[key] = attempt = Attempt(self._clock(), client, ended=self._event())
        while len(self._attempts) > ALL_CALLS:
            self._remove(next(iter(self._attempts)))
        return attempt

    def keep(self, key: Key, attempt: Attempt, answer: Answer) -> None:
        """Keep a final answer for later attempts."""
        if self._attempts.get(key) is not attempt or not answer.is_final or len(answer.body) > LARGEST_ANSWER:
            return
        attempt.answer = answer
        self._bytes += len(answer.body)
        while self._bytes > ALL_ANSWERS:
            self._remove(next(iter(self._attempts)))

    def clear(self) -> None:
        """Forget all calls."""
        self._attempts.clear()
        self._bytes = 0

    def _expire(self) -> None:
        before = self._clock() - KEPT_S
        while self._attempts:
            oldest = next(iter(self._attempts))
            if self._attempts[oldest].came >= before:
                return
            self._remove(oldest)

    def _remove(self, key: Key) -> None:
        gone = self._attempts.pop(key, None)
        if gone and gone.answer:
            self._bytes -= len(gone.answer.body)

    def saved(self) -> list[dict[str, Any]]:
        """Return the kept answers as plain values, with their age in seconds."""
        now = self._clock()
        return [
            {
                "key": list(key),
                "age_s": now - one.came,
                "client": one.client,
                "body": one.body,
                "status": one.answer.status,
                "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in one.answer.headers],
                "answer": one.answer.body,
            }
            for key, one in self._attempts.items()
            if one.answer
        ]

    def load(self, saved: list[dict[str, Any]]) -> None:
        """Restore what `saved` returned in another process."""
        for one in saved:
            attempt = self.begin(tuple(one["key"]), one["client"])
            attempt.came -= one["age_s"]
            attempt.body, attempt.status, attempt.answered = one["body"], one["status"], attempt.came
            attempt.fate = "before the local cloud was stopped"
            attempt.ended.set()
            headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in one["headers"])
            self.keep(tuple(one["key"]), attempt, Answer(one["status"], headers, one["answer"]))
