"""Where things are in a checkout. Every path of the project comes from here."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_OWNER_ONLY = 0o700
_OF_OTHERS = 0o077


@dataclass(frozen=True)
class Project:
    """A checkout of the project.

    Parameters
    ----------
    root
        The folder that holds `main.tf`; absolute.
    """

    root: Path

    @property
    def version(self) -> str:
        """The version that `pyproject.toml` says."""
        import tomllib

        return str(tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])

    @property
    def sources(self) -> Path:
        """First-party code of the functions; its content is a zip's root."""
        return self.root / "lambda_src"

    @property
    def layers(self) -> Path:
        """One folder per layer."""
        return self.root / "layers"

    @property
    def contract(self) -> Path:
        """The API description."""
        return self.root / "api-gateway" / "openapi.yaml"

    @property
    def build(self) -> Path:
        """Finished artefacts: `manifest.json`, `functions/`, `layers/`."""
        return self.root / "build"

    @property
    def manifest(self) -> Path:
        """What Terraform reads."""
        return self.build / "manifest.json"

    @property
    def state(self) -> Path:
        """Everything of this machine alone: the local cloud, caches, fingerprints. Never committed."""
        return self.root / ".local"

    def private_state(self) -> Path:
        """Return `state`, made where it is missing: its owner alone may enter it.

        What an earlier version has left open in it is closed to others too. A folder that is private already is
        returned at once, since nobody else reaches what is in it, whatever that one's own mode.
        """
        self.state.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        if stat.S_IMODE(self.state.stat().st_mode) != _OWNER_ONLY:
            self.state.chmod(_OWNER_ONLY)
            for folder, folders, files in os.walk(self.state):
                for name in (*folders, *files):
                    _close(Path(folder, name))
        return self.state

    @property
    def environments(self) -> Path:
        """One `.tfvars` per environment."""
        return self.root / "environments"

    @property
    def events(self) -> Path:
        """Recorded events, one JSON file each."""
        return self.root / "tests" / "events"


def _close(entry: Path) -> None:
    """Take every right of others from a file or folder, unless it has gone meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(entry.lstat().st_mode)
        if mode & _OF_OTHERS and not entry.is_symlink():
            entry.chmod(mode & ~_OF_OTHERS)


def find_project() -> Project:
    """Return the checkout that this toolkit stands in."""
    return Project(Path(__file__).resolve().parent.parent)
