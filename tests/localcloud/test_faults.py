"""Answers that are lost on purpose: how an SDK handles them, with and without kept answers."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

import localcloud
from localcloud.ministack import faults
from tests.localcloud.aws import REGION, Aws
from tools.project import Project


def patient(aws: Aws) -> Any:
    """Return a client that retries, as the AWS provider's does."""
    known = aws("dynamodb")._request_signer._credentials
    return boto3.client(
        "dynamodb",
        endpoint_url=aws.url,
        region_name=REGION,
        aws_access_key_id=known.access_key,
        aws_secret_access_key=known.secret_key,
        config=Config(retries={"mode": "standard", "max_attempts": 3}),
    )


def create(client: Any, name: str) -> int:
    """Create a table, and return how often the client retried."""
    made = client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return int(made["ResponseMetadata"]["RetryAttempts"])


def test_the_second_attempt_gets_the_lost_answer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.VARIABLE, "2")
    client = patient(Aws(localcloud.up(project).url))
    assert [create(client, f"table-{number}") for number in range(3)] == [0, 1, 0]


def test_without_a_kept_answer_the_second_attempt_conflicts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.VARIABLE, "2,forgotten")
    cloud = localcloud.up(project)
    client = patient(Aws(cloud.url))
    assert create(client, "table-1") == 0
    with pytest.raises(client.exceptions.ResourceInUseException):
        create(client, "table-2")
    assert create(client, "table-3") == 0
    assert cloud.log.read_text().count("is lost") == 1
