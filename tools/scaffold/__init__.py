"""Writes the files of a new function, so that it is complete: `python -m tools new`."""

from __future__ import annotations

from tools.scaffold.functions import KINDS, Kind, Wanted, plan, write

__all__ = ["KINDS", "Kind", "Wanted", "plan", "write"]
