"""Probes of the patches that let things happen by themselves; `test_patches` runs them."""

from __future__ import annotations

from tests.localcloud.aws import Aws
from tests.localcloud.sources import (
    FAILING,
    batches,
    function,
    holds,
    letting,
    mapping,
    publish,
    queue,
    rule,
    table,
)
from tools.access.listing import everything


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


def expired_items(aws: Aws) -> bool:
    reading, source = function(aws, "def handler(event, context):\n    remember(event)"), table(aws)
    mapping(aws, source.stream, reading.alias)
    expiry = {"AttributeName": "gone", "Enabled": True}
    aws("dynamodb").update_time_to_live(TableName=source.name, TimeToLiveSpecification=expiry)
    items = [{"id": {"S": "old"}, "gone": {"N": "1"}}, {"id": {"S": "kept"}, "gone": {"S": "1"}}]
    for item in items:
        aws("dynamodb").put_item(TableName=source.name, Item=item)
    left = [{"id": {"S": "kept"}, "gone": {"S": "1"}}]
    if not holds(lambda: everything(aws("dynamodb"), "scan", TableName=source.name) == left, 6):
        return False
    if not holds(lambda: sum(map(len, batches(reading))) == 3, 3):
        return False
    record = reading.events[-1]["Records"][-1]
    return bool(
        record["eventName"] == "REMOVE"
        and record["dynamodb"]["OldImage"] == items[0]
        and record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    )


def stream_mappings(aws: Aws) -> bool:
    code = """
def handler(event, context):
    remember(event)
    bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == "bad"]
    if bad[:1] == [event["Records"][0]["dynamodb"]["SequenceNumber"]] and len(event["Records"]) > 1:
        raise ValueError("the first of several")
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


def event_targets(aws: Aws) -> bool:
    failing, letters, closed = function(aws, FAILING), letting(aws, "events"), queue(aws)
    rule(
        aws,
        {"source": ["probe.targets"]},
        {"Arn": failing.alias},
        {"Arn": closed.arn, "DeadLetterConfig": {"Arn": letters.arn}},
    )
    publish(aws, "probe.targets", {"a": 1})
    letter = letters.first(3)
    return (
        letter is not None
        and letter["attributes"]["ERROR_CODE"] == "NO_PERMISSIONS"
        and holds(lambda: len(failing.events) == 3, 5)
    )


def alarm_events(aws: Aws) -> bool:
    seen = letting(aws, "events")
    name = f"alarm-{aws.name()}"
    rule(aws, {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}, {"Arn": seen.arn})
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="N",
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
    event = seen.first(3)
    return event is not None and bool(event["body"]["detail"]["state"]["value"] == "ALARM")


def bus_rights(aws: Aws) -> bool:
    bus = aws("events").create_event_bus(Name=f"bus-{aws.name()}")
    allowed = {"Effect": "Allow", "Action": "events:DescribeEventBus", "Resource": bus["EventBusArn"]}
    code = f"""
import boto3, botocore.exceptions
def handler(event, context):
    said = []
    for name in ({bus["EventBusArn"].rpartition("/")[2]!r}, "default"):
        try:
            boto3.client("events").describe_event_bus(Name=name)
            said.append("done")
        except botocore.exceptions.ClientError as error:
            said.append(error.response["Error"]["Code"])
    return said
"""
    found = aws.invoke(aws.function(code, role=aws.role(allowed)))
    return bool(found == ["done", "AccessDeniedException"])
