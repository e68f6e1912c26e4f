"""Whoever knows one Terraform folder knows all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terraform.scratch import MODULES, ROOT
from tools.docs import moduledocs
from tools.project import Project

# The documented tree; a folder may hold more
NAMED = {
    "": ["main.tf", "variables.tf", "outputs.tf", "versions.tf"],
    "environments": ["local.tfvars", "dev.tfvars", "prod.tfvars"],
    "api-gateway": ["openapi.yaml", "rest-api.tf", "deployment.tf"],
    "functions": ["crud-api.tf", "authorizers.tf", "processors.tf", "scheduled.tf", "websocket.tf"],
    "layers": ["lambda-layers.tf"],
    "triggers": ["s3-triggers.tf", "dynamodb-streams.tf", "sqs-queues.tf", "eventbridge.tf", "sns-topics.tf"],
    "storage": ["dynamodb.tf", "s3.tf"],
    "monitoring": ["cloudwatch.tf"],
    "security": ["iam-roles.tf", "kms.tf", "secrets.tf"],
}
FOLDERS = ("", *MODULES)


def _configuration(folder: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).glob("*.tf")))


def _code(path: Path) -> str:
    return re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))


def test_all_modules_are_known() -> None:
    found = {
        path.parent.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/**/versions.tf")
        if "." not in str(path.parent.relative_to(ROOT))
    }
    assert found == set(MODULES)


@pytest.mark.parametrize("folder", NAMED)
def test_named_files_are_there(folder: str) -> None:
    assert [name for name in NAMED[folder] if not (ROOT / folder / name).is_file()] == []


@pytest.mark.parametrize("folder", MODULES)
def test_module_has_its_anatomy(folder: str) -> None:
    names = ["variables.tf", "outputs.tf", "versions.tf", "README.md", f"{Path(folder).name}.tftest.hcl"]
    assert [name for name in names if not (ROOT / folder / name).is_file()] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_variables_and_outputs_are_described(folder: str) -> None:
    blocks = moduledocs.read(ROOT / folder)
    assert blocks
    assert [block.name for block in blocks if not block.description] == []
    assert [block.name for block in blocks if block.kind == "variable" and "type" not in block.arguments] == []
    assert [block.name for block in blocks if block.kind == "output" and "value" not in block.arguments] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_variables_and_outputs_stand_in_their_files(folder: str) -> None:
    for kind, home in (("variable", "variables.tf"), ("output", "outputs.tf")):
        for path in (ROOT / folder).glob("*.tf"):
            blocks = [block for block in moduledocs.blocks(path.read_text(encoding="utf-8")) if block.kind == kind]
            assert path.name == home or not blocks


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_variable_is_used(folder: str) -> None:
    text = _configuration(folder)
    unused = [b.name for b in moduledocs.read(ROOT / folder) if b.kind == "variable" and f"var.{b.name}" not in text]
    assert unused == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_aws_is_the_only_provider(folder: str) -> None:
    assert set(re.findall(r'source\s*=\s*"([a-z0-9-]+/[a-z0-9-]+)"', _configuration(folder))) == {"hashicorp/aws"}


def test_the_root_only_composes() -> None:
    """Resources stand in the modules; the root's only one is the check of the build."""
    resources = re.findall(r'^resource "(\w+)" "(\w+)"', _configuration(""), re.MULTILINE)
    assert resources == [("terraform_data", "build")]


def test_emulators_are_known_in_one_place() -> None:
    uses = {
        path.relative_to(ROOT).as_posix(): len(re.findall(r"var\.emulator\b", code))
        for folder in FOLDERS
        for path in (ROOT / folder).glob("*.tf")
        if "var.emulator" in (code := _code(path)) and path.name != "variables.tf"
    }
    # emulator.tf decides what differs, build.tf which build is wanted; one more is a decision in the wrong place.
    assert uses == {"emulator.tf": 3, "build.tf": 1}


@pytest.mark.parametrize("folder", MODULES)
def test_no_module_knows_the_environments_name(folder: str) -> None:
    """A function's `environment` is its settings."""
    names = {block.name for block in moduledocs.read(ROOT / folder) if block.kind == "variable"}
    own = {"environment"} if folder == "functions/function" else set()
    assert (names - own).isdisjoint({"environment", "env", "stage", "emulator"})


def test_every_method_setting_has_both_throttles() -> None:
    """One without them would lift the throttle of its methods, wherever it stands."""
    settings = re.findall(
        r'^resource "aws_api(?:gatewayv2_stage|_gateway_method_settings)" "(\w+)" \{\n(.*?)^\}',
        _configuration("api-gateway") + _configuration("api-gateway/websocket"),
        re.MULTILINE | re.DOTALL,
    )
    assert settings
    limits = ("throttling_rate_limit", "throttling_burst_limit")
    assert [name for name, body in settings if not all(limit in body for limit in limits)] == []


def test_every_event_source_mapping_repeats_only_what_failed() -> None:
    mappings = re.findall(
        r'^resource "aws_lambda_event_source_mapping" "(\w+)" \{\n(.*?)^\}',
        _configuration("triggers"),
        re.MULTILINE | re.DOTALL,
    )
    assert mappings
    assert [name for name, body in mappings if '["ReportBatchItemFailures"]' not in body] == []


def test_every_target_of_a_rule_keeps_what_it_cannot_deliver() -> None:
    targets = re.findall(
        r'^resource "aws_cloudwatch_event_target" "(\w+)" \{\n(.*?)^\}',
        _configuration("triggers"),
        re.MULTILINE | re.DOTALL,
    )
    assert targets
    assert [name for name, body in targets if "retry_policy {" not in body or "dead_letter_config {" not in body] == []


def test_every_domain_event_has_a_rule() -> None:
    kinds = re.search(r"kinds = \{\n(.*?)\n  \}", _configuration("triggers"), re.DOTALL)
    source = (ROOT / "lambda_src" / "domain" / "item_events.py").read_text(encoding="utf-8")
    named = re.findall(r'^[A-Z_]+ = "([A-Z]\w+)"$', source, re.MULTILINE)
    assert kinds is not None
    assert sorted(re.findall(r'"(\w+)"', kinds[1])) == sorted(named)


def test_readmes_show_what_is_there() -> None:
    assert moduledocs.check(Project(ROOT)) == [], "run: python -m tools docs"
