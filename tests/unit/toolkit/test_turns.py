"""Two runs on one environment: the second waits, and not for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from tools.deployment.turns import turn
from tools.errors import TerraformProblem
from tools.project import Project, find_project


def test_a_second_run_waits_for_the_first_and_says_so(project: Project) -> None:
    said: list[str] = []
    order: list[str] = []

    def second() -> None:
        with turn(project, "local", said.append, 60):
            order.append("second")

    other = threading.Thread(target=second)
    with turn(project, "local", said.append):
        other.start()
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            time.sleep(0.005)
        order.append("first")
    other.join(60)
    assert order == ["first", "second"]
    assert said == [f"Another run is at work on local (process {os.getpid()}): waiting up to 60 s for it to end."]


def test_there_is_a_limit(project: Project) -> None:
    with (
        turn(project, "local", print),
        pytest.raises(TerraformProblem, match=r"is at work on local .* has not ended within 0\.1 s"),
        turn(project, "local", print, 0.1),
    ):
        pass


def test_other_environments_do_not_wait(project: Project) -> None:
    with turn(project, "local", pytest.fail), turn(project, "dev", pytest.fail, 0):
        pass


def test_a_run_that_was_killed_holds_nobody_up(project: Project) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tools.deployment.turns import turn; from tools.project import Project\n"
        f"with turn(Project(Path({str(project.root)!r})), 'local', print): os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=find_project().root, check=False)
    assert done.returncode == -9
    with turn(project, "local", pytest.fail, 0):
        pass


@pytest.mark.parametrize("arguments", [["deploy"], ["plan"], ["destroy", "--yes"]])
def test_what_changes_or_plans_takes_its_turn(
    command: object, project: Project, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    from tools.access.environments import Environment
    from tools.deployment import deploy

    local = Environment("local", project.environments / "local.tfvars", {}, "http://127.0.0.1:9", "one")
    monkeypatch.setattr(deploy, "reach", lambda *_: local)
    monkeypatch.setattr("tools.deployment.turns.WAIT_S", 0.0)
    for name in ("deploy", "plan", "destroy"):
        monkeypatch.setattr(deploy, name, lambda *_, **__: pytest.fail("did not wait"))
    with turn(project, "local", print):
        code, _, err = command(*arguments)  # type: ignore[operator]
    assert code == 5
    assert "Another run is at work on local" in err
