"""LocalStack's environment: installed once, exactly as locked, despite interruptions and concurrent commands."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

import localcloud
from localcloud import LOCALSTACK
from localcloud.localstack.installation import Installation
from tools import programs
from tools.errors import MachineProblem
from tools.programs import find_uv
from tools.project import Project, find_project

# Records its arguments; `venv` creates a Python, and `pip` takes a moment, or fails with the text of the file `broken`.
_UV = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$*" in
*" venv "*) for folder; do :; done; mkdir -p "$folder/bin"; touch "$folder/bin/python"; chmod +x "$folder/bin/python";;
*) sleep 0.2; [ ! -f "$here/broken" ] || { cat "$here/broken" >&2; exit 2; };;
esac
"""


class FakeUv:
    """A `uv` that creates an environment at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "uv").write_text(_UV)
        (folder / "uv").chmod(0o755)
        (folder / "lock.txt").write_text("one==1\n")

    def installation(self) -> Installation:
        return Installation(
            self.folder / "environment",
            self.folder / "lock.txt",
            find=lambda: "/usr/bin/python3.13",
            uv=lambda: str(self.folder / "uv"),
        )

    @property
    def made(self) -> int:
        """Return how often an environment was created."""
        try:
            return (self.folder / "calls").read_text().count(" venv ")
        except FileNotFoundError:
            return 0


@pytest.fixture
def uv(tmp_path: Path) -> FakeUv:
    return FakeUv(tmp_path / "fake")


class Steps:
    """Records what a console would show."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def __call__(self, title: str) -> contextlib.AbstractContextManager[None]:
        self.titles.append(title)
        return contextlib.nullcontext()


@pytest.fixture
def steps() -> Steps:
    return Steps()


def test_it_is_installed_once_with_hashes_and_shown(uv: FakeUv, steps: Steps) -> None:
    installation = uv.installation()
    assert not installation.complete
    installation.make(steps)
    assert installation.complete
    installation.make(steps)
    uv.installation().make(steps)
    assert steps.titles == ["Installing LocalStack into its own environment"]
    venv, pip = (uv.folder / "calls").read_text().splitlines()
    assert venv.endswith(f"--no-python-downloads --python /usr/bin/python3.13 {installation.folder}")
    assert f"--python {installation.python} --require-hashes -r {uv.folder / 'lock.txt'}" in pip


def test_a_changed_lock_replaces_the_installation(uv: FakeUv, steps: Steps) -> None:
    installation = uv.installation()
    installation.make(steps)
    (installation.folder / "old").touch()
    (uv.folder / "lock.txt").write_text("one==2\n")
    assert not installation.complete
    installation.make(steps)
    assert installation.complete
    assert not (installation.folder / "old").exists()


def test_it_is_installed_again_when_its_python_is_gone(uv: FakeUv, steps: Steps) -> None:
    installation = uv.installation()
    installation.make(steps)
    installation.python.unlink()
    installation.python.symlink_to("/removed/python3.13")
    assert not installation.complete
    installation.make(steps)
    assert installation.complete
    assert uv.made == 2


def test_an_interrupted_installation_is_repeated(uv: FakeUv, steps: Steps) -> None:
    (uv.folder / "broken").write_text("first\nerror: Failed to fetch one\n")
    installation = uv.installation()
    with pytest.raises(MachineProblem, match="error: Failed to fetch one") as refused:
        installation.make(steps)
    assert "UV_DEFAULT_INDEX" in refused.value.fix
    assert installation.python.exists()
    assert not installation.complete
    (uv.folder / "broken").unlink()
    installation.make(steps)
    assert installation.complete


def test_one_of_several_concurrent_commands_installs(uv: FakeUv, steps: Steps) -> None:
    commands = [threading.Thread(target=lambda: uv.installation().make(steps)) for _ in range(4)]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert uv.made == 1
    assert uv.installation().complete


