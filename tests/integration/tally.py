"""How many tests ran and how many were skipped, by the capability that the endpoint lacks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

LACKS = "this endpoint lacks the capability: "
OTHERWISE = "not on this machine"
"""What else a test is skipped for: no browser, or a long run that was not asked for."""

LEAST_SHARE = 0.6
"""Of the tests, this share at least runs on LocalStack."""

_LACKING = re.compile(rf"{LACKS}([\w-]+)")


@dataclass
class Tally:
    """Counts of one run.

    Parameters
    ----------
    where
        The engine and the environment, as the line names them.
    judged
        Whether a share of all tests has to run: not on anybody's emulator, and not where some tests were selected.
    """

    where: str = "nothing"
    judged: bool = False
    ran: int = 0
    broken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Count a test that ran, whatever came of it."""
        self.ran += 1

    def fail_to_start(self) -> None:
        """Count a test that was to run and whose fixtures failed."""
        self.broken += 1

    def skip(self, reason: str) -> None:
        """Count a skipped test by the reason that pytest gives."""
        found = _LACKING.search(reason)
        self.skipped[found[1] if found else OTHERWISE] += 1

    @property
    def total(self) -> int:
        """How many tests there were."""
        return self.ran + self.broken + self.skipped.total()

    @property
    def share(self) -> float:
        """The part of all tests that ran, from 0 to 1; of no tests at all, 1."""
        return self.ran / self.total if self.total else 1.0

    def line(self) -> str:
        """Return the sentence that ends a run; the capability that costs most tests first."""
        skips = ", ".join(f"{name} {count}" for name, count in self.skipped.most_common())
        broken = f"{self.broken} could not start, " if self.broken else ""
        counted = f"{self.ran} ran, {broken}{self.skipped.total()} skipped ({int(self.share * 100)} % ran)"
        return f"Integration tests on {self.where}: {counted}{': ' + skips if skips else ''}"

    def too_few(self) -> str | None:
        """Return a sentence where fewer ran than have to, or nothing."""
        if not self.judged or self.share >= LEAST_SHARE:
            return None
        return f"Fewer than {LEAST_SHARE:.0%} of the integration tests ran on {self.where}."
