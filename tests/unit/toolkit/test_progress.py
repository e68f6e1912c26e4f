"""What people see while Terraform works, without a terminal."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tools.commands import context
from tools.errors import UsageProblem
from tools.terminal.console import Console, TerraformProgress, print_error
from tools.terminal.heartbeat import HEARTBEAT, QUIET_S, Heartbeat


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put a clock of the test's own into the console."""
    fake = Clock()
    monkeypatch.setattr("tools.terminal.console.time.monotonic", fake)
    return fake


def _event(kind: str, address: str, **hook: Any) -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": address}, **hook}}


def _summary(operation: str, **changes: int) -> dict[str, Any]:
    return {"type": "change_summary", "changes": {"operation": operation, **changes}}


def test_each_resource_is_named_when_it_is_done_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerraformProgress(Console())
    progress(_event("apply_start", "aws_s3_bucket.this"))
    assert capsys.readouterr().err == ""
    progress(_event("apply_complete", "aws_s3_bucket.this", action="create", elapsed_seconds=3))
    progress(_event("apply_start", "aws_sqs_queue.failures"))
    progress(_event("apply_errored", "aws_sqs_queue.failures"))
    assert capsys.readouterr().err == "  1: create aws_s3_bucket.this (3 s)\n  FAILED aws_sqs_queue.failures\n"


def test_reading_is_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerraformProgress(Console())
    progress(_event("apply_start", "data.aws_region.current"))
    progress(_event("apply_complete", "data.aws_region.current", action="read"))
    assert capsys.readouterr().err == ""


def _made(progress: TerraformProgress, address: str) -> None:
    progress(_event("apply_start", address))
    progress(_event("apply_complete", address, action="create", elapsed_seconds=0))


def test_how_many_of_how_many_are_done_and_a_line_a_second_at_most(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console()
    with console.terraform("Terraform plan") as planning:
        planning(_summary("plan", add=100, change=2, remove=1))
    with console.terraform("Terraform apply") as progress:
        for number in range(100):
            _made(progress, f"aws_x.number[{number}]")
            clock.now += 0.1
    lines = [line for line in capsys.readouterr().err.splitlines() if "create" in line]
    assert len(lines) in (10, 11)
    assert lines[0] == "  1 of 103: create aws_x.number[0] (0 s)"
    assert lines[-1].split(":")[0] in ("  91 of 103", "  100 of 103")


def test_at_a_terminal_each_resource_has_its_line(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.rich = True
    progress = TerraformProgress(console)
    for number in range(5):
        _made(progress, f"aws_x.number[{number}]")
    assert capsys.readouterr().err.count("create") == 5


def test_the_longest_running_resource_is_the_one_named(clock: Clock) -> None:
    progress = TerraformProgress(Console())
    assert progress.state() == ""
    progress(_event("apply_start", "first"))
    clock.now += 5
    progress(_event("apply_start", "second"))
    clock.now += 6
    assert progress.state() == ": 0, 2 running, longest first (11 s)"


def test_what_is_counted_has_a_line_a_second_at_most_and_its_end(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Console().counting("Moving") as progress:
        for done in range(1, 101):
            progress(done, 100)
            clock.now += 0.05
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 6
    assert lines[0] == "Moving: 1 of 100"
    assert lines[-1] == "Moving: 100 of 100"


def _beats(heartbeat: Heartbeat, wanted: int) -> list[str]:
    """Return what a command says that says nothing by itself."""
    said: list[str] = []
    with heartbeat.beating("deploy", said.append), heartbeat.doing(lambda: "Terraform plan"):
        deadline = time.monotonic() + 20
        while len(said) < wanted and time.monotonic() < deadline:
            time.sleep(0.005)
    return said


def test_a_command_that_says_nothing_says_what_it_is_doing() -> None:
    said = _beats(Heartbeat(0.02), 3)
    assert len(said) >= 3
    assert all(re.fullmatch(r"  \.\.\. Terraform plan \(\d+ s\)", line) for line in said)
    assert QUIET_S + 0.5 < 5


def test_whoever_speaks_or_types_is_not_interrupted() -> None:
    heartbeat, said = Heartbeat(0.2), list[str]()
    with heartbeat.beating("deploy", said.append):
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            heartbeat.spoke()
            time.sleep(0.001)
        spoken = len(said)
        with heartbeat.held():
            before = len(said)
            time.sleep(0.5)
            assert len(said) == before
    assert spoken <= 1  # a machine may stop a thread for as long as that


def test_every_command_beats(command: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(HEARTBEAT, "_quiet_s", 0.02)
    shown: list[str] = []

    def find(*_: Any) -> None:
        deadline = time.monotonic() + 20
        while not shown and time.monotonic() < deadline:
            time.sleep(0.005)
            shown.extend(re.findall(r"\.\.\. outputs \(\d+ s\)", capsys.readouterr().err))
        raise UsageProblem("Enough.", "nothing")

    monkeypatch.setattr(context, "find", find)
    assert command("outputs")[0] == 2
    assert shown


def test_ctrl_c_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    TerraformProgress(Console())({"type": "interrupted"})
    assert capsys.readouterr().err.startswith("Stopping Terraform")


@pytest.mark.parametrize(
    ("event", "summary"),
    [
        (_summary("plan", add=3, change=0, remove=1), "3 to add, 1 to remove, "),
        (_summary("apply", add=3, change=2, remove=0), "3 added, 2 changed, "),
        (_summary("apply", add=0, change=0, remove=0), ""),
    ],
)
def test_the_summary_names_what_changed(event: dict[str, Any], summary: str) -> None:
    progress = TerraformProgress(Console())
    progress(event)
    assert progress.summary() == summary


@pytest.mark.parametrize(
    "event", [{}, {"type": "version"}, {"type": "apply_complete"}, {"type": "outputs", "hook": {}}]
)
def test_an_event_of_a_later_terraform_is_no_stop(event: dict[str, Any]) -> None:
    TerraformProgress(Console())(event)


def test_a_step_and_terraform_say_how_long_they_took(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    with console.step("Starting"):
        clock.now += 2
    with console.terraform("Terraform plan") as progress:
        progress(_summary("plan", add=1))
        clock.now += 3
    captured = capsys.readouterr()
    assert captured.err == "Starting: 2.0 s\nTerraform plan ...\nTerraform plan: 1 to add, 3.0 s\n"
    assert captured.out == ""


def test_a_table_goes_to_stderr_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table("Built", ("name", "size"), [("base", "9 KB"), ("create-item", "80 KB")])
    captured = capsys.readouterr()
    assert captured.err == "Built\n  name         size\n  base         9 KB\n  create-item  80 KB\n"
    assert captured.out == ""


def test_a_result_is_text_or_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    Console().result("text", {"a": 1})
    assert capsys.readouterr().out == "text\n"
    Console(as_json=True).result("text", {"b": 1, "a": "é"})
    assert json.loads(capsys.readouterr().out) == {"a": "é", "b": 1}


def test_an_error_has_its_fix_on_a_line_of_its_own_and_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(UsageProblem("There is no x.", "use y"))
    captured = capsys.readouterr()
    assert captured.err == "error: There is no x.\n  fix: use y\n"
    assert captured.out == ""


def test_an_error_for_scripts_is_json_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(UsageProblem("There is no x.", "use y"), as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"kind": "usage", "problem": "There is no x.", "fix": "use y"}}
    assert captured.err == ""
