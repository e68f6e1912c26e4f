"""Cancelled transactions of moto, as LocalStack runs it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend

from localcloud.localstack.host import transactions
from tools.access.listing import everything

NAMES = ("put_item", "update_item", "delete_item", "transact_write_items")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return clients of an account with one table, `things`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in NAMES:
        # Restores the original methods at the end.
        monkeypatch.setattr(DynamoDBBackend, name, getattr(DynamoDBBackend, name))
    transactions.apply()

    def client(service: str) -> Any:
        return boto3.client(service, region_name="eu-west-1")

    with mock_aws():
        client("dynamodb").create_table(
            TableName="things",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        yield client


def _put(name: str, **parts: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "things", "Item": {"id": {"S": name}}, **parts}}


def _new(name: str) -> dict[str, Any]:
    return _put(
        name,
        ConditionExpression="attribute_not_exists(#id)",
        ExpressionAttributeNames={"#id": "id"},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def _names(aws: Any) -> set[str]:
    return {item["id"]["S"] for item in everything(aws("dynamodb"), "scan", TableName="things")}


def _cancelled(dynamodb: Any) -> list[dict[str, Any]]:
    with pytest.raises(ClientError) as cancelled:
        dynamodb.transact_write_items(TransactItems=[_put("other"), _new("taken")])
    response: Any = cancelled.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    reasons: list[dict[str, Any]] = response["CancellationReasons"]
    return reasons


def test_a_cancelled_transaction_says_why_and_changes_nothing(aws: Any) -> None:
    aws("dynamodb").transact_write_items(TransactItems=[_new("taken"), _new("too")])
    nothing, failed = _cancelled(aws("dynamodb"))
    assert nothing == {"Code": "None"}
    assert (failed["Code"], failed["Item"]) == ("ConditionalCheckFailed", {"id": {"S": "taken"}})
    assert _names(aws) == {"taken", "too"}


def test_stream_readers_continue_after_a_cancelled_transaction(aws: Any) -> None:
    streams = aws("dynamodbstreams")
    arn = aws("dynamodb").describe_table(TableName="things")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    seen = []
    for name in ("taken", "after"):
        aws("dynamodb").transact_write_items(TransactItems=[_new(name)])
        _cancelled(aws("dynamodb"))
        answer = streams.get_records(ShardIterator=iterator)
        seen += [record["dynamodb"]["Keys"]["id"]["S"] for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
    assert seen == ["taken", "after"]


def test_concurrent_writes_survive_a_cancelled_transaction(aws: Any) -> None:
    dynamodb = aws("dynamodb")
    dynamodb.transact_write_items(TransactItems=[_new("taken")])
    over = Event()

    def cancel() -> None:
        while not over.is_set():
            _cancelled(dynamodb)

    thread = Thread(target=cancel)
    thread.start()
    names = {f"thing-{number}" for number in range(60)}
    for name in names:
        dynamodb.put_item(TableName="things", Item={"id": {"S": name}})
    over.set()
    thread.join()
    assert _names(aws) == {"taken", *names}
