"""Replaying failures: each goes again in its own way, or stays and says why."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.unit.toolkit.functions import Functions
from tests.unit.toolkit.queues import ARN, Queues, failed
from tools.access.environments import Environment
from tools.errors import CloudProblem
from tools.operations import invoke
from tools.operations.redrive import Ours, Replayer


def _nothing(_: int, __: int) -> None:
    pass


def _batch(stream: str, shard: str, start: str, end: str, size: int) -> dict[str, Any]:
    """Return a discarded batch's record ("Discarded batches")."""
    record = failed("app-data-transformer", None)
    del record["requestPayload"]
    return record | {
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": start,
            "endSequenceNumber": end,
            "batchSize": size,
            "streamArn": stream,
        }
    }


def _replayer(queues: Queues, aws: Environment, streams: Any = None) -> Replayer:
    outputs = {
        "functions": {"image-processor": "app-image-processor", "data-transformer": "app-data-transformer"},
        "queues": queues.urls,
    }
    return Replayer(aws, queues, streams, Ours.of(outputs))


def test_a_failed_invocation_is_invoked_again_asynchronously(
    queues: Queues, functions: Functions, aws: Environment
) -> None:
    queues.put("failures", failed("app-image-processor", {"Records": [1]}))
    outcome = _replayer(queues, aws).run(queues.urls["failures"], _nothing)
    assert (outcome.found, outcome.sent, outcome.kept) == (1, 1, [])
    (call,) = functions.calls
    assert (call["function"], call["event"], call["type"]) == ("app-image-processor", {"Records": [1]}, "Event")
    assert queues.bodies("failures") == []


def test_what_eventbridge_could_not_deliver_is_delivered(
    queues: Queues, functions: Functions, aws: Environment
) -> None:
    event = {"detail-type": "ItemCreated", "detail": {}}
    queues.put("failures", event, TARGET_ARN="arn:aws:sqs:eu-west-1:1:app-notifications", RULE_ARN="r", ERROR_CODE="NO")
    queues.put("failures", event, TARGET_ARN=f"{ARN}:app-image-processor:live", RULE_ARN="r", ERROR_CODE="NO")
    assert _replayer(queues, aws).run(queues.urls["failures"], _nothing).sent == 2
    assert [json.loads(body) for body in queues.bodies("notifications")] == [event]
    assert [call["event"] for call in functions.calls] == [event]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (("no json", {}), "its body is not JSON"),
        (([1], {}), "no JSON object"),
        (({"x": 1}, {}), "neither a failed invocation"),
        ((failed("somebody-elses", {}), {}), "none of this deployment's functions"),
        ((failed("app-image-processor", {}, requestContext=None), {}), "no function is none"),
        (({}, {"TARGET_ARN": "arn:aws:sqs:eu-west-1:1:elsewhere"}), "none of this deployment's"),
        ((failed("app-data-transformer", {}, DDBStreamBatchInfo={}), {}), "does not say where"),
    ],
)
def test_what_cannot_be_replayed_stays_and_says_why(
    queues: Queues, functions: Functions, aws: Environment, sent: tuple[Any, dict[str, str]], why: str
) -> None:
    body, attributes = sent
    queues.put("failures", body, **attributes)
    queues.put("failures", failed("app-image-processor", {}))
    outcome = _replayer(queues, aws).run(queues.urls["failures"], _nothing)
    assert (outcome.found, outcome.sent) == (2, 1)
    assert why in outcome.kept[0].reason
    assert len(queues.bodies("failures")) == 1


def test_what_lambda_does_not_accept_stays(queues: Queues, functions: Functions, aws: Environment) -> None:
    queues.put("failures", *(failed("app-image-processor", {"n": number}) for number in range(3)))
    functions.refusals = ["TooManyRequestsException"]
    with pytest.raises(CloudProblem):
        _replayer(queues, aws).run(queues.urls["failures"], _nothing)
    assert len(queues.bodies("failures")) == 3


def test_a_run_ends_though_everything_fails_again_at_once(
    queues: Queues, functions: Functions, aws: Environment
) -> None:
    record = failed("app-image-processor", {})
    queues.put("failures", record, record)

    class Failing(Functions):
        def invoke(self, **options: Any) -> dict[str, Any]:
            queues.put("failures", record)
            return functions.invoke(**options)

    pytest.MonkeyPatch().setattr(invoke, "client", lambda *_, **__: Failing())
    assert _replayer(queues, aws).run(queues.urls["failures"], _nothing).sent == 2
    assert len(queues.bodies("failures")) == 2


@pytest.fixture
def stream(queues: Queues) -> tuple[Any, list[dict[str, Any]]]:
    """Return a client of DynamoDB Streams and the records of three writes."""
    tables = boto3.client("dynamodb", region_name="eu-west-1")
    tables.create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for number in range(3):
        tables.put_item(TableName="items", Item={"id": {"S": f"i{number}"}, "raw": {"B": b"\x00\xff"}})
    streams = boto3.client("dynamodbstreams", region_name="eu-west-1")
    arn = tables.describe_table(TableName="items")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    place = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    records = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])["Records"]
    return streams, [{"arn": arn, "shard": shard, **record} for record in records]


def _of_stream(records: list[dict[str, Any]], first: int, last: int, size: int) -> dict[str, Any]:
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return _batch(records[0]["arn"], records[0]["shard"], numbers[first], numbers[last], size)


def test_a_given_up_batch_is_read_from_the_stream_again(
    queues: Queues, functions: Functions, aws: Environment, stream: tuple[Any, list[dict[str, Any]]]
) -> None:
    streams, records = stream
    functions.answers["app-data-transformer"] = {"batchItemFailures": []}
    queues.put("failures", _of_stream(records, 1, 2, 2))
    assert _replayer(queues, aws, streams).run(queues.urls["failures"], _nothing).sent == 1
    (call,) = functions.calls
    assert call["type"] == "RequestResponse"
    given = call["event"]["Records"]
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in given] == ["i1", "i2"]
    assert given[0]["eventSourceARN"] == records[0]["arn"]
    assert given[0]["dynamodb"]["NewImage"]["raw"]["B"] == "AP8="
    assert isinstance(given[0]["dynamodb"]["ApproximateCreationDateTime"], float)


@pytest.mark.parametrize(
    "failure", [{"batchItemFailures": [{"itemIdentifier": "1"}]}, {"errorType": "E", "errorMessage": "m"}]
)
def test_a_batch_that_fails_again_stays(
    queues: Queues,
    functions: Functions,
    aws: Environment,
    stream: tuple[Any, list[dict[str, Any]]],
    failure: dict[str, Any],
) -> None:
    streams, records = stream
    kind = functions.errors if "errorType" in failure else functions.answers
    kind["app-data-transformer"] = failure
    queues.put("failures", _of_stream(records, 0, 0, 1))
    outcome = _replayer(queues, aws, streams).run(queues.urls["failures"], _nothing)
    assert "app-data-transformer fails again" in outcome.kept[0].reason
    assert len(queues.bodies("failures")) == 1


def test_a_batch_that_the_stream_no_longer_has_stays(
    queues: Queues, functions: Functions, aws: Environment, stream: tuple[Any, list[dict[str, Any]]]
) -> None:
    streams, records = stream
    queues.put("failures", _of_stream(records, 2, 2, 5))
    outcome = _replayer(queues, aws, streams).run(queues.urls["failures"], _nothing)
    assert "24 hours" in outcome.kept[0].reason
    assert functions.calls == []
