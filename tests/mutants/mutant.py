"""A mutant: one small change of one file, which a test ought to notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """One change.

    Parameters
    ----------
    area
        handlers, security, terraform or contract.
    path
        The file, relative to the project's root.
    start, end
        What is replaced, as offsets into the file's text.
    new
        What stands there instead.
    line
        The number of the line in which the change begins, from 1.
    """

    area: str
    path: str
    start: int
    end: int
    new: str
    line: int

    def applied(self, text: str) -> str:
        """Return the file's text with the change."""
        return text[: self.start] + self.new + text[self.end :]

    def shown(self, text: str) -> tuple[str, str]:
        """Return the changed lines as they were and as they are, each on one line; a mutant is known by these two."""
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.end)
        last = len(text) if last < 0 else last
        return _flat(text[first:last]), _flat(text[first : self.start] + self.new + text[self.end : last])


def make(area: str, path: Path, root: Path, text: str, change: tuple[int, int, str]) -> Mutant:
    """Return the mutant of a file in which `change` (start, end, new) is made."""
    start, end, new = change
    return Mutant(area, path.relative_to(root).as_posix(), start, end, new, text.count("\n", 0, start) + 1)


def _flat(text: str) -> str:
    return " ".join(text.split())
