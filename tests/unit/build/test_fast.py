"""`python -m tools build` where stdout is no terminal: plain, and without the libraries it does not need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.unit.build.conftest import Tree
from tools.build import fast
from tools.build.engine import build_in
from tools.errors import BuildProblem


@pytest.fixture
def here(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Makes the fast path build the test's project."""
    monkeypatch.setattr(
        fast, "build_in", lambda _, target, **options: build_in(str(tree.project.root), target, **options)
    )
    return tree


def test_a_table(here: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert fast.main([]) == 0
    first = capsys.readouterr().out
    assert fast.main(["--target", "local"]) == 0
    second = capsys.readouterr().out

    assert [line.split()[:2] for line in first.splitlines()[:-1]] == [
        ["function", "cleanup-job"],
        ["function", "create-item"],
        ["function", "get-item"],
    ]
    assert "changed  new" in first
    assert "3 of 3 zips written" in first
    assert "nothing to do" in second


def test_json(here: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert fast.main(["--json", "--target=aws", "--arch", "x86_64", "--no-pyc"]) == 0
    report = json.loads(capsys.readouterr().out)

    assert (report["target"], report["arch"]) == ("aws", "x86_64")
    assert set(report["artefacts"][0]) == {"kind", "name", "size", "sha256", "changed", "why"}


def test_an_expected_error_is_a_sentence_and_an_exit_code(here: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    here.write("lambda_src/crud_api/get_item.py", "def handler(")

    assert fast.main([]) == BuildProblem.exit_code
    assert capsys.readouterr().err.startswith("error: lambda_src/crud_api/get_item.py, line 1, does not compile")
    assert fast.main(["--json"]) == BuildProblem.exit_code
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "build"


@pytest.mark.parametrize("argv", [["--help"], ["--unknown"], ["local"], ["--target"], ["--json=1"]])
def test_what_it_does_not_know_is_left_to_the_command_line(here: Tree, argv: list[str]) -> None:
    assert fast.main(argv) is None


def test_a_terminal_is_left_to_the_command_line(here: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert fast.main([]) is None


def test_a_build_with_nothing_to_do_imports_nothing_slow(tree: Tree) -> None:
    tree.build()
    command = (
        "import sys; before = set(sys.modules); from tools.build.engine import build_in; "
        f"build_in({str(tree.project.root)!r}, 'local'); print('\\n'.join(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", command], capture_output=True, text=True, check=False)
    if done.returncode:
        # Without site-packages the codec's version is not found; with them, the site's own imports are the base
        done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)

    slow = {"pathlib", "json", "re", "subprocess", "typing", "dataclasses", "typer", "rich", "yaml", "ast", "tempfile"}
    assert set(done.stdout.split()) & slow == set()
    assert "tools.build.run" not in done.stdout.split()
