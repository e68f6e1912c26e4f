"""What messages tell people to type."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.access.environments import var_file
from tools.errors import UsageProblem
from tools.operations.invoke import function_name
from tools.project import Project, find_project
from tools.terminal.console import Console, print_error
from tools.terminal.suggestions import UNASKED, did_you_mean, spelled

# What removes something or sends it again. Looking does neither.
DANGEROUS = re.compile(
    r"python -m tools (destroy|redrive)\b(?!.*--(dry-run|help))|invoke cleanup|\brm -|&& rm\b"
    r"|terraform (destroy|state rm)"
)


@pytest.fixture
def without_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `python3` on the PATH, and no `python`."""
    monkeypatch.setattr("tools.terminal.suggestions.shutil.which", {"python3": "/usr/bin/python3"}.get)


def test_the_command_is_spelled_as_this_machine_runs_it(
    without_python: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = UsageProblem("x.", "python -m tools up, then: python -m tools deploy")
    print_error(error)
    print_error(error, as_json=True)
    Console().say("There are changes: python -m tools deploy")
    shown = capsys.readouterr()
    assert shown.err.count("python3 -m tools") == 3
    assert shown.out.count("python3 -m tools") == 2
    assert "python -m" not in shown.out + shown.err
    monkeypatch.setattr("tools.terminal.suggestions.shutil.which", lambda _: None)
    assert spelled("python -m tools up") == f"{sys.executable} -m tools up"
    monkeypatch.setattr("tools.terminal.suggestions.shutil.which", lambda name: f"/usr/bin/{name}")
    assert spelled("python -m tools up") == "python -m tools up"


def test_help_and_usage_are_spelled_so_too(without_python: None, command: Any) -> None:
    assert command("deploy", "--help")[1].startswith("Usage: python3 -m tools deploy")
    assert command("deploy", "--frob")[2].endswith("fix: python3 -m tools deploy --help\n")


@pytest.mark.parametrize(("typed", "meant"), [("delpoy", "deploy"), ("outptus", "outputs"), ("plna", "plan")])
def test_a_mistyped_command(command: Any, typed: str, meant: str) -> None:
    code, _, err = command(typed)
    assert code == 2
    assert "Did you mean" in err
    assert meant in err


@pytest.mark.parametrize("typed", ["destory", "destroyy", "redriv", "re-drive"])
def test_a_mistyped_command_is_never_led_to_one_that_deletes_or_sends_again(command: Any, typed: str) -> None:
    code, _, err = command(typed)
    assert code == 2
    assert "destroy" not in err.replace(typed, "")
    assert "redrive" not in err.replace(typed, "")


def test_mistyped_names_of_environments_functions_and_events(project: Project, command: Any) -> None:
    with pytest.raises(UsageProblem, match="Did you mean 'dev'"):
        var_file(project, "deev")
    outputs = {"functions": {"create-item": "app-create-item", "cleanup-job": "app-cleanup-job"}}
    with pytest.raises(UsageProblem, match="Did you mean 'create-item'"):
        function_name(outputs, "create-itme")
    for typed in ("cleanup-jbo", "x"):
        with pytest.raises(UsageProblem) as caught:
            function_name(outputs, typed)
        assert "Did you mean" not in caught.value.problem
        assert "invoke" not in caught.value.fix
    project.events.mkdir(parents=True)
    (project.events / "create_item.json").write_text("{}")
    assert "Did you mean 'create_item'?" in command("events", "send", "creat_item")[2]
    assert did_you_mean("destroi", UNASKED) == ""


def _texts(path: Path) -> list[str]:
    """Return a file's strings without its docstrings; of an f-string its fixed parts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            found.append(node.value)
    return found


def test_no_message_names_a_command_that_deletes_or_sends_again() -> None:
    root = find_project().root
    paths = sorted((root / "tools").rglob("*.py"))
    found = [(str(path.relative_to(root)), text) for path in paths for text in _texts(path) if DANGEROUS.search(text)]
    assert found == []
    messages = [line for path in root.glob("*.tf") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in messages if "error_message" in line and DANGEROUS.search(line)] == []


@pytest.mark.parametrize("said", ["prod", "local"])
def test_a_file_that_names_another_environment_leads_to_neither_state(project: Project, said: str) -> None:
    (project.environments / "dev.tfvars").write_text(f'# environment = "x"\n\n  environment="{said}" # moved\n')
    with pytest.raises(UsageProblem, match=f"says that it is the environment '{said}'") as caught:
        var_file(project, "dev")
    assert caught.value.fix == 'write environment = "dev" there'


def test_plain_terraform_is_not_led_into_another_environments_state_either() -> None:
    text = (find_project().root / "build.tf").read_text(encoding="utf-8")
    assert "workspace select" not in text
