"""What ruff looks at is what git has: a folder that is left out by its name alone goes unchecked without a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.project import find_project

ROOT = find_project().root


def _lines(*command: str) -> set[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return set(done.stdout.splitlines())


def test_ruff_checks_every_python_file_of_the_project() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("only git knows which files are the project's")
    checked = {
        Path(line).relative_to(ROOT).as_posix()
        for line in _lines(sys.executable, "-m", "ruff", "check", "--show-files")
    }
    kept = _lines("git", "ls-files", "--cached", "--", "*.py", "*.pyi")
    there = {name for name in kept if (ROOT / name).is_file()}
    assert len(there) > 400
    assert there - checked == set()
