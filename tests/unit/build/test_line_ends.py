"""A checkout has the same bytes everywhere, so the same zips are made of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.project import find_project

ROOT = find_project().root


def _git(*arguments: str, cwd: Path = ROOT) -> str:
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git's")
def test_git_for_windows_checks_out_the_same_bytes(tmp_path: Path) -> None:
    """With `core.autocrlf=true`, as Git for Windows sets it, git turns line ends around unless it is told not to."""
    _git("init", "--quiet", str(tmp_path))
    names = ("lambda_src", "layers", "api-gateway/openapi.yaml")
    files = [Path(name) for name in _git("ls-files", "-z", "--", *names).split("\0") if name]
    for name in [Path(".gitattributes"), *files]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    _git("add", "--all", cwd=tmp_path)
    for name in files:
        (tmp_path / name).unlink()
    _git("-c", "core.autocrlf=true", "checkout", "--quiet", "--", ".", cwd=tmp_path)
    assert len(files) > 100
    assert [str(name) for name in files if (tmp_path / name).read_bytes() != (ROOT / name).read_bytes()] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git's")
def test_no_file_has_other_line_ends() -> None:
    wrong = [line for line in _git("ls-files", "--eol").splitlines() if line.startswith(("i/crlf", "i/mixed"))]
    assert wrong == []
