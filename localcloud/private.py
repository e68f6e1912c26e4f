"""Folders that only their owner may enter."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_OWNER_ONLY = 0o700
_OF_OTHERS = 0o077


def make_private(folder: Path) -> Path:
    """Return the folder, created if it is missing, which only its owner may enter.

    If others could enter it, their rights to everything in it are removed too. A folder that is already private is
    returned at once: nobody else can reach its contents, whatever their modes.
    """
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != _OWNER_ONLY:
        folder.chmod(_OWNER_ONLY)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                _close(Path(parent, name))
    return folder


def _close(entry: Path) -> None:
    """Remove all rights of others to a file or folder, unless it no longer exists."""
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(entry.lstat().st_mode)
        if mode & _OF_OTHERS and not entry.is_symlink():
            entry.chmod(mode & ~_OF_OTHERS)
