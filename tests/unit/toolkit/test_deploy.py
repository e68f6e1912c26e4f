"""Deploying in stages, with a stand-in for Terraform and nothing to build."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.toolkit.conftest import OUTPUTS, FakeTerraform, error_event
from tools.access.environments import Environment
from tools.deployment import deploy as stages
from tools.deployment import record as records
from tools.errors import BuildProblem, MachineProblem, SmokeProblem, TerraformProblem, UsageProblem
from tools.project import Project
from tools.terminal.console import Console


@pytest.fixture(autouse=True)
def nothing_to_build(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the build have nothing to do; return what it was asked for."""
    asked: list[str] = []

    def build(project: Project, target: str, *, arch: str | None = None) -> Any:
        asked.append(f"{target} {arch or ''}".strip())
        return SimpleNamespace(artefacts=[])

    monkeypatch.setattr("tools.build.build", build, raising=False)
    return asked


@pytest.fixture
def environment(terraform: FakeTerraform, local: Environment) -> Environment:
    """Return the local environment, with the stand-in on its PATH."""
    return local


def deploy(project: Project, environment: Environment, **options: Any) -> stages.Deployed:
    """Deploy, and keep the record, as the command does when the smoke test has passed."""
    done = stages.deploy(project, environment, Console(), **options)
    stages.keep_record(project, environment, done.outputs)
    return done


def test_the_first_deployment_inits_plans_and_applies(
    terraform: FakeTerraform, project: Project, environment: Environment, nothing_to_build: list[str]
) -> None:
    done = deploy(project, environment)
    assert done.changed
    assert done.outputs == OUTPUTS
    assert terraform.commands == ["version", "init", "plan", "apply", "state", "output"]
    assert nothing_to_build == ["local"]


def test_a_deployment_builds_once_for_the_cpu_asked_for(
    project: Project, environment: Environment, nothing_to_build: list[str]
) -> None:
    deploy(project, environment, arch="x86_64")
    assert nothing_to_build == ["local x86_64"]


def test_the_second_does_not_start_terraform(
    terraform: FakeTerraform, project: Project, environment: Environment
) -> None:
    deploy(project, environment)
    before = len(terraform.calls)
    done = deploy(project, environment)
    assert not done.changed
    assert done.outputs == OUTPUTS
    assert len(terraform.calls) == before


def test_force_starts_terraform_and_applies_only_changes(
    terraform: FakeTerraform, project: Project, environment: Environment
) -> None:
    deploy(project, environment)
    terraform.says("plan", code=0)
    before = len(terraform.calls)
    assert deploy(project, environment, force=True).changed
    assert terraform.commands[before:] == ["plan", "output"]


def test_a_failed_apply_is_not_remembered_as_a_deployment(
    terraform: FakeTerraform, project: Project, environment: Environment
) -> None:
    deploy(project, environment)
    (project.root / "main.tf").write_text("# changed\n")
    terraform.says("apply", error_event("No"), code=1)
    with pytest.raises(TerraformProblem):
        deploy(project, environment)
    (project.root / "main.tf").write_text('module "storage" { source = "./storage" }\n')
    before = len(terraform.calls)
    terraform.says("apply")
    deploy(project, environment)
    assert "apply" in terraform.commands[before:]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_init_runs_again_only_for_another_configuration_or_a_lost_provider(
    terraform: FakeTerraform, project: Project, environment: Environment
) -> None:
    changes: list[tuple[Callable[[], object], int]] = [
        (lambda: None, 1),
        (lambda: None, 1),
        (lambda: (project.root / "main.tf").write_text("# one more module\n"), 2),
        (lambda: (project.root / ".terraform.lock.hcl").write_text("another\n"), 3),
        (lambda: _write(project.root / "storage" / "s3.tf", 'module "bucket" {\n  source = "./bucket"\n}\n'), 4),
        (lambda: _write(project.root / "storage" / "dynamodb.tf", "# no module\n"), 4),
        (lambda: (project.root / ".terraform" / "providers").rename(project.root / "away"), 5),
    ]
    for change, inits in changes:
        change()
        stages.initialise(project, environment, Console())
        assert terraform.commands.count("init") == inits


def test_a_failed_init_is_tried_again(terraform: FakeTerraform, project: Project, environment: Environment) -> None:
    terraform.says("init", error_event("Failed to query available provider packages"), code=1)
    for _ in range(2):
        with pytest.raises(MachineProblem, match="cannot get the AWS provider"):
            stages.initialise(project, environment, Console())
    assert terraform.commands.count("init") == 2


