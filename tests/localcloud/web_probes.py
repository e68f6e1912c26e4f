"""Probes of the patches on which the browser's half of an application stands; `test_patches` runs them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from tests.localcloud.aws import Aws
from tests.localcloud.queues import arn_of, die, queue_with_dead_letters
from tests.localcloud.sockets import ECHO, SocketApi, said, socket_api
from tools.access.listing import everything


def websocket_functions(aws: Aws) -> bool:
    api = socket_api(aws)
    with api.connect() as connection:
        connected = api.told("CONNECT")
        failed = said(connection, {"action": "tell", "answer": "raise"})
        one_way = said(connection, {"action": "act", "answer": ECHO}, wait_s=0.5)
        event = said(connection, {"action": "tell", "answer": ECHO})
    return (
        connected["headers"].get("X-Told") == "yes"
        and "inside" not in str(failed)
        and one_way is None
        and event["requestContext"].get("messageDirection") == "IN"
        and event["requestContext"]["connectedAt"] == connected["requestContext"]["connectedAt"]
        and "told CONNECT" in api.logged()
    )


def websocket_refusals(aws: Aws) -> bool:
    api = socket_api(aws)
    return [api.handshake({"statusCode": status}) for status in (200, 401, 403)] == [101, 401, 403]


def websocket_closings(aws: Aws) -> bool:
    api = socket_api(aws)
    with api.connect() as connection:
        connection_id = said(connection, {"action": "tell", "answer": ECHO})["requestContext"]["connectionId"]
        connection.close(code=4000, reason="leaving")
    return _gone(api, connection_id) and api.told("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 4000


def _gone(api: SocketApi, connection_id: str) -> bool:
    try:
        api.manager().post_to_connection(ConnectionId=connection_id, Data=b"x")
    except api.manager().exceptions.GoneException:
        return True
    return False


def websocket_limits(aws: Aws) -> bool:
    api = socket_api(aws)
    frame = "x" * 32 * 1024
    codes = []
    for message in (frame, [frame] * 4, frame + "x", [frame] * 4 + ["x"], b"x"):
        with api.connect() as connection:
            codes.append(said(connection, message, wait_s=0.5))
    return codes == [None, None, 1009, 1009, 1003]


def websocket_management(aws: Aws) -> bool:
    api = socket_api(aws)
    manager = api.manager()
    with api.connect():
        connection_id = api.told("CONNECT")["requestContext"]["connectionId"]
        known = manager.get_connection(ConnectionId=connection_id)
        try:
            manager.post_to_connection(ConnectionId=connection_id, Data=b"x" * (128 * 1024 + 1))
        except ClientError as refused:
            return "ConnectedAt" in known and refused.response["Error"]["Code"] == "PayloadTooLargeException"
    return False


def queue_redrive(aws: Aws) -> bool:
    sqs = aws("sqs")
    source, dead = queue_with_dead_letters(aws)
    die(aws, source, "one", "two")
    try:
        sqs.start_message_move_task(SourceArn=arn_of(aws, dead))
        task = sqs.list_message_move_tasks(SourceArn=arn_of(aws, dead))["Results"][0]
    except ClientError:
        return False
    back = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10)["Messages"]
    return (
        task["Status"] == "COMPLETED"
        and task["ApproximateNumberOfMessagesMoved"] == 2
        and sorted(message["Body"] for message in back) == ["one", "two"]
    )


def embedded_metrics(aws: Aws) -> bool:
    told = {"Namespace": "Probe", "Dimensions": [["Service"]], "Metrics": [{"Name": "Items", "Unit": "Count"}]}
    event = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]}, "Service": "s", "Items": 3}
    aws.invoke(aws.function(f"def handler(event, context):\n    print({json.dumps(event)!r})"))
    found = everything(aws("cloudwatch"), "list_metrics", Namespace="Probe")
    return [(each["MetricName"], each["Dimensions"]) for each in found] == [
        ("Items", [{"Name": "Service", "Value": "s"}])
    ]


def log_filter_patterns(aws: Aws) -> bool:
    function = aws.function("import json\ndef handler(event, context):\n    print(json.dumps(event))")
    for code in (200, 500):
        aws.invoke(function, {"code": code})
    group, pattern = "/aws/lambda/" + function.rpartition(":")[2], "{ $.code >= 500 }"
    found = everything(aws("logs"), "filter_log_events", logGroupName=group, filterPattern=pattern)
    return [event["message"] for event in found] == ['{"code": 500}']


def alarm_dimensions(aws: Aws) -> bool:
    metric = {"Namespace": "Dimensions", "MetricName": "Errors"}
    rule = {"Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
    for name in ("one", "another"):
        dimensions = [{"Name": "Function", "Value": name}]
        comparison = "GreaterThanThreshold"
        aws("cloudwatch").put_metric_alarm(
            AlarmName=name, Dimensions=dimensions, ComparisonOperator=comparison, **metric, **rule
        )
    datum = {"MetricName": "Errors", "Dimensions": [{"Name": "Function", "Value": "one"}], "Value": 1}
    aws("cloudwatch").put_metric_data(Namespace="Dimensions", MetricData=[datum])
    alarms = everything(aws("cloudwatch"), "describe_alarms", AlarmNames=["one", "another"])
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}
    return states == {"one": "ALARM", "another": "INSUFFICIENT_DATA"}


PROBES: list[Callable[[Aws], bool]] = [
    websocket_functions,
    websocket_refusals,
    websocket_closings,
    websocket_limits,
    websocket_management,
    queue_redrive,
    embedded_metrics,
    log_filter_patterns,
    alarm_dimensions,
]
