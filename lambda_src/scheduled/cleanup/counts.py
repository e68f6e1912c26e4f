"""What a sweep has done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# What a dry run names; the rest is counted.
SAMPLE = 50


@dataclass
class Tally:
    """Counts of a sweep.

    Parameters
    ----------
    looked_at
        Rows or objects that were looked at.
    deleted
        How many were deleted; in a dry run, how many would have been.
    failed
        How many could not be deleted, by the code of the error; the next run tries again.
    strange
        How many are not of a shape that this code knows. They are left alone.
    complete
        Whether the sweep has come to its end.
    sample
        The first of what a dry run would have deleted.
    """

    looked_at: int = 0
    deleted: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    strange: int = 0
    complete: bool = False
    sample: list[str] = field(default_factory=list)

    def would_delete(self, name: str) -> None:
        """Count what a dry run does not delete."""
        self.deleted += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(name)

    def counts(self) -> dict[str, object]:
        """Return the counts as JSON values: what is logged, and what a run returns."""
        return {
            "lookedAt": self.looked_at,
            "deleted": self.deleted,
            "failed": self.failed.total(),
            "codes": dict(self.failed),
            "strange": self.strange,
            "complete": self.complete,
        }
