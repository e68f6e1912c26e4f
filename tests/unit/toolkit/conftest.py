"""A small project, a stand-in for Terraform, and an API, for the toolkit's own tests."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud import MINISTACK
from tests.unit.toolkit.api import Api, serving_api
from tests.unit.toolkit.functions import Functions
from tests.unit.toolkit.queues import Queues
from tests.unit.toolkit.sockets import Sockets, serving
from tools import cli
from tools.access.environments import Environment
from tools.commands import context
from tools.operations import invoke
from tools.project import Project

OUTPUTS: dict[str, Any] = {
    "api_url": "http://127.0.0.1:9/prod",
    "try_it": "curl http://127.0.0.1:9/prod/items\n",
    "anonymous_reads": True,
    "token": {
        "secret_arn": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:key",
        "issuer": "us",
        "audience": "api",
    },
}

# Does what the files beside it say: COMMAND.out is printed, COMMAND.sh is run, COMMAND.code is the exit code.
_TERRAFORM = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
[ -f "$here/$1.out" ] && cat "$here/$1.out"
[ -f "$here/$1.sh" ] && . "$here/$1.sh"
exit "$(cat "$here/$1.code" 2>/dev/null || echo 0)"
"""


@dataclass(frozen=True)
class FakeTerraform:
    """A `terraform` on the PATH that says what a test wants."""

    folder: Path

    def says(self, command: str, *events: dict[str, Any] | str, code: int = 0, script: str = "") -> None:
        """Let `terraform COMMAND` print events or text, run a shell script, and exit."""
        lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
        (self.folder / f"{command}.out").write_text("".join(f"{line}\n" for line in lines))
        (self.folder / f"{command}.code").write_text(str(code))
        if script:
            (self.folder / f"{command}.sh").write_text(script)

    @property
    def calls(self) -> list[str]:
        """Return the command lines so far."""
        try:
            return (self.folder / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []

    @property
    def commands(self) -> list[str]:
        """Return the subcommands so far."""
        return [call.split()[0] for call in self.calls]


def error_event(summary: str, detail: str = "") -> dict[str, Any]:
    """Return a diagnostic event of Terraform's."""
    return {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": detail}}


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_")) or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # No test looks for the real mirrors, or asks the real registry.
    monkeypatch.setattr("tools.access.providers.find_mirror.__defaults__", ((),))
    for module in ("access.providers", "checks.doctor"):
        monkeypatch.setattr(f"tools.{module}.registry_reachable", lambda: True)


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """Put a fake `terraform` in front of the PATH; it has a version, and outputs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "terraform").write_text(_TERRAFORM)
    (folder / "terraform").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    fake = FakeTerraform(folder)
    fake.says("version", json.dumps({"terraform_version": "1.11.4"}))
    fake.says("output", json.dumps({name: {"value": value} for name, value in OUTPUTS.items()}))
    # As Terraform does: init installs the provider, apply writes the state.
    fake.says("init", script="mkdir -p .terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64\n")
    fake.says("plan", code=2)
    state = "terraform.tfstate.d/$TF_WORKSPACE"
    fake.says("apply", script=f"mkdir -p {state} && echo '{{}}' > {state}/terraform.tfstate\n")
    return fake


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a file of each kind that decides what a deployment does."""
    root = tmp_path / "project"
    for path, text in {
        "main.tf": 'module "storage" { source = "./storage" }\n',
        ".terraform.lock.hcl": "lock\n",
        "environments/local.tfvars": 'environment = "local"\n',
        "environments/dev.tfvars": 'environment = "dev"\n',
        "environments/localstack.tfvars": 'environment = "localstack"\n',
        "storage/dynamodb.tf": "# table\n",
        "functions/function/main.tf": "# function\n",
        "security/iam-roles.tf": "# roles\n",
        "security/permissions.yaml": "[]\n",
        "api-gateway/rest-api.tf": "# api\n",
        "api-gateway/openapi.yaml": "openapi: 3.0.1\n",
        "build/manifest.json": "{}\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Project(root)


@pytest.fixture
def local(project: Project) -> Environment:
    """Return the local environment on a local cloud with the id `one`."""
    variables = {
        **os.environ,
        "TF_WORKSPACE": "local",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return Environment(
        "local", project.environments / "local.tfvars", variables, "http://127.0.0.1:9", "one", MINISTACK
    )


@pytest.fixture
def aws(project: Project, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Return an environment on AWS itself, which moto stands in for."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return Environment("dev", project.environments / "dev.tfvars", {"AWS_REGION": "eu-west-1"})


@pytest.fixture
def queues(aws: Environment) -> Iterator[Queues]:
    """SQS with the application's queues."""
    with mock_aws():
        yield Queues(boto3.client("sqs", region_name="eu-west-1"))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    """Put the test's functions behind every invocation."""
    stand_in = Functions()
    monkeypatch.setattr(invoke, "client", lambda *_, **__: stand_in)
    return stand_in


@pytest.fixture
def api() -> Iterator[Api]:
    """Serve an API."""
    with serving_api() as served:
        yield served


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    """Serve a WebSocket API."""
    with serving() as served:
        yield served


@pytest.fixture
def command(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs a command line on the test's project: (exit code, stdout, stderr)."""
    monkeypatch.setattr(context, "find_project", lambda: project)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tools", *arguments])
        try:
            code = cli.main()
        except SystemExit as stop:
            code = int(str(stop.code))
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def unused_port() -> int:
    """Return a port of the loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
