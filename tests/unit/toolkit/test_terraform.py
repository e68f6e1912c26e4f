"""The way to Terraform: arguments, events, failures and Ctrl-C, with a stand-in for the program."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.toolkit.conftest import FakeTerraform, error_event
from tools.deployment.terraform import Terraform, find_terraform, terraform_version
from tools.errors import MachineProblem, TerraformProblem

STARTED = {"type": "apply_start", "hook": {"resource": {"addr": "aws_sqs_queue.failures"}}}
FINISHED = {"type": "apply_complete", "hook": {"resource": {"addr": "aws_sqs_queue.failures"}, "action": "create"}}


def _terraform(folder: Path, **variables: str) -> Terraform:
    return Terraform(folder, {**os.environ, **variables})


def test_commands_carry_what_terraform_needs(terraform: FakeTerraform, tmp_path: Path) -> None:
    adapter = _terraform(tmp_path)
    adapter.init(["-plugin-dir=/mirror"])
    adapter.plan(tmp_path / "dev.tfvars", tmp_path / "p")
    adapter.apply(tmp_path / "p")
    adapter.destroy(tmp_path / "dev.tfvars")
    version, init, plan, apply, destroy = (set(call.split()) for call in terraform.calls)
    assert version == {"version", "-json"}
    assert {"init", "-json", "-plugin-dir=/mirror", "-input=false"} <= init
    assert {"-json", "-detailed-exitcode", f"-out={tmp_path}/p", f"-var-file={tmp_path}/dev.tfvars"} <= plan
    assert {"-json", "-parallelism=30", "-input=false", f"{tmp_path}/p"} <= apply
    assert {"-auto-approve=true", "-parallelism=30"} <= destroy
    assert "-force" not in destroy


def test_plan_tells_changes_from_none(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("plan", code=2)
    assert _terraform(tmp_path).plan(tmp_path / "v", tmp_path / "p") is True
    terraform.says("plan", code=0)
    assert _terraform(tmp_path).plan(tmp_path / "v", tmp_path / "p") is False


def test_the_listener_gets_each_event_and_nothing_else(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("apply", STARTED, "not an event", "[1]", FINISHED)
    heard: list[dict[str, Any]] = []
    adapter = _terraform(tmp_path)
    adapter.listener = heard.append
    adapter.apply(tmp_path / "p")
    assert heard == [STARTED, FINISHED]


def test_a_failure_is_explained_by_its_diagnostics(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("apply", error_event("Out of money", "Pay first."), code=1)
    with pytest.raises(TerraformProblem, match=r"terraform apply: Out of money: Pay first\."):
        _terraform(tmp_path).apply(tmp_path / "p")


def test_an_error_said_as_text_is_explained_too(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("plan", "╷", "│ Error: No configuration files", "╵", code=1)
    with pytest.raises(TerraformProblem, match="No configuration files"):
        _terraform(tmp_path).plan(tmp_path / "v", tmp_path / "p")


def test_a_crash_is_told_by_its_last_words(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("plan", "panic: runtime error", code=134)
    with pytest.raises(TerraformProblem, match="panic: runtime error"):
        _terraform(tmp_path).plan(tmp_path / "v", tmp_path / "p")


def test_outputs_are_values_by_name(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("output", '{"api_url": {"value": "http://x", "type": "string", "sensitive": false}}')
    assert _terraform(tmp_path).outputs() == {"api_url": "http://x"}


def test_a_failing_output_is_explained(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("output", code=1, script="echo 'Error: Backend initialization required' >&2\n")
    with pytest.raises(TerraformProblem, match="Backend initialization required"):
        _terraform(tmp_path).outputs()


def test_no_terraform_on_the_path(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match="not on the PATH") as caught:
        find_terraform({"PATH": str(tmp_path)})
    assert "install Terraform 1.11" in caught.value.fix


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no program at all", "does not run"),
        ("#!/bin/sh\nexit 139\n", "does not run"),
        ("#!/bin/sh\necho '{}'\n", "does not run"),
        ('#!/bin/sh\necho \'{"terraform_version": "1.10.9"}\'\n', "Terraform 1.10.9 is too old"),
    ],
)
def test_a_terraform_that_cannot_serve_is_told_before_it_is_used(tmp_path: Path, content: str, problem: str) -> None:
    program = tmp_path / "terraform"
    program.write_text(content)
    program.chmod(0o755)
    with pytest.raises(MachineProblem, match=problem):
        Terraform(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"}).init([])


def test_a_program_that_cannot_be_executed_is_no_traceback(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text("no program at all")
    program.chmod(0o755)
    adapter = Terraform(tmp_path, {"PATH": str(tmp_path)})
    for use in (adapter.outputs, lambda: adapter.apply(tmp_path / "p")):
        with pytest.raises(MachineProblem, match="does not run"):
            use()


@pytest.mark.parametrize("said", ['{"terraform_version": "1.11.4"}', 'Warning: x\n{"terraform_version": "2.0.0-rc1"}'])
def test_the_version_is_found_behind_warnings(terraform: FakeTerraform, said: str) -> None:
    terraform.says("version", said)
    assert terraform_version(os.environ) in said


# What Terraform does on an interrupt: it finishes what is under way, and ends. It counts how often it was told.
INTERRUPTIBLE = f"""
trap 'echo INT >> "$here/signals"; stop=1' INT
echo '{json.dumps(STARTED)}'
echo $(ps -o pgid= -p $$) > "$here/group"
tries=0
while [ -z "$stop" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
echo '{json.dumps(FINISHED)}'
"""


class Interrupting:
    """A listener that gets Ctrl-C at the first event of a kind."""

    def __init__(self, kind: str) -> None:
        self.waiting_for = kind
        self.heard: list[str] = []

    def __call__(self, event: dict[str, Any]) -> None:
        self.heard.append(event["type"])
        if event["type"] == self.waiting_for:
            self.waiting_for = ""
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_reaches_terraform_once_and_lets_it_finish(
    terraform: FakeTerraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.deployment.terraform.process.SETTLED_S", 0.2)
    terraform.says("apply", script=INTERRUPTIBLE)
    adapter, listener = _terraform(tmp_path), Interrupting("apply_start")
    adapter.listener = listener
    with pytest.raises(KeyboardInterrupt):
        adapter.apply(tmp_path / "p")
    assert (terraform.folder / "signals").read_text().splitlines() == ["INT"]
    assert listener.heard == ["apply_start", "interrupted", "apply_complete"]
    # The terminal's own Ctrl-C goes to the whole foreground group: Terraform must not be in it.
    assert int((terraform.folder / "group").read_text()) != os.getpgrp()


def test_ctrl_c_waits_while_something_is_being_created(
    terraform: FakeTerraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.deployment.terraform.process.SETTLED_S", 60.0)
    monkeypatch.setattr("tools.deployment.terraform.process.time.monotonic", lambda: 0.0)
    trap = """trap 'echo INT >> "$here/signals"' INT"""
    terraform.says("apply", script=f"{trap}\necho '{json.dumps(STARTED)}'\nsleep 0.4\necho '{json.dumps(FINISHED)}'\n")
    adapter = _terraform(tmp_path)
    adapter.listener = Interrupting("apply_start")
    with pytest.raises(KeyboardInterrupt):
        adapter.apply(tmp_path / "p")
    assert not (terraform.folder / "signals").exists(), "it was cancelled while it created"


def test_a_second_ctrl_c_does_not_wait(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.says("apply", script=INTERRUPTIBLE)
    adapter = _terraform(tmp_path)
    twice = [Interrupting("apply_start"), Interrupting("interrupted")]

    def listen(event: dict[str, Any]) -> None:
        for listener in twice:
            listener(event)

    adapter.listener = listen
    with pytest.raises(KeyboardInterrupt):
        adapter.apply(tmp_path / "p")
    assert (terraform.folder / "signals").read_text().splitlines() == ["INT"]
