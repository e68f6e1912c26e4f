"""What people see while Terraform works, without a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.console import Console, TerraformProgress, print_error
from tools.errors import UsageProblem


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
    monkeypatch.setattr("tools.console.time.monotonic", fake)
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
    assert capsys.readouterr().err == "  create aws_s3_bucket.this (3 s)\n  FAILED aws_sqs_queue.failures\n"


def test_reading_is_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerraformProgress(Console())
    progress(_event("apply_start", "data.aws_region.current"))
    progress(_event("apply_complete", "data.aws_region.current", action="read"))
    assert capsys.readouterr().err == ""


def test_a_slow_resource_gives_a_sign_of_life_every_ten_seconds(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = TerraformProgress(Console())
    progress(_event("apply_start", "aws_sqs_queue.failures"))
    for _ in range(25):
        clock.now += 1
        progress({"type": "apply_progress"})
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "  ... 0 done, 1 running, longest aws_sqs_queue.failures (11 s)",
        "  ... 0 done, 1 running, longest aws_sqs_queue.failures (22 s)",
    ]


def test_the_longest_running_resource_is_the_one_named(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerraformProgress(Console())
    progress(_event("apply_start", "first"))
    clock.now += 5
    progress(_event("apply_start", "second"))
    clock.now += 6
    progress({"type": "apply_progress"})
    assert "2 running, longest first (11 s)" in capsys.readouterr().err


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


def test_an_error_has_its_mend_on_a_line_of_its_own_and_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(UsageProblem("There is no x.", "use y"))
    captured = capsys.readouterr()
    assert captured.err == "error: There is no x.\n  mend: use y\n"
    assert captured.out == ""


def test_an_error_for_scripts_is_json_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(UsageProblem("There is no x.", "use y"), as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"kind": "usage", "problem": "There is no x.", "mend": "use y"}}
    assert captured.err == ""
