"""What the local cloud needs to know about the project that it serves."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Checkout(Protocol):
    """A checkout of a project; it has its own local clouds."""

    @property
    def root(self) -> Path:
        """The absolute path of its folder."""

    @property
    def state(self) -> Path:
        """The folder for everything that belongs to this machine only."""

    @property
    def access_key(self) -> Path:
        """The file with the access key of its local clouds."""

    def private_state(self) -> Path:
        """Return `state`, created if it is missing, which only its owner may enter."""

    def find_python(self) -> str:
        """Return a Python of the version that the functions use, or raise `MachineProblem`."""

    def find_uv(self) -> str:
        """Return the path of uv, or raise `MachineProblem`."""
