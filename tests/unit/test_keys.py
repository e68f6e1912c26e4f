"""A right on encrypted data comes with the right to use its key: the local clouds never ask for it, AWS does."""

from __future__ import annotations

from typing import Any

import yaml

from tools.project import find_project

SECURITY = find_project().root / "security"
# They read or change what something is called, how it is set up or how much there is, and nothing that is encrypted; an
# object or an event is deleted or sent without its key, and the bus's own key is AWS's.
WITHOUT_A_KEY = {
    "dynamodb:DescribeTable",
    "events:DescribeEventBus",
    "events:PutEvents",
    "execute-api:ManageConnections",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "secretsmanager:DescribeSecret",
    "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
}
# AWS KMS key policies by service: reading wants Decrypt, writing what is encrypted at once GenerateDataKey. A table's
# key is used through Decrypt alone ("DynamoDB encryption at rest usage notes"); SQS and SNS want both of a producer.
NEEDED = {
    "dynamodb": {"kms:Decrypt"},
    "secretsmanager:GetSecretValue": {"kms:Decrypt"},
    "s3:GetObject": {"kms:Decrypt"},
    "s3:GetObjectVersion": {"kms:Decrypt"},
    "s3:PutObject": {"kms:GenerateDataKey"},
    "sns:Publish": {"kms:GenerateDataKey", "kms:Decrypt"},
    "sqs:SendMessage": {"kms:GenerateDataKey", "kms:Decrypt"},
}


def _load(name: str) -> Any:
    return yaml.safe_load((SECURITY / name).read_text(encoding="utf-8"))


def _needed(action: str) -> set[str]:
    return set(NEEDED.get(action) or NEEDED[action.partition(":")[0]])


def _granted_with(action: str, rows: list[dict[str, Any]]) -> set[str]:
    """Return what the rows grant on the data's key to whoever has the action, through the action's own service."""
    return {
        use
        for row in rows
        if row["how"] == "role" and row["resource"] == "data_key" and row["via"] == action.partition(":")[0]
        if action in row.get("with", []) or row.get("who") == ["all"]
        for use in row["actions"]
    }


def test_every_action_on_encrypted_data_comes_with_its_key() -> None:
    rows = _load("service-permissions.yaml")
    used = {action for rules in _load("permissions.yaml").values() for rule in rules for action in rule["actions"]}
    assert {"dynamodb:GetItem", "s3:PutObject", "sns:Publish", "secretsmanager:GetSecretValue"} <= used
    for action in used - WITHOUT_A_KEY:
        assert _granted_with(action, rows) == _needed(action), f"{action}: its key's row in service-permissions.yaml"


def test_what_services_do_with_encrypted_data_comes_with_its_key() -> None:
    """A failure destination is written to, a queue and a stream are read, for whom the rows are there that say so."""
    rows = _load("service-permissions.yaml")
    [sends] = [row for row in rows if row.get("who") == ["all"] and "sqs:SendMessage" in row["actions"]]
    assert _granted_with(sends["actions"][0], rows) == _needed("sqs:SendMessage")
    decrypts = {row["via"]: row.get("who", []) for row in rows if row.get("via") and "kms:Decrypt" in row["actions"]}
    for row in rows:
        if "sqs:ReceiveMessage" in row["actions"]:
            assert decrypts["sqs"] == ["all"]
        if "dynamodb:GetRecords" in row["actions"]:
            assert set(row["who"]) <= set(decrypts["dynamodb"])


def test_no_action_is_said_to_need_no_key_for_nothing() -> None:
    used = {action for rules in _load("permissions.yaml").values() for rule in rules for action in rule["actions"]}
    assert used >= WITHOUT_A_KEY
