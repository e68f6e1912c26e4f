"""What was deployed last, and what counts as a change since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools.access.environments import Environment
from tools.deployment import record as records
from tools.project import Project


@pytest.fixture
def deployed(project: Project, local: Environment) -> Project:
    """Return the project with a local state."""
    state = records.state_file(project, local)
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    return project


def test_nothing_changed_nothing_differs(deployed: Project, local: Environment) -> None:
    before = records.fingerprint(deployed, local)
    for path in deployed.root.rglob("*"):
        path.touch()
    assert records.fingerprint(deployed, local) == before


@pytest.mark.parametrize(
    "path",
    [
        "main.tf",
        "new.tf",
        "prices.auto.tfvars",
        "terraform.tfvars",
        "storage/dashboard.json",
        ".terraform.lock.hcl",
        "environments/local.tfvars",
        "storage/dynamodb.tf",
        "functions/function/main.tf",
        "security/permissions.yaml",
        "api-gateway/openapi.yaml",
        "build/manifest.json",
        "terraform.tfstate.d/local/terraform.tfstate",
    ],
)
def test_every_file_that_decides_a_deployment_changes_the_fingerprint(
    deployed: Project, local: Environment, path: str
) -> None:
    before = records.fingerprint(deployed, local)
    with (deployed.root / path).open("a") as file:
        file.write("# changed\n")
    assert records.fingerprint(deployed, local) not in {None, before}


def test_a_renamed_file_changes_the_fingerprint(deployed: Project, local: Environment) -> None:
    before = records.fingerprint(deployed, local)
    (deployed.root / "storage" / "dynamodb.tf").rename(deployed.root / "storage" / "tables.tf")
    assert records.fingerprint(deployed, local) != before


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "storage/README.md",
        "environments/dev.tfvars",
        "docs/x.json",
        ".local/x.tf",
        ".terraform/modules/m/x.tf",
        "build/x.tf",
    ],
)
def test_other_files_do_not(deployed: Project, local: Environment, path: str) -> None:
    before = records.fingerprint(deployed, local)
    (deployed.root / path).parent.mkdir(parents=True, exist_ok=True)
    (deployed.root / path).write_text("# changed\n")
    assert records.fingerprint(deployed, local) == before


def test_variables_the_endpoint_and_the_clouds_id_change_the_fingerprint(deployed: Project, local: Environment) -> None:
    others = [
        local,
        replace(local, instance_id="two"),
        replace(local, endpoint="http://127.0.0.1:10"),
        replace(local, variables={**local.variables, "TF_VAR_project": "shop"}),
        replace(local, variables={**local.variables, "AWS_REGION": "us-east-1"}),
    ]
    assert len({records.fingerprint(deployed, environment) for environment in others}) == len(others)


def test_without_a_local_state_only_terraform_can_tell(project: Project, local: Environment) -> None:
    assert records.fingerprint(project, local) is None


def test_a_record_is_read_as_it_was_written(project: Project, local: Environment) -> None:
    record = records.Record("f" * 64, "one", {"api_url": "http://x"})
    records.write(project, local, record)
    assert records.read(project, local) == record
    records.forget(project, local)
    assert records.read(project, local) is None
    records.forget(project, local)


@pytest.mark.parametrize(
    "content", ["", "{{{", "null", "[]", "{}", '{"fingerprint": 1, "instance_id": 2, "outputs": []}', '{"more": 1}']
)
def test_a_damaged_record_is_none(project: Project, local: Environment, content: str) -> None:
    records.write(project, local, records.Record("f", "one", {}))
    (file,) = (project.state / "deployments").iterdir()
    file.write_text(content)
    assert records.read(project, local) is None


def test_a_deployment_under_way_matches_nothing_and_knows_its_cloud(deployed: Project, local: Environment) -> None:
    records.begin(deployed, local)
    record = records.read(deployed, local)
    assert record is not None
    assert record.instance_id == "one"
    assert record.fingerprint != records.fingerprint(deployed, local)


def test_a_record_replaces_the_one_before_in_one_step(project: Project, local: Environment) -> None:
    records.write(project, local, records.Record("a", "one", {}))
    records.write(project, local, records.Record("b", "one", {}))
    assert [path.name for path in Path(project.state / "deployments").iterdir()] == ["local.json"]
