"""What asks before it acts, and what it says then."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.unit.toolkit.conftest import OUTPUTS, FakeTerraform
from tools.access.environments import Environment
from tools.deployment import deploy, logging_role
from tools.deployment.deploy import Deployed
from tools.project import Project

AWS = {"AWS_REGION": "eu-north-1"}


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        """Say that somebody is there."""
        return True


@dataclass
class Stage:
    """Where commands lead in a test, and what they did."""

    at: Callable[..., None]
    calls: list[str] = field(default_factory=list)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Record what is done to an environment, and do nothing."""

    def at(environment: Environment, typed: str | None) -> None:
        monkeypatch.setattr(deploy, "reach", lambda *_: environment)
        monkeypatch.setattr(sys, "stdin", io.StringIO() if typed is None else Terminal(typed))

    def deployed(*_: Any, **__: Any) -> Deployed:
        made.calls.append("deploy")
        return Deployed(OUTPUTS, False, 0.1)

    made = Stage(at)
    monkeypatch.setattr("tools.access.clients.account", lambda _: "123456789012")
    for name in ("check_deployment", "check_destruction"):
        monkeypatch.setattr(logging_role, name, lambda *_: None)
    monkeypatch.setattr(deploy, "destroy", lambda *_: made.calls.append("destroy"))
    monkeypatch.setattr(deploy, "deploy", deployed)
    return made


def _environment(project: Project, name: str, text: str = "") -> Environment:
    file = project.environments / f"{name}.tfvars"
    file.write_text(f'environment = "{name}"\n{text}')
    return Environment(name, file, AWS)


@pytest.mark.parametrize("command_line", ["destroy", "deploy"])
def test_nobody_there_to_say_yes_is_one_sentence(
    command: Any, project: Project, stage: Stage, command_line: str
) -> None:
    stage.at(_environment(project, "prod"), None)
    code, out, err = command(command_line, "--env", "prod")
    assert (code, out, stage.calls) == (2, "", [])
    assert "123456789012" in err
    assert "eu-north-1" in err
    assert err.count("\n") == 2
    assert "--yes" in err
    assert command(command_line, "--env", "prod", "--yes")[0] == 0
    assert stage.calls == [command_line]


@pytest.mark.parametrize("answer", [("prod\n", 0), ("yes\n", 2), ("dev\n", 2)])
@pytest.mark.parametrize("command_line", ["destroy", "deploy"])
def test_the_name_is_typed(
    command: Any, project: Project, stage: Stage, command_line: str, answer: tuple[str, int]
) -> None:
    typed, code = answer
    stage.at(_environment(project, "prod"), typed)
    given, _, err = command(command_line, "--env", "prod")
    assert (given, stage.calls) == (code, [command_line] if code == 0 else [])
    assert "account 123456789012, eu-north-1" in err


def test_destroying_an_emulators_deployment_asks_too_and_names_it(
    command: Any, local: Environment, stage: Stage
) -> None:
    stage.at(local, None)
    code, _, err = command("destroy")
    assert (code, stage.calls) == (2, [])
    assert "http://127.0.0.1:9" in err
    assert command("destroy", "--yes")[0] == 0


@pytest.mark.parametrize(
    "case",
    [
        ("dev", "", False),
        ("prod", "", True),
        ("production", "", True),
        ("shop", "deletion_protection = true\n", True),
        ("shop", "# deletion_protection = true\n", False),
    ],
)
def test_which_deployments_ask(command: Any, project: Project, stage: Stage, case: tuple[str, str, bool]) -> None:
    name, text, asked = case
    environment = _environment(project, name, text)
    stage.at(environment, None)
    assert command("deploy", "--env", name)[0] == (2 if asked else 0)
    stage.at(replace(environment, endpoint="http://127.0.0.1:9"), None)
    assert command("deploy", "--env", name)[0] == 0


def test_a_plan_for_scripts(
    command: Any, terraform: FakeTerraform, local: Environment, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    changes = [
        {"address": "aws_x.new", "mode": "managed", "change": {"actions": ["create"]}},
        {"address": "aws_x.other", "mode": "managed", "change": {"actions": ["delete", "create"]}},
        {"address": "aws_x.same", "mode": "managed", "change": {"actions": ["no-op"]}},
        {"address": "data.aws_x.read", "mode": "data", "change": {"actions": ["read"]}},
    ]
    terraform.says("show", json.dumps({"resource_changes": changes}))
    monkeypatch.setattr(deploy, "reach", lambda *_: local)
    monkeypatch.setattr(deploy, "plan", lambda *_: (True, project.state / "p"))
    code, out, _ = command("plan", "--json", "--detailed-exitcode")
    assert code == 2
    assert json.loads(out) == {
        "changes": True,
        "plan": ".local/p",
        "resources": [
            {"address": "aws_x.new", "actions": ["create"]},
            {"address": "aws_x.other", "actions": ["delete", "create"]},
        ],
    }
