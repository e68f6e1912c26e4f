"""What a handler sees and may do, and which keys are accepted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from tests.localcloud.aws import REGION, Aws
from tests.localcloud.conftest import SECRET


def test_nothing_of_the_parents_environment_reaches_a_handler(aws: Aws) -> None:
    assert os.environ["PARENTS_SECRET"] == SECRET
    code = """
import glob, os
def handler(event, context):
    seen = [dict(os.environ), os.path.expanduser("~/.aws")]
    for path in glob.glob("/proc/%d/environ" % os.getppid()):
        seen.append(open(path, "rb").read().decode())
    return str(seen)
"""
    seen = aws.invoke(aws.function(code))
    assert "PARENTS_SECRET" not in seen
    assert SECRET not in seen
    assert str(Path.home() / ".aws") not in seen


def test_a_handler_may_do_only_what_its_role_allows(aws: Aws) -> None:
    table = aws.name() + "-table"
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    index = {"IndexName": "by-x", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}
    aws("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "x")],
        GlobalSecondaryIndexes=[{**index, "Projection": {"ProjectionType": "ALL"}}],
    )
    code = f"""
import boto3, botocore.exceptions
table = dict(TableName="{table}")
def handler(event, context):
    client, said = boto3.client("dynamodb"), []
    value = {{":x": {{"S": "1"}}}}
    calls = [
        lambda: client.get_item(Key={{"pk": {{"S": "1"}}}}, **table),
        lambda: client.put_item(Item={{"pk": {{"S": "1"}}}}, **table),
        lambda: client.query(KeyConditionExpression="pk=:x", ExpressionAttributeValues=value, **table),
        lambda: client.query(IndexName="by-x", KeyConditionExpression="x=:x", ExpressionAttributeValues=value, **table),
    ]
    for call in calls:
        try:
            call()
            said.append("done")
        except botocore.exceptions.ClientError as error:
            said.append(error.response["Error"]["Code"])
    return said
"""
    arn = f"arn:aws:dynamodb:{REGION}:000000000000:table/{table}"
    role = aws.role(
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": f"{arn}/index/by-x"},
    )
    refused = "AccessDeniedException"
    assert aws.invoke(aws.function(code, role=role)) == ["done", refused, refused, "done"]


def test_an_unknown_key_is_refused(cloud: Cloud) -> None:
    unknown = Aws(cloud.url)
    unknown("sts")._request_signer._credentials.access_key = "AKIAXXXXXXXXXXXXXXXX"
    with pytest.raises(ClientError):
        unknown("sts").get_caller_identity()
