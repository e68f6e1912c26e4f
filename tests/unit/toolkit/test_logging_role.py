"""API Gateway's logging role has one owner in an account and region, and the toolkit keeps it so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, ClassVar

import jmespath
import pytest
from botocore.exceptions import ClientError

from tools.access.environments import Environment, var_file
from tools.deployment import logging_role
from tools.deployment.logging_role import check_deployment, check_destruction, look
from tools.errors import MachineProblem
from tools.project import Project, find_project

DEV_ROLE = "starter-dev-gateway-logging-eu-west-1"


class FakeAws:
    """API Gateway's settings and IAM's roles of one account and region."""

    class NoSuchEntityError(Exception):
        """IAM's answer where there is no such role."""

    # Of botocore's paginator.
    result_keys: ClassVar = [jmespath.compile("items")]

    def __init__(self) -> None:
        self.role = ""
        self.gone = False
        self.refuses = False
        self.pages: list[list[str]] = [[]]
        self.exceptions = type("", (), {"NoSuchEntityException": self.NoSuchEntityError, "ClientError": ClientError})

    def get_account(self) -> dict[str, str]:
        """Answer as API Gateway: without the member where no role is set."""
        return {"cloudwatchRoleArn": f"arn:aws:iam::111122223333:role/{self.role}"} if self.role else {}

    def get_paginator(self, name: str) -> FakeAws:
        """Return what pages through the APIs."""
        assert name == "get_rest_apis"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        """Yield the pages."""
        for page in self.pages:
            yield {"items": [{"name": name} for name in page]}

    def get_role(self, RoleName: str) -> None:
        """Answer as IAM."""
        assert RoleName == self.role
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetRole")
        if self.gone:
            raise self.NoSuchEntityError


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, project: Project) -> FakeAws:
    """Let the toolkit ask a fake, with two environments that both want the role, as they ship."""
    fake = FakeAws()
    monkeypatch.setattr("tools.deployment.logging_role.client", lambda *_: fake)
    shutil.copyfile(find_project().root / "variables.tf", project.root / "variables.tf")
    for name in ("dev", "prod"):
        _write(project, name, "manage_account = true")
    return fake


def _write(project: Project, name: str, said: str) -> None:
    path = project.environments / f"{name}.tfvars"
    path.write_text(f'environment = "{name}"\n# manage_account = false\napi = {{\n  {said}\n}}\n')


def _environment(project: Project, name: str) -> Environment:
    return Environment(name, var_file(project, name), {"AWS_REGION": "eu-west-1"})


def test_the_first_deployment_of_an_account_sets_the_role(aws: FakeAws, project: Project) -> None:
    check_deployment(project, _environment(project, "dev"))
    aws.role = DEV_ROLE
    check_deployment(project, _environment(project, "dev"))


def test_a_second_environment_does_not_take_it(aws: FakeAws, project: Project) -> None:
    aws.role = DEV_ROLE
    with pytest.raises(MachineProblem, match="dev owns API Gateway's logging role in this account and eu-west-1") as no:
        check_deployment(project, _environment(project, "prod"))
    assert no.value.fix.startswith("set api.manage_account = false in environments/prod.tfvars")
    aws.refuses = True
    with pytest.raises(MachineProblem, match="dev owns"):
        check_deployment(project, _environment(project, "prod"))
    _write(project, "prod", "manage_account = false")
    check_deployment(project, _environment(project, "prod"))


def test_an_owner_can_hand_it_over_or_be_gone(aws: FakeAws, project: Project) -> None:
    aws.role = DEV_ROLE
    _write(project, "dev", "manage_account = false")
    check_deployment(project, _environment(project, "prod"))
    _write(project, "dev", "manage_account = true")
    aws.gone = True
    check_deployment(project, _environment(project, "prod"))


def test_a_role_that_nobody_here_knows_is_taken_as_before(aws: FakeAws, project: Project) -> None:
    """Terraform has always set it; what else is in the account this checkout cannot know."""
    aws.role = "somebody-elses"
    check_deployment(project, _environment(project, "prod"))


@pytest.mark.parametrize("gone", [False, True])
def test_without_an_owner_an_api_with_logs_is_refused(aws: FakeAws, project: Project, gone: bool) -> None:
    aws.role, aws.gone = (DEV_ROLE, True) if gone else ("", False)
    _write(project, "prod", "manage_account = false")
    with pytest.raises(MachineProblem, match="no logging role in this account and eu-west-1, and prod sets none") as no:
        check_deployment(project, _environment(project, "prod"))
    assert no.value.fix == "set api.manage_account = true in environments/prod.tfvars"


def test_its_owner_is_not_destroyed_while_others_log_by_it(aws: FakeAws, project: Project) -> None:
    aws.role, aws.pages = DEV_ROLE, [["starter-dev-items"], ["starter-prod-items"]]
    with pytest.raises(MachineProblem, match=r"these APIs log no more: starter-prod-items\."):
        check_destruction(project, _environment(project, "dev"))
    check_destruction(project, _environment(project, "prod"))
    aws.pages = [["starter-dev-items"]]
    check_destruction(project, _environment(project, "dev"))


def test_an_emulator_is_not_asked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.deployment.logging_role.client", lambda *_: pytest.fail("asked"))
    environment = Environment("local", project.environments / "local.tfvars", {}, "http://127.0.0.1:4566")
    check_deployment(project, environment)
    check_destruction(project, environment)


def test_the_projects_own_name_counts(aws: FakeAws, project: Project) -> None:
    (project.environments / "dev.tfvars").write_text('project = "shop"\napi = {}\n')
    aws.role = "shop-dev-gateway-logging-eu-west-1"
    assert logging_role.owner(project, aws.role) == "dev"
    assert logging_role.owner(project, DEV_ROLE) is None


# -- The doctor


def test_without_credentials_the_doctor_goes_by_the_variables(aws: FakeAws, project: Project) -> None:
    level, found, fix = look(project, os.environ)
    assert (level, fix) == ("ok", "")
    assert found.startswith("dev and prod would own it, each in an account of its own")


@pytest.mark.parametrize(
    ("apis", "role", "level", "found"),
    [
        ([], "", "ok", "none yet"),
        (["starter-dev-items"], DEV_ROLE, "ok", DEV_ROLE),
        (["starter-dev-items"], "", "warning", "no API writes logs"),
        (["starter-dev-items", "starter-prod-items"], DEV_ROLE, "warning", "dev and prod take it from each other"),
    ],
)
def test_with_credentials_the_doctor_looks(  # noqa: PLR0917 - fixtures
    aws: FakeAws, project: Project, monkeypatch: pytest.MonkeyPatch, apis: list[str], role: str, level: str, found: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    aws.pages, aws.role = [apis], role
    finding = look(project, os.environ)
    assert finding[0] == level
    assert found in finding[1]
    assert bool(finding[2]) == (level == "warning")
