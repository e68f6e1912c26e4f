"""The suites: which are run, and what their exit codes add up to."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import IO, Any

import pytest

from localcloud.localstack.engine import LocalStack
from tools.checks.suites import BUDGETS_MIN, run
from tools.errors import MachineProblem, UsageProblem
from tools.project import Project
from tools.terminal.console import Console


class Pytest:
    """Stands in for the test runs: exit codes by suite, and what each prints."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **codes: int) -> None:
        self.codes = codes
        self.commands: list[list[str]] = []
        monkeypatch.setattr("tools.checks.suites.subprocess.Popen", self)
        monkeypatch.setattr(LocalStack, "check", lambda _: None)

    def __call__(self, command: Sequence[str], *, stdout: IO[bytes] | None, **options: Any) -> SimpleNamespace:
        self.commands.append(list(command))
        name = command[3].removeprefix("tests/")
        if stdout:
            stdout.write(f"said by {name}\n".encode())
        code = self.codes.get(name, 0)
        return SimpleNamespace(returncode=code, wait=lambda: code, poll=lambda: code)


def test_integration_runs_beside_the_others_and_speaks_after_them(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    runs = Pytest(monkeypatch)
    assert run(project, "all", ("-x", "-k", "items"), Console()) == 0
    assert [(*command[:4], *command[-3:]) for command in runs.commands] == [
        (sys.executable, "-m", "pytest", f"tests/{suite}", "-x", "-k", "items")
        for suite in ("integration", "unit", "localcloud", "terraform")
    ]
    assert [command[3] for command in runs.commands if "--numprocesses" in command] == [
        "tests/unit",
        "tests/localcloud",
    ]


def test_one_suite_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Pytest(monkeypatch)
    assert run(project, "terraform", (), Console()) == 0
    assert [command[3] for command in runs.commands] == ["tests/terraform"]


def test_the_integration_tests_on_localstack_are_asked_for_by_name(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Pytest(monkeypatch, integration=1)
    assert run(project, "localstack", ("-x",), Console()) == 1
    assert [command[3:] for command in runs.commands] == [["tests/integration", "--engine", "localstack", "-x"]]
    (row,) = capsys.readouterr().err.splitlines()[2:]
    assert row.split()[:3] == ["localstack", "FAILED", "(1)"]
    runs.commands.clear()
    run(project, "integration", (), Console())
    assert "--engine" not in runs.commands[0]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ({}, 0),
        ({"unit": 1}, 1),
        ({"integration": 1}, 1),
        ({"unit": 2}, 1),
        ({"unit": -9}, 1),
        # No test of a suite is selected: nothing failed, while another suite has some.
        ({"unit": 5, "terraform": 5}, 0),
        ({"unit": 5, "terraform": 1}, 1),
        ({"unit": 5, "localcloud": 5, "terraform": 5, "integration": 5}, 1),
    ],
)
def test_a_failure_anywhere_fails_the_whole(
    project: Project, monkeypatch: pytest.MonkeyPatch, codes: dict[str, int], code: int
) -> None:
    runs = Pytest(monkeypatch, **codes)
    assert run(project, "all", (), Console()) == code
    assert len(runs.commands) == 4, "a suite after a failed one still runs"


def test_each_suite_is_shown_with_its_result_and_budget(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Pytest(monkeypatch, unit=5, terraform=1)
    now = time.time()
    # The integration suite begins first, and is over when its output ends.
    moments = iter([now, 0.0, 30.0, 30.0, 60.0, 60.0, 420.0])
    console = Console()
    monkeypatch.setattr("tools.checks.suites.time.time", lambda: next(moments))
    run(project, "all", (), console)
    rows = [line.split() for line in capsys.readouterr().err.splitlines()[2:]]
    assert rows[0][:5] == ["unit", "no", "tests", "0.5", "min"]
    assert rows[2][:5] == ["terraform", "FAILED", "(1)", "6.0", "min"]
    assert rows[2][5] == "over"
    assert rows[3][:2] == ["integration", "passed"]
    assert rows[3][4] == "within"


def test_a_suite_that_does_not_exist(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Pytest(monkeypatch)
    with pytest.raises(
        UsageProblem, match="There is no suite 'moon'; there are: unit, localcloud, terraform, integration, localstack"
    ):
        run(project, "moon", (), Console())
    assert runs.commands == []


def test_without_what_localstack_needs_nothing_is_begun(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_: LocalStack) -> None:
        raise MachineProblem("LocalStack runs on another Python.", "install it")

    runs = Pytest(monkeypatch)
    monkeypatch.setattr(LocalStack, "check", check)
    with pytest.raises(MachineProblem, match="another Python"):
        run(project, "localstack", (), Console())
    assert runs.commands == []


def test_one_suite_alone_has_the_last_word_unless_something_is_wrong(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Pytest(monkeypatch)
    run(project, "localstack", (), Console())
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(BUDGETS_MIN, "localstack", -1.0)
    run(project, "localstack", (), Console())
    assert "over -1" in capsys.readouterr().err


def test_every_feature_is_left_out_on_both_engines_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Pytest(monkeypatch)
    assert run(project, "features", (), Console()) == 0
    assert [command[3:] for command in runs.commands] == [["tests/features", "--numprocesses", "2"]]


def test_an_interruption_ends_what_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def interrupted() -> int:
        raise KeyboardInterrupt

    class Running:
        def __init__(self, command: Sequence[str], **options: Any) -> None:
            self.suite = command[3].removeprefix("tests/")
            self.wait = lambda: self.suite in ended or interrupted()
            self.poll = lambda: None

        def send_signal(self, sent: int) -> None:
            assert sent == signal.SIGINT
            ended.append(self.suite)

    monkeypatch.setattr("tools.checks.suites.subprocess.Popen", Running)
    with pytest.raises(KeyboardInterrupt):
        run(project, "all", (), Console())
    assert ended == ["integration", "unit"]
