"""Going on from half-made states, with Terraform itself and the local cloud, on one resource of each type."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

import localcloud
from tests.integration.sweep import Inventory, inventory, leftovers, of_deployment
from tests.localcloud.conftest import free_project
from tools.access.clients import client
from tools.access.environments import Environment, on_local_cloud
from tools.deployment import deploy as stages
from tools.deployment import record as records
from tools.deployment.recovery.kinds import AGAIN, KINDS
from tools.project import Project, find_project
from tools.terminal.console import Console

ROOT = find_project().root
_RESOURCE = re.compile(r'^resource "(\w+)"', re.MULTILINE)
# X-Ray has no emulator.
NOT_HERE = {"aws_xray_group", "aws_xray_sampling_rule"}


def _types(text: str) -> set[str]:
    return set(_RESOURCE.findall(text))


def test_it_is_known_of_each_type_what_to_do_when_it_exists() -> None:
    files = [path for path in ROOT.rglob("*.tf") if ".terraform" not in path.parts]
    used = set().union(*(_types(path.read_text(encoding="utf-8")) for path in files))
    assert used == {*KINDS, *AGAIN}
    assert not set(KINDS) & set(AGAIN)


def test_each_type_that_can_be_found_is_tried() -> None:
    tried = _types((ROOT / "tests" / "terraform" / "each-type.hcl").read_text(encoding="utf-8"))
    assert set(KINDS) - tried == NOT_HERE


def _different(change: dict[str, Any]) -> dict[str, Any]:
    before, after = change["before"] or {}, change["after"] or {}
    return {key: (before.get(key), after[key]) for key in after if before.get(key) != after[key]}


class Trial:
    """A small deployment on a local cloud of its own."""

    def __init__(self, project: Project, code: bytes) -> None:
        self.code = code
        self.project = project
        self.environment: Environment = on_local_cloud(project, localcloud.up(project))
        self.state = records.state_file(project, self.environment)

    def aws(self, service: str) -> Any:
        return client(self.environment, service)

    def deploy(self, **options: Any) -> None:
        done = stages.deploy(self.project, self.environment, Console(), **options)
        stages.keep_record(self.project, self.environment, done.outputs)

    def lose_state(self) -> None:
        """Leave the state as a full disk does, and no backup of it."""
        self.state.write_bytes(b"")
        self.state.with_name("terraform.tfstate.backup").unlink(missing_ok=True)

    def deploy_until(self, line: str) -> None:
        """Deploy from another process, and kill that as soon as it says so; Terraform itself is left to its fate."""
        program = (
            "import sys; from pathlib import Path; import localcloud; from tools import deploy as stages;"
            "from tools.terminal.console import Console; from tools.access.environments import on_local_cloud;"
            "from tools.project import Project; project = Project(Path(sys.argv[1]));"
            "stages.run_build = lambda *_: None;"
            "stages.deploy(project, on_local_cloud(project, localcloud.up(project)), Console())"
        )
        command = [sys.executable, "-c", program, str(self.project.root)]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as killed:
            assert killed.stderr is not None
            assert any(line in said for said in killed.stderr), "it ended before"
            killed.kill()

    def changes(self) -> list[str]:
        """Return what a plan would still change; none after a whole deployment."""
        found, path = stages.plan(self.project, self.environment, Console())
        shown = stages.terraform_of(self.project, self.environment).show(path) if found else {}
        changes = [change for change in shown.get("resource_changes", []) if change["change"]["actions"] != ["no-op"]]
        # After any first apply MiniStack answers settings of a stage that were left out as empty ones.
        return [f"{one['address']}: {_different(one['change'])}" for one in changes if "_stage." not in one["address"]]

    def inventory(self) -> Inventory:
        return inventory(self.aws)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    root = tmp_path_factory.mktemp("trial")
    shutil.copy(ROOT / "tests" / "terraform" / "each-type.hcl", root / "main.tf")
    shutil.copy(ROOT / ".terraform.lock.hcl", root)
    (root / "environments").mkdir()
    (root / "environments" / "local.tfvars").write_text('environment = "local"\n')
    (root / "build").mkdir()
    (root / "build" / "manifest.json").write_text("{}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    (root / "code.zip").write_bytes(packed.getvalue())
    project = free_project(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "run_build", lambda *_: None)
        try:
            made = Trial(project, packed.getvalue())
            made.deploy()
            made.aws("dynamodb").put_item(TableName="starter-local-items", Item={"id": {"S": "kept"}})
            yield made
        finally:
            localcloud.down(project)


def _names(found: Inventory) -> dict[str, list[str]]:
    """Return the names without ids and versions, so that one that was made anew is the same."""
    return {
        kind: sorted(re.sub(r"( [0-9a-f-]+|:\d+)$", "", name) for name in names)
        for kind, names in found.items()
        if kind != "event source mappings"
    } | {"mappings": [str(len(found["event source mappings"]))]}


def _keeps_its_item(trial: Trial) -> bool:
    return "Item" in trial.aws("dynamodb").get_item(TableName="starter-local-items", Key={"id": {"S": "kept"}})


@pytest.mark.full
def test_a_state_that_was_lost_is_made_anew_from_what_exists(trial: Trial, capsys: Any) -> None:
    before = trial.inventory()
    trial.lose_state()
    records.begin(trial.project, trial.environment)
    trial.deploy()
    assert "Made already by a run that was cut off, and taken over: " in capsys.readouterr().err
    assert _names(trial.inventory()) == _names(before), "something was made twice, or lost"
    assert trial.inventory()["APIs"] == before["APIs"], "what exists is taken over, and not made again"
    assert _keeps_its_item(trial)
    assert trial.changes() == []


@pytest.mark.full
def test_an_apply_that_is_refused_takes_over_what_is_in_its_way(trial: Trial, capsys: Any) -> None:
    """As where a lost answer is seen in the same run: Terraform's plan knew of nothing."""
    before = trial.inventory()
    trial.lose_state()
    records.forget(trial.project, trial.environment)
    trial.deploy()
    said = capsys.readouterr().err
    assert "  FAILED aws_dynamodb_table.items" in said
    assert "Made already by a run that was cut off, and taken over: " in said
    assert "Left by a run that was cut off, and removed: " in said, "what has no name was made twice"
    assert _names(trial.inventory()) == _names(before)
    assert _keeps_its_item(trial)
    assert trial.changes() == []