def test_what_a_lost_cloud_held_is_deployed_again(
    terraform: FakeTerraform, project: Project, environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(project, environment)
    reborn = replace(environment, instance_id="two")
    with pytest.raises(TerraformProblem, match="Nothing is deployed to local") as caught:
        stages.current_outputs(project, reborn)
    assert caught.value.fix == "python -m tools deploy --env local"
    assert deploy(project, reborn).changed
    assert "The local cloud is a new one" in capsys.readouterr().err
    kept = records.state_file(project, environment).with_name("terraform.tfstate.of-a-lost-cloud")
    assert kept.is_file()


def test_a_cloud_lost_after_an_interrupted_deployment_is_noticed_too(
    terraform: FakeTerraform, project: Project, environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    terraform.says("apply", error_event("Interrupted"), code=1)
    with pytest.raises(TerraformProblem):
        deploy(project, environment)
    stages.plan(project, replace(environment, instance_id="two"), Console())
    assert "The local cloud is a new one" in capsys.readouterr().err


def test_outputs_are_as_recorded_while_nothing_changes_else_terraforms(
    terraform: FakeTerraform, project: Project, environment: Environment
) -> None:
    deploy(project, environment)
    before = len(terraform.calls)
    assert stages.current_outputs(project, environment) == OUTPUTS
    assert len(terraform.calls) == before
    (project.root / "main.tf").write_text("# changed\n")
    assert stages.current_outputs(project, environment) == OUTPUTS
    assert "output" in terraform.commands[before:]


def test_outputs_of_nothing(terraform: FakeTerraform, project: Project, environment: Environment) -> None:
    with pytest.raises(TerraformProblem, match="Nothing is deployed to local"):
        stages.current_outputs(project, environment)
    assert terraform.calls == []
    (project.root / ".terraform").mkdir()
    terraform.says("output", "{}")
    with pytest.raises(TerraformProblem, match="Nothing is deployed to local"):
        stages.current_outputs(project, environment)


def test_a_saved_plan_is_applied_unchanged(
    terraform: FakeTerraform, project: Project, environment: Environment, nothing_to_build: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "reviewed.tfplan"
    changes, path = stages.plan(project, environment, Console(), out)
    assert (changes, path) == (True, out)
    out.write_text("plan")
    stages.check_saved_plan(project, out, "local")
    before, builds = len(terraform.calls), len(nothing_to_build)
    deploy(project, environment, saved_plan=out)
    assert terraform.commands[before:] == ["show", "apply", "state", "output"]
    assert str(out) in terraform.calls[before + 1]
    assert len(nothing_to_build) == builds


def test_a_plan_whose_artefacts_were_built_anew_is_refused(
    project: Project, environment: Environment, tmp_path: Path
) -> None:
    out = tmp_path / "reviewed.tfplan"
    stages.plan(project, environment, Console(), out)
    out.write_text("plan")
    project.manifest.write_text('{"changed": true}')
    with pytest.raises(BuildProblem, match=r"has changed since reviewed\.tfplan") as caught:
        stages.check_saved_plan(project, out, "prod")
    assert caught.value.fix == f"python -m tools plan --env prod --out {out}"


def test_a_plan_that_is_not_there(project: Project) -> None:
    with pytest.raises(UsageProblem, match="There is no plan missing") as caught:
        stages.check_saved_plan(project, Path("missing"), "dev")
    assert caught.value.fix == "python -m tools plan --env dev --out missing"


def test_destroy_forgets_the_deployment(terraform: FakeTerraform, project: Project, environment: Environment) -> None:
    deploy(project, environment)
    stages.destroy(project, environment, Console())
    assert terraform.commands[-1] == "destroy"
    assert records.read(project, environment) is None


def test_without_terraform_nothing_is_started(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("localcloud.up", lambda _: pytest.fail("the local cloud was started"))
    with pytest.raises(MachineProblem, match="not on the PATH"):
        stages.reach(project, "local", None, Console())


def test_smoke_fails_by_the_names_of_its_checks(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.deployment.smoke import Check

    checks = [Check("POST", True, milliseconds=1.26)]
    monkeypatch.setattr("tools.deployment.smoke.Smoke.run", lambda self, report: checks)
    monkeypatch.setattr("tools.access.tokens.mint", lambda *_, **__: "token")
    assert stages.run_smoke(environment, OUTPUTS, Console()) == [{"name": "POST", "milliseconds": 1.3}]
    checks.append(Check("DELETE", False, "500"))
    with pytest.raises(SmokeProblem, match=r"1 of 2 smoke checks failed: DELETE\.") as caught:
        stages.run_smoke(environment, OUTPUTS, Console())
    assert caught.value.fix


def test_a_shared_page_says_how_to_switch_the_cache_off(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.deployment.smoke import CACHE_CHECK, Check

    monkeypatch.setattr("tools.deployment.smoke.Smoke.run", lambda self, report: [Check(CACHE_CHECK, False, "shared")])
    monkeypatch.setattr("tools.access.tokens.mint", lambda *_, **__: "token")
    with pytest.raises(SmokeProblem, match="one cached page") as caught:
        stages.run_smoke(environment, OUTPUTS, Console())
    assert caught.value.fix == (
        "set features.response_cache = false in local.tfvars, then: python -m tools deploy --env local"
    )


def test_what_is_kept_is_readable(terraform: FakeTerraform, project: Project, environment: Environment) -> None:
    deploy(project, environment)
    document = json.loads((project.state / "deployments" / "local.json").read_text())
    assert set(document) == {"fingerprint", "instance_id", "outputs", "endpoint"}
