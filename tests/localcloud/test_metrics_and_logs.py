"""What a function logs, as metrics and as log events."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.localcloud.aws import Aws
from tools.access.listing import everything


def _logging(aws: Aws, *lines: Any) -> str:
    """Create a function that logs lines, and return its log group."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    function = aws.function(f"def handler(event, context):\n    for line in {texts!r}:\n        print(line)")
    aws.invoke(function)
    return "/aws/lambda/" + function.rpartition(":")[2]


def _event(namespace: str, dimensions: list[list[str]], metrics: list[dict[str, Any]], **members: Any) -> Any:
    directive = {"Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **members}


def _sum(aws: Aws, namespace: str, metric: str, **dimensions: str) -> tuple[float, float] | None:
    """Return the sum and count of recent values."""
    now = datetime.now(UTC)
    points = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return (points[0]["Sum"], points[0]["SampleCount"]) if points else None


def test_each_set_of_dimensions_is_a_series_of_all_values(aws: Aws) -> None:
    metrics = [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Count"}]
    event = _event("Sets", [["Service"], ["Service", "Route"]], metrics, Service="s", Route="r", Latency=[1, 2.5])
    _logging(aws, {**event, "Count": 4}, _event("Sets", [[]], [{"Name": "Total"}], Total=5))
    assert _sum(aws, "Sets", "Latency", Service="s") == (3.5, 2)
    assert _sum(aws, "Sets", "Latency", Service="s", Route="r") == (3.5, 2)
    assert _sum(aws, "Sets", "Count", Service="s") == (4, 1)
    assert _sum(aws, "Sets", "Total") == (5, 1)


def test_get_metric_data_returns_it(aws: Aws) -> None:
    _logging(aws, _event("Data", [["Service"]], [{"Name": "Count"}], Service="s", Count=2))
    metric = {"Namespace": "Data", "MetricName": "Count", "Dimensions": [{"Name": "Service", "Value": "s"}]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    now = datetime.now(UTC)
    around: dict[str, Any] = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5)}
    result = everything(aws("cloudwatch"), "get_metric_data", MetricDataQueries=[query], **around)[0]
    assert sum(result["Values"]) == 2


@pytest.mark.parametrize(
    "event",
    [
        _event("Malformed", [["Absent"]], [{"Name": "Count"}], Count=1),
        _event("Malformed", [[]], [{"Name": "Count"}], Count="1"),
        _event("Malformed", [[]], [{"Name": "Count"}], Count=True),
        _event("Malformed", [[]], [{"Name": "Count"}], Count=[1] * 101),
        {"_aws": {"CloudWatchMetrics": []}},
        '{"_aws": ',
        '["_aws"]',
    ],
    ids=["no such dimension", "text", "truth", "101 values", "no metrics", "no JSON", "no object"],
)
def test_an_event_in_another_format_is_only_logged(aws: Aws, event: Any) -> None:
    group = _logging(aws, event)
    assert any("_aws" in each["message"] for each in everything(aws("logs"), "filter_log_events", logGroupName=group))
    assert everything(aws("cloudwatch"), "list_metrics", Namespace="Malformed") == []


def test_an_alarm_uses_it(aws: Aws) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName="too-many",
        Namespace="Alarmed",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    _logging(aws, _event("Alarmed", [[]], [{"Name": "Errors"}], Errors=1))
    alarm = everything(aws("cloudwatch"), "describe_alarms", AlarmNames=["too-many"])[0]
    assert alarm["StateValue"] == "ALARM"


@pytest.fixture(scope="module")
def group(aws: Aws) -> str:
    event = {"level": "INFO", "message": "an item was made", "id": "a-1", "status": 201, "tags": ["x", "y"]}
    return _logging(aws, {**event, "ok": True, "gone": None, "request": {"route": "/items"}}, "plain ERROR text")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("ERROR", "p"),
        ("error", ""),
        ("plain text", "p"),
        ("plain item", ""),
        ('"an item was"', "j"),
        ('"was item"', ""),
        ('"a-1"', "j"),
        ("?ERROR ?item", "jp"),
        ('item -"a-1"', ""),
        ("text -item", "p"),
        ("%ERR[A-Z]+ te%", "p"),
        ('{ $.id = "a-1" }', "j"),
        ('{ $.id = "a-2" }', ""),
        ('{ $.id = "a*" }', "j"),
        ("{ $.id = a* }", "j"),
        ("{ $.id = %^a-[0-9]$% }", "j"),
        ('{ $.id != "a-2" }', "j"),
        ('{ $.absent != "a-2" }', ""),
        ("{ $.status = 201 }", "j"),
        ('{ $.status = "201" }', ""),
        ("{ $.status >= 200 && $.status < 300 }", "j"),
        ('{ $.status > 300 || $.level = "INFO" }', "j"),
        ('{ ($.status > 300 || $.level = "INFO") && $.id = "b" }', ""),
        ('{ $.request.route = "/items" }', "j"),
        ('{ $.tags[1] = "y" }', "j"),
        ('{ $.tags[*] = "x" }', "j"),
        ('{ $.tags[2] = "y" }', ""),
        ("{ $.ok IS TRUE }", "j"),
        ("{ $.ok IS FALSE }", ""),
        ("{ $.gone IS NULL }", "j"),
        ("{ $.absent NOT EXISTS }", "j"),
        ("{ $.level NOT EXISTS }", ""),
        ("{ $.level = * }", "j"),
    ],
)
def test_a_pattern_selects_events(aws: Aws, group: str, pattern: str, found: str) -> None:
    events = everything(aws("logs"), "filter_log_events", logGroupName=group, filterPattern=pattern)
    lines = [event["message"] for event in events]
    assert [line[0] for line in lines] == [{"j": "{", "p": "p"}[each] for each in found]


@pytest.mark.parametrize(
    "pattern",
    ["a-1", "{ $.id = ", "{ $.id }", "{ id = 1 }", "{ $.id > x }", "{ ($.id = 1 }", "{ $.id = 1 } x", "[a, b]", "%(%"],
)
def test_a_pattern_that_aws_refuses_is_refused(aws: Aws, group: str, pattern: str) -> None:
    with pytest.raises(aws("logs").exceptions.InvalidParameterException):
        everything(aws("logs"), "filter_log_events", logGroupName=group, filterPattern=pattern)


def test_an_event_is_found_as_soon_as_it_was_logged(aws: Aws) -> None:
    group = _logging(aws, {"correlation_id": "c-1"})
    [event] = everything(aws("logs"), "filter_log_events", logGroupName=group, filterPattern='"c-1"')
    stream = {"logGroupName": group, "logStreamName": event["logStreamName"]}
    assert event["message"] in [each["message"] for each in aws("logs").get_log_events(**stream)["events"]]
