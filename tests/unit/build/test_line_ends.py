"""A checkout has the same bytes everywhere, so the same zips are made of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.build import build
from tools.project import Project, find_project

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


@pytest.mark.full
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git's")
def test_a_clone_of_git_for_windows_builds_the_same_zips(tmp_path: Path) -> None:
    built = {}
    for ending in ("false", "true"):
        clone = tmp_path / ending
        _git("clone", "--quiet", "-c", f"core.autocrlf={ending}", str(ROOT), str(clone))
        for target in ("local", "aws"):
            build(Project(clone), target, pyc=target == "local")
            for file in (clone / "build").rglob("*.*"):
                built[ending, target, file.relative_to(clone)] = file.read_bytes()
    names = {(target, file) for _, target, file in built}
    assert ("aws", Path("build/manifest.json")) in names
    assert ("local", Path("build/functions/create-item.zip")) in names
    assert [name for name in names if built.get(("true", *name)) != built.get(("false", *name))] == []
