"""`python -m tools new`: what it writes is complete, and passes the tests as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terraform.scratch import terraform
from tools.errors import UsageProblem
from tools.project import Project, find_project
from tools.scaffold import KINDS, Wanted, plan, write

ROOT = find_project().root
COMMANDS = {
    "archive-item": ("endpoint", "--method", "post", "--path", "/items/{id}/archive", "--scope", "items:write"),
    "who-am-i": ("endpoint", "--path", "/me"),
    "daily-digest": ("schedule", "--schedule", "rate(1 day)"),
    "order-taker": ("queue-consumer",),
    "search-indexer": ("event-consumer", "--event", "item-created", "--event", "item-deleted"),
    "audit-log": ("stream-consumer",),
    "websocket-typing": ("websocket-route", "--route", "typing"),
}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".terraform", "*.tfstate*")
_LEFT_OUT_AT_THE_TOP = {".git", ".venv", ".local", "build", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a new function of each kind."""
    root = tmp_path_factory.mktemp("new") / "checkout"

    def left_out(folder: str, names: list[str]) -> set[str]:
        return _LEFT_OUT(folder, names) | (_LEFT_OUT_AT_THE_TOP if Path(folder) == ROOT else set())

    shutil.copytree(ROOT, root, ignore=left_out, symlinks=True)
    for name, (kind, *options) in COMMANDS.items():
        done = _run(root, "-m", "tools", "new", kind, name, *options)
        assert done.returncode == 0, done.stderr
        assert f"test_{name.replace('-', '_')}.py" in done.stdout
    return root


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def test_every_kind_is_tried() -> None:
    assert {kind for kind, *_ in COMMANDS.values()} == set(KINDS)


def test_its_style_and_layout_are_the_projects(checkout: Path) -> None:
    for command in (("check", "--quiet"), ("format", "--check", "--quiet")):
        done = _run(checkout, "-m", "ruff", *command, "lambda_src", "tests")
        assert done.returncode == 0, done.stdout
    assert terraform(checkout, "fmt", "-check", "-recursive").returncode == 0


def test_its_tests_pass_and_nothing_is_missing_anywhere(checkout: Path) -> None:
    """Not all unit tests of the copy, which the long runs do, but those that look at every function."""
    own = [f"tests/unit/functions/test_{name.replace('-', '_')}.py" for name in COMMANDS]
    every = [f"tests/unit/{name}.py" for name in ("test_one_list", "toolkit/test_docs", "functions/test_permissions")]
    done = _run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", *own, *every)
    assert done.returncode == 0, done.stdout


@pytest.mark.full
def test_all_unit_and_terraform_tests_pass(checkout: Path) -> None:
    rendered = _run(checkout, "-m", "tests.terraform.permissions")
    assert rendered.returncode == 0, rendered.stderr
    done = _run(checkout, "-m", "mypy", "lambda_src", "tests")
    assert done.returncode == 0, done.stdout
    # Its own tests would copy the copy.
    leaving_out = ("--ignore=tests/unit/scaffold", "--deselect=tests/unit/build/test_line_ends.py")
    done = _run(checkout, "-m", "pytest", "-q", "-n2", "--dist", "loadfile", "tests/unit", *leaving_out)
    assert done.returncode == 0, done.stdout[-5000:]
    # The test of the WebSocket API's module lists its routes: a new one wants a line there.
    listed = "--deselect=tests/terraform/test_configuration.py::test_module[api-gateway/websocket]"
    done = _run(checkout, "-m", "pytest", "-q", "tests/terraform", listed)
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of what a plan reads."""
    for folder in ("lambda_src/crud_api", "functions", "triggers", "security", "api-gateway", "tests/events"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    shutil.copyfile(ROOT / "features.tf", tmp_path / "features.tf")
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            Wanted(kind="endpiont", name="archive-item"),
            "no kind of function 'endpiont'.*Did you mean 'endpoint'",
        ),
        (Wanted(kind="schedule", name="digest"), "'digest' cannot be a function's name"),
        (Wanted(kind="schedule", name="Daily-Digest"), "cannot be a function's name"),
        (Wanted(kind="endpoint", name="get-item", path="/x"), "lambda_src/crud_api/get_item.py is there already"),
        (Wanted(kind="endpoint", name="read-item", path="/items/{id}"), "The contract has GET /items/{id} already"),
        (Wanted(kind="endpoint", name="read-item", path="items"), "'items' is not a path"),
        (Wanted(kind="event-consumer", name="search-indexer"), "Name the events to take"),
        (Wanted(kind="event-consumer", name="search-indexer", events=("item-sold",)), "Name the events to take"),
        (Wanted(kind="websocket-route", name="typing-sender", route="typing"), "is named websocket-"),
        (Wanted(kind="websocket-route", name="websocket-typing"), "Name the route"),
    ],
)
def test_what_cannot_be_written_is_one_sentence_and_writes_nothing(project: Project, wanted: Wanted, says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        plan(project, wanted)


def test_a_stream_has_two_readers_at_most(project: Project) -> None:
    write_folders = ("lambda_src/processors", "tests/unit/functions", "docs/functions")
    for folder in write_folders:
        (project.root / folder).mkdir(parents=True)
    write(project, plan(project, Wanted(kind="stream-consumer", name="audit-log")))
    with pytest.raises(UsageProblem, match="has two readers already") as refused:
        plan(project, Wanted(kind="stream-consumer", name="search-feeder"))
    assert refused.value.fix == "python -m tools new event-consumer search-feeder --event item-updated"


def test_an_operation_is_added_to_a_path_that_is_there(project: Project) -> None:
    files = plan(project, Wanted(kind="endpoint", name="patch-images", method="delete", path="/items/{id}/images"))
    assert files["api-gateway/openapi.yaml"].count("  /items/{id}/images:\n") == 1
