"""What has to be there first: a mistake in the order is a race, which a deployment mostly wins."""

from __future__ import annotations

import re

import pytest

from tests.terraform.scratch import MODULES, ROOT

_BLOCK = re.compile(r'^(?:resource|output|module) "[^\n]*\{\n.*?^\}', re.MULTILINE | re.DOTALL)
_HEAD = re.compile(r'^(resource|output|module) "(\w+)"(?: "(\w+)")?')

# Why each waits stands beside it in the configuration.
WAITS = {
    "api-gateway": {
        "aws_api_gateway_stage.prod": ["aws_api_gateway_account.this", "aws_cloudwatch_log_group.execution"],
        "module.websocket": ["aws_api_gateway_account.this"],
    },
    "api-gateway/websocket": {
        "aws_apigatewayv2_deployment.this": ["aws_apigatewayv2_route.this", "aws_apigatewayv2_route_response.this"],
        "aws_apigatewayv2_stage.this": ["aws_cloudwatch_log_group.execution"],
    },
    "security": {
        "output.role_arns": ["aws_iam_role_policy.calls", "aws_iam_role_policy.services"],
        "output.api_gateway_logging_role": ["aws_iam_role_policy_attachment.gateway_logging"],
    },
    "storage/bucket": {
        "aws_s3_bucket_lifecycle_configuration.this": ["aws_s3_bucket_versioning.this"],
        "output.name": [
            "aws_s3_bucket_server_side_encryption_configuration.this",
            "aws_s3_bucket_versioning.this",
        ],
    },
    "triggers": {
        "aws_s3_bucket_notification.objects": ["aws_lambda_permission.invoke"],
        "aws_cloudwatch_event_target.schedule": ["aws_lambda_permission.invoke"],
    },
}


def _blocks(folder: str) -> dict[str, str]:
    """Return the text of every resource and output of a folder, by its address."""
    found = {}
    for path in sorted((ROOT / folder).glob("*.tf")):
        for text in _BLOCK.findall(path.read_text(encoding="utf-8")):
            head = _HEAD.match(text)
            assert head is not None
            kind, first, second = head.groups()
            found[f"{first}.{second}" if kind == "resource" else f"{kind}.{first}"] = text
    return found


def _waits(text: str) -> list[str]:
    listed = re.search(r"^  depends_on\s*= \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    return sorted(each.strip() for each in listed[1].split(",") if each.strip()) if listed else []


@pytest.mark.parametrize("folder", MODULES)
def test_what_is_said_to_wait_waits(folder: str) -> None:
    waits = {address: waits for address, text in _blocks(folder).items() if (waits := _waits(text))}
    assert waits == WAITS.get(folder, {})


def test_whatever_starts_a_function_waits_until_it_may() -> None:
    """S3 asks when it is told; EventBridge would fail its first events."""
    starters = {
        address: text
        for address, text in _blocks("triggers").items()
        if address.startswith(("aws_s3_bucket_notification.", "aws_cloudwatch_event_target.")) and ".alias.arn" in text
    }
    assert len(starters) == 2
    assert [address for address, text in starters.items() if "aws_lambda_permission.invoke" not in _waits(text)] == []


def test_every_stage_waits_for_its_log_group() -> None:
    """API Gateway would make it by itself, without an end and without a key."""
    stages = [
        text
        for folder in ("api-gateway", "api-gateway/websocket")
        for address, text in _blocks(folder).items()
        if "_stage." in address
    ]
    assert len(stages) == 2
    assert all("aws_cloudwatch_log_group.execution" in _waits(text) for text in stages)


def test_old_versions_end_only_where_there_are_versions() -> None:
    for folder in MODULES:
        for address, text in _blocks(folder).items():
            if address.startswith("aws_s3_bucket_lifecycle_configuration."):
                assert "aws_s3_bucket_versioning.this" in _waits(text), (folder, address)
