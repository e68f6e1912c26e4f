"""Going on from half-made deployments: a stand-in for Terraform, and moto for what exists already."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.toolkit.conftest import FakeTerraform
from tools.access.environments import Environment
from tools.access.listing import everything
from tools.deployment import deploy as stages
from tools.deployment import record as records
from tools.deployment.recovery import going_on
from tools.deployment.recovery.existing import Existing, existing
from tools.deployment.recovery.orphans import Known
from tools.deployment.recovery.planned import Planned, planned
from tools.deployment.recovery.state import repair
from tools.deployment.terraform.problems import Taken
from tools.errors import CloudProblem, TerraformProblem
from tools.project import Project
from tools.terminal.console import Console

TAGS = {"Project": "starter", "Environment": "local"}
TABLE = "module.storage.aws_dynamodb_table.items"
REFUSED = {
    "type": "diagnostic",
    "diagnostic": {
        "severity": "error",
        "summary": "creating AWS DynamoDB Table (items): ResourceInUseException: Table already exists: items",
        "address": TABLE,
    },
}
# Keeps the import blocks of each plan, and refuses each apply until one was made with them.
PLANNING = 'cat recovery-imports.tf >> "$here/imports" 2>/dev/null && touch "$here/taken-over"\n'
REFUSING = f"""[ -f "$here/taken-over" ] || {{ echo '{json.dumps(REFUSED)}'; exit 1; }}\n"""


def _client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1")


def _change(address: str, values: dict[str, Any], *actions: str, **more: Any) -> dict[str, Any]:
    kind = address.split(".")[-2]
    change = {"actions": list(actions) or ["create"], "after": values, "after_unknown": {}, **more}
    return {"address": address, "type": kind, "mode": "managed", "change": change}


def _table(name: str = "items") -> None:
    _client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let moto stand in for the emulator, and let there be nothing to build."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(going_on, "client", lambda _, service: _client(service))
    monkeypatch.setattr(stages, "run_build", lambda *_: None)
    with mock_aws():
        yield


@pytest.fixture
def refused(terraform: FakeTerraform, cloud: None) -> FakeTerraform:
    """A Terraform whose plan makes a table that exists."""
    _table()
    terraform.says("show", json.dumps({"resource_changes": [_change(TABLE, {"name": "items"})]}))
    terraform.says("plan", code=2, script=PLANNING)
    terraform.says("apply", script=REFUSING)
    return terraform


def _deploy(project: Project, environment: Environment, **options: Any) -> None:
    stages.deploy(project, environment, Console(), **options)


def test_what_an_apply_is_refused_for_is_taken_over_and_the_apply_goes_on(
    refused: FakeTerraform, project: Project, local: Environment, capsys: Any
) -> None:
    # What is taken over is in the state then, and the next plan does not make it.
    refused.says("plan", code=2, script=PLANNING + '[ -f "$here/taken-over" ] && echo "{}" > "$here/show.out"\n')
    _deploy(project, local)
    assert refused.commands == [
        *("version", "init", "plan", "apply"),
        *("plan", "show", "plan", "show", "apply"),
        *("state", "output"),
    ]
    assert (refused.folder / "imports").read_text() == f'import {{\n  to = {TABLE}\n  id = "items"\n}}\n'
    assert f"taken over: {TABLE} (items)." in capsys.readouterr().err
    assert not (project.root / going_on.IMPORTS).exists()


def test_after_a_deployment_that_did_not_finish_nothing_is_made_twice(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    refused.says("plan", code=2, script=PLANNING + '[ -f "$here/taken-over" ] && echo "{}" > "$here/show.out"\n')
    records.begin(project, local)
    _deploy(project, local)
    assert refused.commands.count("apply") == 1
    assert refused.commands.index("show") < refused.commands.index("apply")


def test_rounds_have_an_end(refused: FakeTerraform, project: Project, local: Environment) -> None:
    refused.says("apply", REFUSED, code=1, script="true\n")
    with pytest.raises(Taken) as caught:
        _deploy(project, local)
    assert refused.commands.count("apply") == going_on.ROUNDS
    assert "docs/local-cloud.md" in caught.value.fix


def test_what_cannot_be_found_is_told_at_once(refused: FakeTerraform, project: Project, local: Environment) -> None:
    _client("dynamodb").delete_table(TableName="items")
    with pytest.raises(Taken, match="Table already exists"):
        _deploy(project, local)
    assert refused.commands.count("apply") == 1


def test_another_failure_is_no_reason_to_look(refused: FakeTerraform, project: Project, local: Environment) -> None:
    refused.says(
        "apply", {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No"}}, code=1, script="\n"
    )
    with pytest.raises(TerraformProblem, match="No"):
        _deploy(project, local)
    assert "show" not in refused.commands


def test_on_aws_nothing_is_taken_over_and_the_command_is_told(
    refused: FakeTerraform, project: Project, aws: Environment
) -> None:
    environment = replace(aws, variables={**os.environ, **aws.variables, "TF_WORKSPACE": "dev"})
    with pytest.raises(Taken) as caught:
        _deploy(project, environment)
    assert refused.commands == ["version", "init", "plan", "apply", "show"]
    assert (refused.folder / "imports").read_text() == ""
    assert caught.value.fix.startswith(
        f"TF_WORKSPACE=dev terraform import -var-file=environments/dev.tfvars {TABLE} items, "
    )


def test_somebody_elses_deployment_is_not_taken_over(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    elsewhere = replace(local, instance_id=None, endpoint="http://127.0.0.1:4566")
    for _ in range(2):
        with pytest.raises(CloudProblem, match="already, and not from this checkout") as caught:
            _deploy(project, elsewhere)
    assert "apply" not in refused.commands
    assert caught.value.fix.endswith("deploy --env local --endpoint-url http://127.0.0.1:4566 --adopt")
    refused.says("plan", code=2, script=PLANNING + '[ -f "$here/taken-over" ] && echo "{}" > "$here/show.out"\n')
    _deploy(project, elsewhere, adopt=True)
    assert refused.commands.count("apply") == 1


def test_what_this_checkout_has_begun_elsewhere_is_its_own(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    elsewhere = replace(local, instance_id=None, endpoint="http://127.0.0.1:4566")
    refused.says("plan", code=2, script=PLANNING + '[ -f "$here/taken-over" ] && echo "{}" > "$here/show.out"\n')
    records.begin(project, elsewhere)
    _deploy(project, elsewhere)
    refused.says("show", json.dumps({"resource_changes": [_change(TABLE, {"name": "items"})]}))
    refused.says("plan", code=2, script="true\n")
    with pytest.raises(CloudProblem):
        _deploy(project, replace(elsewhere, endpoint="http://127.0.0.1:4568"))


def test_import_blocks_that_a_killed_run_left_are_removed(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    (project.root / going_on.IMPORTS).write_text("import {}\n")
    refused.says("apply", script="true\n")
    _deploy(project, local)
    assert (refused.folder / "imports").read_text() == ""


def test_an_id_is_no_template() -> None:
    assert going_on._quoted('a"${b}%{c}') == '"a\\"$${b}%%{c}"'


def test_a_plan_is_read_for_what_it_makes() -> None:
    document = {
        "resource_changes": [
            _change("aws_sqs_queue.made", {"name": "q", "url": None}, after_unknown={"url": True, "tags": {}}),
            _change("aws_sqs_queue.replaced", {"name": "q"}, "delete", "create"),
            _change("aws_sqs_queue.updated", {"name": "q"}, "update"),
            _change("aws_sqs_queue.imported", {"name": "q"}, importing={"id": "x"}),
            _change("data.aws_region.current", {}) | {"mode": "data"},
        ]
    }
    assert planned(document) == [Planned("aws_sqs_queue.made", "aws_sqs_queue", {"name": "q"})]


def test_what_is_not_known_or_not_there_does_not_exist(cloud: None) -> None:
    _table()
    wanted = [
        Planned("a", "aws_dynamodb_table", {"name": "items"}),
        Planned("b", "aws_dynamodb_table", {"name": "other"}),
        Planned("c", "aws_apigatewayv2_route", {"route_key": "$default"}),
        Planned("d", "aws_s3_bucket_policy", {"bucket": "items"}),
        Planned("e", "aws_dynamodb_table", {"name": "items"}),
    ]
    assert existing(_client, wanted) == [Existing("a", "aws_dynamodb_table", "items")]


# The state file of a run that could not finish writing it.

LINEAGE = "7c2b"


def _state(serial: int, *, environment: str = "local", lineage: str = LINEAGE) -> str:
    values = {"id": "items", "tags_all": TAGS | {"Environment": environment}}
    resource = {"mode": "managed", "type": "aws_dynamodb_table", "instances": [{"attributes": values}]}
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": [resource]})


@pytest.mark.parametrize("cut", ["", _state(3)[:100]], ids=["empty", "cut off"])
def test_a_state_that_was_cut_off_is_taken_from_its_backup(
    project: Project, local: Environment, cut: str, capsys: Any
) -> None:
    path = records.state_file(project, local)
    path.parent.mkdir(parents=True)
    path.write_text(cut)
    path.with_name("terraform.tfstate.backup").write_text(_state(2))
    assert repair(project, local, Console())
    assert path.read_text() == _state(2)
    assert path.with_name("terraform.tfstate.damaged").read_text() == cut
    assert "taken from terraform.tfstate.backup" in capsys.readouterr().err
    assert not repair(project, local, Console())


def test_a_state_that_was_cut_off_before_there_was_a_backup_is_begun_anew(project: Project, local: Environment) -> None:
    path = records.state_file(project, local)
    path.parent.mkdir(parents=True)
    path.write_text(_state(3)[:100])
    assert repair(project, local, Console())
    assert not path.exists()


def test_an_empty_state_alone_is_what_a_run_leaves_that_made_nothing(project: Project, local: Environment) -> None:
    path = records.state_file(project, local)
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert not repair(project, local, Console())


@pytest.mark.parametrize(
    ("left", "taken"),
    [
        (_state(9), True),
        (_state(3), False),
        (_state(9, lineage="of another"), False),
        (_state(9, environment="dev"), False),
        (_state(9)[:100], False),
    ],
    ids=["newer", "older", "another lineage", "another environment", "cut off"],
)
def test_what_an_apply_could_not_save_is_saved(project: Project, local: Environment, left: str, taken: bool) -> None:
    path, errored = records.state_file(project, local), project.root / "errored.tfstate"
    path.parent.mkdir(parents=True)
    path.write_text(_state(5))
    errored.write_text(left)
    assert repair(project, local, Console()) == taken
    assert path.read_text() == (left if taken else _state(5))
    assert errored.exists() != taken


def test_on_aws_a_person_decides_about_the_state(project: Project, aws: Environment) -> None:
    path = records.state_file(project, aws)
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(TerraformProblem, match="is damaged") as caught:
        repair(project, aws, Console())
    assert "put a copy of it back" in caught.value.fix
    path.with_name("terraform.tfstate.backup").write_text(_state(2, environment="dev"))
    with pytest.raises(TerraformProblem) as caught:
        repair(project, aws, Console())
    assert caught.value.fix.startswith("cp terraform.tfstate.d/dev/terraform.tfstate.backup terraform.tfstate.d/dev/")
    path.write_text(_state(5, environment="dev"))
    (project.root / "errored.tfstate").write_text(_state(6, environment="dev"))
    with pytest.raises(TerraformProblem, match="could not save") as caught:
        repair(project, aws, Console())
    assert caught.value.fix.startswith("TF_WORKSPACE=dev terraform state push errored.tfstate")
    assert path.read_text() == _state(5, environment="dev")


def test_a_lost_state_is_looked_for_before_anything_is_made(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    """Without a record, too: what is there already must not be made twice."""
    path = records.state_file(project, local)
    path.parent.mkdir(parents=True)
    path.write_text(_state(3)[:100])
    refused.says("plan", code=2, script=PLANNING + '[ -f "$here/taken-over" ] && echo "{}" > "$here/show.out"\n')
    _deploy(project, local)
    assert refused.commands.count("apply") == 1


def test_destroy_removes_what_terraform_does_not_know_of(
    refused: FakeTerraform, project: Project, local: Environment, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    known: list[Known] = []

    def no_orphans(_: Any, *asked: Known) -> list[Existing]:
        known.extend(asked)
        return []

    monkeypatch.setattr(going_on, "orphans", no_orphans)
    refused.says("show", json.dumps({"resource_changes": [_change(TABLE, {"name": "items", "tags_all": TAGS})]}))
    refused.says("plan", code=2, script="true\n")
    _table("of-somebody-else")
    records.begin(project, local)
    stages.destroy(project, local, Console())
    assert everything(_client("dynamodb"), "list_tables") == ["of-somebody-else"]
    assert known == [Known(TAGS), Known()], "the tags are the plan's where the state has none"
    assert "Left by a run that was cut off, and removed: " in capsys.readouterr().err
    assert refused.commands[-1] == "destroy"


def test_destroy_elsewhere_removes_nothing_that_it_has_not_made(
    refused: FakeTerraform, project: Project, local: Environment
) -> None:
    stages.destroy(project, replace(local, instance_id=None), Console())
    assert everything(_client("dynamodb"), "list_tables") == ["items"]
    assert refused.commands == ["version", "init", "destroy"]
