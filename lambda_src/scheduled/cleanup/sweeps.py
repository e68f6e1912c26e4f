"""What all sweeps are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One run over the rows of a table or the objects of a bucket.

    Parameters
    ----------
    dry_run
        Count what would be deleted, and delete nothing.
    now
        Seconds since the Unix epoch.
    enough_time
        Whether there is time for another page.
    place
        Where the last run has stopped, as it was kept; nothing for the beginning.
    keep
        Keeps the place after a page, for the next run; nothing when the sweep has come to its end.
    """

    dry_run: bool
    now: int
    enough_time: Callable[[], bool]
    place: Any
    keep: Callable[[Any], None]
