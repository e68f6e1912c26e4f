"""What the doctor says of one thing that it has looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    level
        `ok`, `warning` (something is left out without it) or `missing` (the two commands fail without it).
    fix
        What to do about it; empty when it is well.
    """

    name: str
    level: str
    found: str
    fix: str = ""
