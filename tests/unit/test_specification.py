"""docs/specification.md has every promised feature, and names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.project import find_project

ROOT = find_project().root
PAGE = ROOT / "docs" / "specification.md"
# What is known to be missing; built features leave this list.
NOT_BUILT = {"ElastiCache", "RDS Proxy", "VPC", "CloudWatch: alarms and dashboards"}
# The project's description, feature by feature.
PROMISED = (
    *("CRUD", "Authorizers", "Event processors", "Scheduled functions"),
    *("REST API", "Validation", "Throttling", "Caching", "WebSocket API"),
    *("S3", "DynamoDB streams", "SQS", "EventBridge", "CloudWatch Events", "DynamoDB", "ElastiCache", "RDS Proxy"),
    *("IAM", "VPC", "Secrets Manager", "KMS", "CloudWatch", "X-Ray"),
    *("Layers", "Provisioned concurrency", "Dead-letter queues", "Retries"),
    *("terraform", "python-terraform", "boto3", "aws-lambda-powertools", "Pillow", "pytest", "moto", "localstack"),
    *("tflint", "main.tf, variables.tf, outputs.tf", "functions/", "api-gateway/", "triggers/", "layers/"),
    *("monitoring/", "security/", "lambda_src/", "tools/", "tests/"),
    *("`terraform apply`", "`python -m tools build`", "`python -m tools deploy`"),
    "pytest integration suite against LocalStack",
)


def _rows() -> dict[str, tuple[str, str]]:
    """Return where each feature is built and what proves it, by feature; a row of one heading may repeat another's."""
    rows: dict[str, tuple[str, str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[1] not in {"built in", "required in", "what is there"}:
            before = rows.get(cells[0], ("", ""))
            rows[cells[0]] = (f"{before[0]} {cells[1]}", f"{before[1]} {cells[2]}")
    return rows


def _paths(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_promised_feature_has_a_row() -> None:
    features = {feature.split(":")[0] for feature in _rows()}
    assert [feature for feature in PROMISED if feature not in features] == []


def test_what_is_not_built_yet_is_said() -> None:
    missing = {feature for feature, (built, _) in _rows().items() if "**not built yet**" in built}
    assert missing == NOT_BUILT


@pytest.mark.parametrize("feature", _rows())
def test_a_feature_has_files_and_tests_that_exist(feature: str) -> None:
    built, proven = (_paths(cell) for cell in _rows()[feature])
    if feature not in NOT_BUILT:
        assert built
        assert proven
    assert [path for path in (*built, *proven) if not (ROOT / path).exists()] == []
    assert [path for path in proven if not _is_a_test(ROOT / path)] == []


def _is_a_test(path: Path) -> bool:
    return path.name.endswith(".tftest.hcl") or path.is_relative_to(ROOT / "tests")


def test_what_is_missing_does_not_stand_in_a_file() -> None:
    """A feature that is built meanwhile must not be called missing."""
    kinds = {
        "ElastiCache": "aws_elasticache_",
        "RDS Proxy": "aws_db_proxy",
        "VPC": 'resource "aws_vpc"',
        "CloudWatch: alarms and dashboards": 'resource "aws_cloudwatch_metric_alarm"',
    }
    text = "\n".join(path.read_text(encoding="utf-8") for path in (*ROOT.glob("*/*.tf"), *ROOT.glob("*/*/*.tf")))
    assert [feature for feature, kind in kinds.items() if (feature in NOT_BUILT) == (kind in text)] == []
    assert (ROOT / "api-gateway" / "websocket.tf").exists() != ("api-gateway/websocket.tf" in NOT_BUILT)
