"""Functions and streams on the real LocalStack, with AWS's own runtime interface client."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from tests.localcloud.aws import Aws
from tests.localcloud.conftest import until
from tools.access.listing import everything

_CODE = """
import importlib.util, logging, os
def handler(event, context):
    logging.getLogger().error("two\\nlines")
    if event.get("raise"):
        raise ValueError("bad")
    found = [name for name in ("boto3", "localstack", "moto", "tools") if importlib.util.find_spec(name)]
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    return {"found": found, "pid": os.getpid(), "group": context.log_group_name, "endpoint": endpoint}
"""


@pytest.fixture
def function(localstack_aws: Aws) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("main.py", _CODE)
    client = localstack_aws("lambda")
    client.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/probe",
        Handler="main.handler",
        Code={"ZipFile": archive.getvalue()},
        LoggingConfig={"LogGroup": "/of/its/own"},
    )
    client.get_waiter("function_active_v2").wait(FunctionName="probe", WaiterConfig={"Delay": 1})
    return "probe"


def test_a_function_runs_as_on_aws(localstack_aws: Aws, function: str) -> None:
    client = localstack_aws("lambda")

    def invoke(**event: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.invoke(FunctionName=function, Payload=json.dumps(event), LogType="Tail")
        return answer

    try:
        first, second = (json.loads(invoke()["Payload"].read()) for _ in range(2))
        assert first["found"] == ["boto3"]
        assert first["group"] == "/of/its/own"
        assert first["endpoint"].startswith("http://127.0.0.1:")
        assert first["pid"] == second["pid"]
        failed = invoke(**{"raise": True})
        assert failed["FunctionError"] == "Unhandled"
        assert json.loads(failed["Payload"].read())["errorType"] == "ValueError"
        assert "[ERROR] ValueError: bad" in base64.b64decode(failed["LogResult"]).decode()
        logs = localstack_aws("logs")

        def messages() -> list[str]:
            if not everything(logs, "describe_log_groups", logGroupNamePrefix="/of/its/own"):
                return []
            return [event["message"] for event in everything(logs, "filter_log_events", logGroupName="/of/its/own")]

        until(lambda: sum(message.startswith("REPORT") for message in messages()) == 3)
        assert sum(message.endswith("two\nlines\n") for message in messages()) == 3
    finally:
        client.delete_function(FunctionName=function)


def test_a_stream_has_the_records_of_aws(localstack_aws: Aws) -> None:
    tables, streams = localstack_aws("dynamodb"), localstack_aws("dynamodbstreams")
    arn = tables.create_table(
        TableName="streamed",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    item = {"pk": {"S": "1"}}
    for _ in range(2):
        tables.put_item(TableName="streamed", Item=item)
    tables.delete_item(TableName="streamed", Key=item)
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=place["ShardIterator"])["Records"]
    tables.delete_table(TableName="streamed")
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert [record["dynamodb"].keys() & {"NewImage", "OldImage"} for record in records] == [{"NewImage"}, {"OldImage"}]
    assert {record["awsRegion"] for record in records} == {"eu-west-1"}


def test_a_layer_without_versions_is_not_listed_and_keeps_its_numbering(localstack_aws: Aws) -> None:
    client = localstack_aws("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("python/extra.py", "")

    def publish() -> int:
        return int(client.publish_layer_version(LayerName="extra", Content={"ZipFile": archive.getvalue()})["Version"])

    def listed() -> dict[str, int]:
        return {
            layer["LayerName"]: layer["LatestMatchingVersion"]["Version"] for layer in everything(client, "list_layers")
        }

    assert publish() == 1
    assert listed()["extra"] == 1
    client.delete_layer_version(LayerName="extra", VersionNumber=1)
    assert "extra" not in listed()
    assert publish() == 2
    assert listed()["extra"] == 2


def test_keys_of_services_are_aws_managed(localstack_aws: Aws) -> None:
    s3, kms = localstack_aws("s3"), localstack_aws("kms")
    s3.create_bucket(Bucket="keyless", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket="keyless", ServerSideEncryptionConfiguration={"Rules": [rule]})
    key = s3.put_object(Bucket="keyless", Key="one", Body=b"1")["SSEKMSKeyId"]
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    kinds = [kms.describe_key(KeyId=one)["KeyMetadata"]["KeyManager"] for one in (key, "alias/aws/secretsmanager", own)]
    assert kinds == ["AWS", "AWS", "CUSTOMER"]
