"""Probes of the patches that let things happen by themselves; `test_patches` runs them."""

from __future__ import annotations

from tests.unit.localcloud.aws import Aws
from tests.unit.localcloud.sources import FAILING, batches, function, holds, mapping, queue, table


def reserved_concurrency(aws: Aws) -> bool:
    idle = function(aws, "def handler(event, context):\n    return 1")
    aws("lambda").put_function_concurrency(FunctionName=idle.name, ReservedConcurrentExecutions=0)
    try:
        aws("lambda").invoke(FunctionName=idle.alias)
    except aws("lambda").exceptions.TooManyRequestsException:
        return True
    return False


def async_invocations(aws: Aws) -> bool:
    failing, failures = function(aws, FAILING), queue(aws)
    aws("lambda").put_function_event_invoke_config(
        FunctionName=failing.name,
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    aws("lambda").invoke(FunctionName=failing.alias, InvocationType="Event", Payload=b'{"a": 1}')
    found = failures.first(5)
    return (
        found is not None
        and len(failing.events) == 1
        and bool(found["body"]["requestContext"]["functionArn"] == failing.alias)
    )


def stream_records(aws: Aws) -> bool:
    reading, source = function(aws, "def handler(event, context):\n    remember(event)"), table(aws)
    mapping(aws, source.stream, reading.alias)
    source.put("1", "2")
    if not holds(lambda: sum(map(len, batches(reading))) == 2):
        return False
    aws.restart()
    source.put("3")
    return holds(lambda: batches(reading)[-1] == ["3"], 4)


def stream_mappings(aws: Aws) -> bool:
    code = """
def handler(event, context):
    remember(event)
    bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
"""
    partly, failures, source = function(aws, code), queue(aws), table(aws)
    source.put("1", "bad", "2")
    mapping(
        aws,
        source.stream,
        partly.alias,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    if not holds(lambda: batches(partly)[-1:] == [["2"]], 5):
        return False
    records = failures.received
    return len(records) == 1 and records[0]["body"]["DDBStreamBatchInfo"]["batchSize"] == 1
