"""The death of a process between two calls to AWS, as a timeout, a lack of memory or a lost machine brings it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Killed(BaseException):
    """The process has died. No handler catches it, and what still runs on the way out reaches AWS no more."""


@dataclass
class Life:
    """The calls that AWS carries out for one process, until it dies.

    Parameters
    ----------
    dies_after
        After how many calls it dies; 0 before the first, nothing for never.
    done
        Operation and parameters of what AWS has carried out, whether the process has got the answer or not.
    """

    dies_after: int | None = None
    done: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    dead: bool = False

    def before(self) -> None:
        """Hear of a call that is about to be sent."""
        self._die_if(self.dead or self.dies_after == 0)

    def after(self, operation: str, parameters: dict[str, Any]) -> None:
        """Hear of a call that was carried out, and whose answer is about to be given."""
        self.done.append((operation, parameters))
        self._die_if(self.dead or len(self.done) == self.dies_after)

    @property
    def last(self) -> str:
        """The last operation that was carried out."""
        return self.done[-1][0] if self.done else ""

    def count(self, operation: str) -> int:
        """Return how often AWS has carried out an operation."""
        return sum(name == operation for name, _ in self.done)

    def _die_if(self, over: bool) -> None:
        if over:
            self.dead = True
            raise Killed
