"""The front door: every expected failure is one sentence, one fix and the exit code of its kind."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.toolkit.conftest import OUTPUTS
from tools import cli, errors
from tools.access.environments import Environment
from tools.checks import lint
from tools.commands import context
from tools.deployment import deploy
from tools.errors import ToolError
from tools.project import Project, find_project

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ToolError)]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets `outputs` and `down` fail with an error."""

    def fail_with(error: BaseException) -> None:
        def fail(*_: Any) -> None:
            raise error

        monkeypatch.setattr(context, "find", fail)

    return fail_with


def test_the_exit_codes_are_those_documented() -> None:
    codes = {kind.kind: kind.exit_code for kind in KINDS}
    assert codes == {
        "error": 1,
        "usage": 2,
        "machine": 3,
        "build": 4,
        "terraform": 5,
        "local-cloud": 6,
        "smoke": 7,
        "function": 8,
        "delivery": 9,
        "capability": 10,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_failure_exits_with_its_code(command: Any, failing: Any, kind: type[ToolError]) -> None:
    failing(kind("It is broken.", "fix it"))
    assert command("outputs") == (kind.exit_code, "", "error: It is broken.\n  fix: fix it\n")
    code, out, err = command("outputs", "--json")
    assert (code, err) == (kind.exit_code, "")
    assert json.loads(out) == {"error": {"kind": kind.kind, "problem": "It is broken.", "fix": "fix it"}}


@pytest.mark.parametrize(
    ("arguments", "code", "problem", "fix"),
    [
        (["frobnicate"], 2, "No such command 'frobnicate'", "python -m tools --help"),
        (["deploy", "--frob"], 2, "No such option '--frob'", "python -m tools deploy --help"),
        (["deploy", "--env"], 2, "requires an argument", "--help"),
        (["build", "--target", "mars"], 2, "mars", "python -m tools build --help"),
        (["token", "--lifetime", "soon"], 2, "not a valid integer", "python -m tools token --help"),
        (["token", "--lifetime", "0"], 2, "lives 1 to 86400 seconds", "--lifetime 3600"),
        (["token", "--scope", "items:fly"], 2, "no scope 'items:fly'", "--scope"),
        (["token", "--sub", " "], 2, "needs a subject", "--sub NAME"),
        (
            ["deploy", "--env", "staging"],
            2,
            "no environment 'staging'; there are: dev, local, localstack",
            "environments/staging.tf",
        ),
        (["deploy", "--plan", "missing"], 2, "no plan missing", "python -m tools plan --env local --out missing"),
        (["smoke", "--endpoint-url", "x"], 2, "no endpoint", "http://127.0.0.1:4566"),
        (["redrive", "failures", "--limit", "0"], 2, "0 is not in the range", "redrive --help"),
        (["events", "send"], 2, "Missing argument 'NAME'", "python -m tools events send --help"),
        (["events", "send", "x"], 2, "no recorded event 'x'", "python -m tools events list"),
        (["invoke", "f", "--event", "missing.json"], 2, "no file missing.json", "python -m tools events list"),
        (["watch", "--timeout", "0"], 2, "0", "python -m tools watch --help"),
        (["demo", "--port", "99999"], 2, "99999 is not in the range", "python -m tools demo --help"),
        (["test", "--suite", "moon"], 2, "no suite 'moon'", "python -m tools test"),
        (["plan", "--env", "dev"], 3, "no AWS credentials for dev", "aws sso login"),
        (["destroy", "--env", "dev", "--yes"], 3, "no AWS credentials for dev", "aws sso login"),
        (["outputs"], 6, "local cloud is not running", "python -m tools up"),
        (["token"], 6, "local cloud is not running", "python -m tools up"),
        (["smoke"], 6, "local cloud is not running", "python -m tools up"),
        (["outputs", "--env", "localstack"], 6, "LocalStack is not running", "python -m tools up --engine localstack"),
        (["env", "--env", "dev"], 2, "dev lives on AWS itself", "aws sso login"),
        (["up", "--engine", "moto"], 2, "moto", "python -m tools up --help"),
        (["env"], 6, "local cloud is not running", "python -m tools up"),
    ],
)
@pytest.mark.usefixtures("terraform")
def test_a_command_that_cannot_be_done_says_why_and_what_to_do(
    command: Any, arguments: list[str], code: int, problem: str, fix: str
) -> None:
    given, out, err = command(*arguments)
    assert given == code
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert second.startswith("  fix: ")
    assert fix in second


def test_errors_of_the_command_line_itself_are_json_too(command: Any) -> None:
    code, out, err = command("outputs", "--frob", "--json")
    assert (code, err) == (2, "")
    assert json.loads(out)["error"]["kind"] == "usage"


def test_a_plan_that_failed_is_told_from_one_with_changes(
    command: Any, monkeypatch: pytest.MonkeyPatch, project: Project, local: Environment
) -> None:
    assert command("plan", "--detailed-exitcode", "--env", "staging")[0] == 1
    monkeypatch.setattr(deploy, "reach", lambda *_: local)
    for changes, code in ((True, 2), (False, 0)):
        monkeypatch.setattr(deploy, "plan", lambda *_, _changes=changes: (_changes, project.state / "p"))
        assert command("plan", "--detailed-exitcode")[0] == code
        assert command("plan")[0] == 0


def test_ctrl_c_exits_130_and_says_how_to_go_on(command: Any, failing: Any) -> None:
    failing(KeyboardInterrupt())
    assert command("outputs") == (130, "", "\ninterrupted; the same command goes on from here\n")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOTDIR])
