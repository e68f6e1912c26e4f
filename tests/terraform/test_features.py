"""A feature that is left out is not made, nobody is told of it, and nobody has rights to it; all else is as it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.scratch import MODULES, ROOT, Outcome

pytestmark = pytest.mark.job("features")

# What each feature is made of, by the beginning of addresses; of a resource that stays, what is different stands below.
MADE_OF = {
    "websocket": {
        "module.api_gateway.module.websocket[0].",
        'module.storage.module.table["connections"]',
        *(
            f'{place}["{function}"]'
            for function in re.findall(r'"(websocket-[a-z]+)"', (ROOT / "features.tf").read_text(encoding="utf-8"))
            for place in (
                "module.functions.module.function",
                "module.monitoring.aws_cloudwatch_log_group.function",
                "module.security.aws_iam_role.function",
                "module.security.aws_iam_role_policy.calls",
                "module.security.aws_iam_role_policy.services",
            )
        ),
    },
    "response_cache": {"module.api_gateway.aws_api_gateway_method_settings.cached"},
    "waf": {"module.api_gateway.aws_wafv2_web_acl.", "module.api_gateway.aws_wafv2_web_acl_association."},
    "tracing_rules": {"module.monitoring.aws_xray_sampling_rule.", "module.monitoring.aws_xray_group."},
    "event_archive": {"module.triggers.aws_cloudwatch_event_archive."},
}
FOREIGN = ("aws_apigatewayv2_", "aws_wafv2_", "aws_xray_", "aws_cloudwatch_event_archive")
ALONE = [f"without_{feature}" for feature in MADE_OF]


def _made(outcome: Outcome, run: str, *types: str) -> dict[str, dict[str, Any]]:
    """Return the arguments of what a run would make, by address."""
    return {
        each["address"]: each["change"]["after"]
        for each in outcome.planned[run]
        if each["mode"] == "managed" and each["type"].startswith(types or "")
    }


def _everything(outcome: Outcome) -> set[str]:
    return {address for run in ALONE for address in _made(outcome, run)}


def _part_of(feature: str, address: str) -> bool:
    return any(address.startswith(beginning) for beginning in MADE_OF[feature])


def test_each_run_passes(outcome: Outcome) -> None:
    assert outcome.failures == ""
    assert set(outcome.statuses) == {*ALONE, "nothing", "rules_without_traces"}


def test_the_features_are_those_of_the_variable() -> None:
    text = (ROOT / "variables.tf").read_text(encoding="utf-8")
    block = re.search(r'^variable "features" \{.*?^\}', text, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert re.findall(r"^    (\w+) += optional\(bool, (?:true|false)\)$", block[0], re.MULTILINE) == list(MADE_OF)
    assert re.findall(r"^    (\w+): ", block[0], re.MULTILINE) == list(MADE_OF), "each is described"


@pytest.mark.parametrize("feature", MADE_OF)
def test_left_out_alone_it_and_nothing_else_is_missing(feature: str, outcome: Outcome) -> None:
    everything = _everything(outcome)
    missing = everything - set(_made(outcome, f"without_{feature}"))
    assert missing == {address for address in everything if _part_of(feature, address)}
    assert all(any(address.startswith(part) for address in missing) for part in MADE_OF[feature])


def test_without_any_all_of_them_are_missing(outcome: Outcome) -> None:
    made = set(_made(outcome, "nothing"))
    assert not [address for address in made if any(_part_of(feature, address) for feature in MADE_OF)]
    assert _everything(outcome) - made == {
        address for address in _everything(outcome) if any(_part_of(feature, address) for feature in MADE_OF)
    }
    assert _made(outcome, "nothing", *FOREIGN) == {}


def test_rules_are_made_where_traces_begin(outcome: Outcome) -> None:
    assert _made(outcome, "rules_without_traces", "aws_xray_") == {}


def test_the_cache_is_left_out_of_the_stage(outcome: Outcome) -> None:
    def stage(run: str) -> dict[str, Any]:
        [found] = _made(outcome, run, "aws_api_gateway_stage").values()
        return found

    assert [stage("without_waf")[key] for key in ("cache_cluster_enabled", "cache_cluster_size")] == [True, "0.5"]
    assert not stage("without_response_cache")["cache_cluster_enabled"]


@pytest.mark.parametrize("run", [*ALONE, "nothing"])
def test_no_policy_has_a_statement_about_nothing(run: str, outcome: Outcome) -> None:
    policies = {
        address: values["policy"]
        for address, values in _made(outcome, run, "aws_iam_role_policy").items()
        if "policy" in values
    }
    assert len(policies) > 20
    for address, policy in policies.items():
        statements = json.loads(policy)["Statement"]
        assert statements, address
        assert all(statement["Resource"] for statement in statements), address


@pytest.mark.parametrize("run", [*ALONE, "nothing"])
def test_no_function_is_told_nothing(run: str, outcome: Outcome) -> None:
    functions = _made(outcome, run, "aws_lambda_function")
    named = {address: values for address, values in functions.items() if "environment" in values}
    assert len(named) >= 14
    for address, values in named.items():
        [environment] = values["environment"]
        assert environment["variables"]
        assert all(value for value in environment["variables"].values()), address


def test_nobody_is_told_of_connections_or_has_rights_to_them_without_a_websocket_api(outcome: Outcome) -> None:
    for run in ("without_websocket", "nothing"):
        for address, values in _made(outcome, run, "aws_lambda_function", "aws_iam_role_policy", "aws_kms_key").items():
            text = json.dumps([values.get("environment"), values.get("policy")])
            assert not re.search(r"connections|websocket|execute-api|_ENDPOINT", text, re.IGNORECASE), address


# -- Where features are read


def _code(path: Path) -> str:
    return re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))


def _carriers(feature: str) -> list[tuple[str, str]]:
    """Return the inputs of modules that a feature's value goes into, as (folder, input)."""
    root = "\n".join(_code(path) for path in sorted(ROOT.glob("*.tf")))
    flag = rf"var\.features\.{feature}\b"
    named = [name for name, value in re.findall(r"^  (\w+) += (.*)$", root, re.MULTILINE) if re.search(flag, value)]
    carried = "|".join([flag, *(rf"local\.{name}\b" for name in named)])
    found = []
    for folder, block in re.findall(r'^module "\w+" \{\n  source = "\./(.*?)"\n(.*?)^\}', root, re.M | re.S):
        inputs = re.findall(r"^  (\w+) += (.*)$", block, re.MULTILINE)
        found += [(folder, name) for name, value in inputs if name != "count" and re.search(carried, value)]
    return found


@pytest.mark.parametrize("feature", MADE_OF)
def test_a_feature_is_read_in_one_file_beside_the_roots(feature: str) -> None:
    """What a feature decides may go on as data: who uses connections is told of them and may, or neither."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder, name in _carriers(feature)
        for path in (ROOT / folder).glob("*.tf")
        if re.search(rf"\bvar\.{name}\b", _code(path))
    }
    data = (
        {"api-gateway/websocket.tf", "functions/main.tf", "security/iam-roles.tf"} if feature == "websocket" else set()
    )
    assert data <= readers
    assert len(readers - data) == 1


def test_only_the_root_knows_of_features() -> None:
    for folder in MODULES:
        for path in (ROOT / folder).glob("*.tf"):
            assert "features" not in _code(path), path