@pytest.mark.full
def test_a_deployment_that_was_killed_goes_on(trial: Trial) -> None:
    before = trial.inventory()
    stages.destroy(trial.project, trial.environment, Console())
    trial.deploy_until("create aws_dynamodb_table.items")
    trial.deploy()
    assert _names(trial.inventory()) == _names(before)
    assert trial.changes() == []


@pytest.mark.full
def test_what_was_made_twice_is_removed_and_what_is_somebody_elses_is_not(trial: Trial) -> None:
    ours = {"Project": "starter", "Environment": "local"}
    theirs = [{"Project": "starter", "Environment": "locals"}, {"Environment": "local"}, {}]
    before = trial.inventory()
    kms, gateway, functions = trial.aws("kms"), trial.aws("apigateway"), trial.aws("lambda")
    for tags in (ours, *theirs):
        kms.create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])
        gateway.create_rest_api(name="starter-local-items", tags=tags)
        gateway.create_usage_plan(name="starter-local-clients", tags=tags)
        trial.aws("apigatewayv2").create_api(
            Name="w", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action", Tags=tags
        )
    functions.publish_layer_version(LayerName="starter-local-base", Content={"ZipFile": trial.code})
    functions.publish_layer_version(LayerName="starter-local-base-2", Content={"ZipFile": trial.code})
    code = trial.project.root / "main.tf"
    code.write_text(code.read_text().replace("visibility_timeout_seconds = 60", "visibility_timeout_seconds = 61"))
    trial.deploy()
    left = leftovers(trial.aws, before)
    assert {kind: len(names) for kind, names in left.items()} == {
        "keys": 3,
        "APIs": 3,
        "usage plans": 3,
        "WebSocket APIs": 3,
        "layer versions": 1,
    }
    for api in left["APIs"]:
        gateway.delete_rest_api(restApiId=api.split()[-1])
    for plan in left["usage plans"]:
        gateway.delete_usage_plan(usagePlanId=plan.split()[-1])
    functions.delete_layer_version(LayerName="starter-local-base-2", VersionNumber=1)


@pytest.mark.full
def test_destroy_removes_what_the_state_does_not_know(trial: Trial) -> None:
    """Last: whatever is left belongs to somebody else."""
    trial.lose_state()
    records.begin(trial.project, trial.environment)
    stages.destroy(trial.project, trial.environment, Console())
    left = trial.inventory()
    assert of_deployment(left, "starter-local") == []
    assert [name for name in left["keys"] if name.startswith("starter-local")] == []
    assert left["event source mappings"] == set()