def test_a_disk_that_refuses_is_no_traceback(command: Any, failing: Any, number: int) -> None:
    failing(OSError(number, os.strerror(number), "/srv/app/.local"))
    code, _, err = command("outputs")
    assert code == 3
    assert err.startswith(f"error: /srv/app/.local cannot be used: {os.strerror(number)}.\n  fix: ")


def test_a_state_folder_that_is_none_stops_the_local_cloud_with_a_sentence(command: Any, project: Project) -> None:
    project.state.write_text("a file")
    code, _, err = command("up")
    assert code == 3
    assert "error: " in err
    assert ".local" in err


def test_an_error_that_nobody_expected_keeps_its_trace(command: Any, failing: Any) -> None:
    failing(ConnectionResetError(errno.ECONNRESET, "reset"))
    with pytest.raises(ConnectionResetError):
        command("outputs")


def test_outputs_are_for_people_or_for_scripts(
    command: Any, monkeypatch: pytest.MonkeyPatch, local: Environment
) -> None:
    monkeypatch.setattr(context, "find", lambda *_: local)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: OUTPUTS)
    code, out, _ = command("outputs")
    assert code == 0
    assert out.startswith(f"API        {OUTPUTS['api_url']}\n")
    assert json.loads(command("outputs", "--json")[1]) == OUTPUTS


def test_the_websocket_is_named_where_there_is_one(
    command: Any, monkeypatch: pytest.MonkeyPatch, local: Environment
) -> None:
    monkeypatch.setattr(context, "find", lambda *_: local)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: OUTPUTS | {"websocket_url": "ws://127.0.0.1:9/prod"})
    lines = command("outputs")[1].splitlines()
    assert lines[:3] == [f"API        {OUTPUTS['api_url']}", "WebSocket  ws://127.0.0.1:9/prod", ""]


@pytest.mark.parametrize(
    "arguments", [["invoke", "f"], ["events", "send", "x"], ["redrive", "failures"], ["watch"], ["demo"]]
)
def test_what_reaches_into_a_deployment_wants_one(command: Any, project: Project, arguments: list[str]) -> None:
    project.events.mkdir(parents=True)
    (project.events / "x.json").write_text("{}")
    code, out, err = command(*arguments)
    assert (code, out) == (6, "")
    assert "local cloud is not running" in err


def test_starting_up_imports_nothing_slow() -> None:
    slow = ("boto3", "botocore", "websockets", "rich", "jwt", "http.server", "asyncio")
    code = f"import sys, tools.cli; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_is_that_of_the_project(command: Any) -> None:
    assert command("--version")[:2] == (0, f"{find_project().version}\n")


def test_a_quick_lint_runs_what_takes_a_second(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def run(*_: object, only: Sequence[str], **__: object) -> list[lint.LintResult]:
        asked.append(tuple(only))
        return []

    monkeypatch.setattr(lint, "run_lint", run)
    assert command("lint", "--quick")[0] == 0
    assert command("lint")[0] == 0
    assert asked == [("ruff check", "ruff format", "terraform fmt"), tuple(lint.CHECKS)]


def test_without_arguments_the_commands_are_shown(command: Any) -> None:
    code, out, _ = command()
    assert code == 0
    assert "deploy" in out


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a checkout of the toolkit that was never set up."""
    root = tmp_path / "checkout"
    for package in ("localcloud", "tools"):
        source = find_project().root / package
        shutil.copytree(source, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def _python(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # -S: no site-packages, as in a fresh system interpreter.
    return subprocess.run(
        [sys._base_executable, "-S", "-m", "tools", *arguments],  # type: ignore[attr-defined]
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [[], ["deploy"], ["doctor"], ["build"]])
def test_a_checkout_that_was_never_set_up_says_make_setup(bare: Path, arguments: list[str]) -> None:
    done = _python(bare, *arguments)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith("\n  fix: make setup\n")


def test_the_toolkit_enters_its_environment_by_itself(bare: Path) -> None:
    python = bare / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho entered "$@"\n')
    python.chmod(0o755)
    assert _python(bare, "deploy", "--env", "a b").stdout == "entered -m tools deploy --env a b\n"


def test_a_build_that_cannot_write_says_so(bare: Path) -> None:
    (bare / "lambda_src").mkdir()
    (bare / "layers").mkdir()
    (bare / "api-gateway").mkdir()
    (bare / "api-gateway" / "openapi.yaml").write_text("openapi: 3.0.1\npaths: {}\n")
    (bare / ".local").write_text("a file")
    done = subprocess.run(
        [sys.executable, "-m", "tools", "build", "--json"], cwd=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["error"]["kind"] == "machine"


def test_down_ends_all_that_run_or_the_one_asked_for(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    running = {"ministack", "localstack"}

    def stop(_: Project, engine: str) -> bool:
        ran = engine in running
        running.discard(engine)
        return ran

    monkeypatch.setattr("localcloud.down", stop)
    assert command("down", "--engine", "localstack")[2] == "LocalStack is stopped.\n"
    assert running == {"ministack"}
    running.add("localstack")
    assert command("down")[2] == "The local cloud is stopped.\nLocalStack is stopped.\n"
    assert command("down")[2] == "The local cloud was not running.\n"


def test_every_command_closes_to_others_what_a_checkout_keeps(
    command: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key, plans and logs are in there, and an earlier version left it open."""
    project.state.mkdir()
    project.state.chmod(0o755)
    monkeypatch.setattr(cli, "find_project", lambda: project)
    assert command("--help")[0] == 0
    assert project.state.stat().st_mode & 0o777 == 0o700