def test_the_error_names_the_missing_python(monkeypatch: pytest.MonkeyPatch, uv: FakeUv) -> None:
    def nothing() -> None:
        raise MachineProblem("No Python 3.13 to compile with.", "build --no-pyc")

    monkeypatch.setattr(programs, "find_interpreter", nothing)
    with pytest.raises(MachineProblem, match=r"^LocalStack cannot be installed\. No Python 3\.13 that runs") as refused:
        Installation(uv.folder / "environment", find=find_project().find_python, uv=str).check()
    assert refused.value.fix == ".venv/bin/uv python install 3.13"


def test_a_complete_installation_needs_no_search(uv: FakeUv, steps: Steps) -> None:
    uv.installation().make(steps)

    def search() -> str:
        raise AssertionError("looked for a Python")

    made = Installation(uv.folder / "environment", uv.folder / "lock.txt", find=search, uv=str)
    made.check()
    made.make(steps)


def test_checkouts_that_share_the_toolkits_environment_share_it() -> None:
    made = Installation(find=str, uv=str)
    assert made.folder.parent == Path(sys.prefix) / "localstack"
    assert made.folder == Installation(find=str, uv=str).folder


def test_checkouts_with_other_locks_have_other_environments(
    uv: FakeUv, steps: Steps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two checkouts may share `.venv`, and neither changes the files of the other's running LocalStack."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "shared"))
    found = {"find": lambda: "/usr/bin/python3.13", "uv": lambda: str(uv.folder / "uv")}
    (tmp_path / "other.txt").write_text("one==2\n")
    first = Installation(None, uv.folder / "lock.txt", **found)
    second = Installation(None, tmp_path / "other.txt", **found)
    first.make(steps)
    (first.folder / "in-use").touch()
    second.make(steps)
    assert first.complete
    assert second.complete
    assert (first.folder / "in-use").exists()
    first.make(steps)
    assert uv.made == 2


def test_a_machine_without_its_python_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "empty"))
    monkeypatch.setattr(programs, "find_interpreter", find_none)
    with pytest.raises(MachineProblem, match="LocalStack"):
        localcloud.up(Project(tmp_path / "checkout"), LOCALSTACK)
    assert not (tmp_path / "empty").exists()
    assert not (tmp_path / "checkout" / ".local" / "localstack" / "pid.json").exists()


def find_none() -> None:
    raise MachineProblem("None.", "")


def wheel(folder: Path) -> tuple[Path, str]:
    """Write a minimal wheel; return its path and hash."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "ANSWER = 42\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path, sha256(path.read_bytes()).hexdigest()


def test_the_real_uv_installs_what_has_the_right_hash_and_nothing_else(tmp_path: Path, steps: Steps) -> None:
    path, digest = wheel(tmp_path)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"tiny @ {path.as_uri()} --hash=sha256:{'0' * 64}\n")
    installation = Installation(tmp_path / "environment", lock, find=lambda: sys.executable, uv=find_uv)
    with pytest.raises(MachineProblem, match="cannot be installed"):
        installation.make(steps)
    assert not installation.complete
    lock.write_text(f"tiny @ {path.as_uri()} --hash=sha256:{digest}\n")
    installation.make(steps)
    assert installation.complete
    assert list(installation.folder.rglob("tiny.py"))


def test_the_lock_matches_its_input_file() -> None:
    requirements = find_project().root / "requirements"
    wanted = [
        line.partition("[")[0].partition("=")[0].partition("<")[0]
        for line in (requirements / "localstack.in").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    locked = (requirements / "localstack.txt").read_text()
    assert len(wanted) >= 5
    assert [name for name in wanted if f"\n{name}==" not in f"\n{locked}"] == []


def test_checking_a_complete_installation_is_fast(uv: FakeUv, steps: Steps) -> None:
    installation = uv.installation()
    installation.make(steps)
    started = time.perf_counter()
    for _ in range(100):
        assert installation.complete
    assert time.perf_counter() - started < 1
