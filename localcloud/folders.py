"""Remove an engine's folders, or whatever is in their place."""

from __future__ import annotations

import shutil
from pathlib import Path

from localcloud.errors import MachineProblem


def remove(path: Path) -> None:
    """Remove a folder and its contents, or the file or link at its path.

    Raises
    ------
    MachineProblem
        Something could not be removed, such as another user's file.
    """
    problem = _removed(path)
    if path.is_symlink() or path.exists():
        why = f": {problem.strerror}" if problem and problem.strerror else ""
        raise MachineProblem(f"{path} cannot be removed{why}.", "remove it as its owner or as root")


def try_to_remove(path: Path) -> None:
    """Remove as much as possible."""
    _removed(path)
    shutil.rmtree(path, ignore_errors=True)


def _removed(path: Path) -> OSError | None:
    try:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
    except OSError as problem:
        return problem
    return None
