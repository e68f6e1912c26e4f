"""What the local cloud has to know of the project that it serves."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Checkout(Protocol):
    """A checkout of a project; each has local clouds of its own."""

    @property
    def root(self) -> Path:
        """Its folder; absolute."""

    @property
    def state(self) -> Path:
        """The folder for everything that belongs to this machine alone."""

    @property
    def access_key(self) -> Path:
        """The file that holds the access key of its local clouds."""

    def private_state(self) -> Path:
        """Return `state`, created if it is missing, with access for its owner alone."""

    def find_python(self) -> str:
        """Return a Python of the functions' version, or raise `MachineProblem`."""

    def find_uv(self) -> str:
        """Return uv's executable, or raise `MachineProblem`."""
