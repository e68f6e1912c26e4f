"""An alarm evaluates the metric with its own dimensions.

MiniStack evaluates an alarm over all metrics with its metric name, so one function's errors trigger every function's
alarm. On AWS (CloudWatch User Guide, "CloudWatch concepts": each unique combination of dimensions is a separate metric)
the other metrics do not count. The patch leaves out their data points. An alarm on an AWS metric without dimensions
still uses the sum over all: AWS publishes such sums itself, and MiniStack does not.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "an alarm evaluates the metric with its own dimensions"

_alarm: ContextVar[dict[str, Any] | None] = ContextVar("alarm", default=None)


def apply() -> None:
    """Patch the evaluation of alarms, and the statistics that it uses."""
    from ministack.services import cloudwatch

    evaluate, calculate, choose = cloudwatch._evaluate_alarm, cloudwatch._calc_stats, cloudwatch._stat_value

    def evaluating(alarm: dict[str, Any]) -> None:
        token = _alarm.set(alarm)
        try:
            evaluate(alarm)
        finally:
            _alarm.reset(token)

    def calculating(points: list[Any]) -> Any:
        return calculate(_own(points))

    def choosing(stats: Any, name: str, points: list[Any] | None = None) -> Any:
        own = _own(points or [])
        # MiniStack keeps an alarm's state when there is no value.
        return None if _alarm.get() and not own else choose(stats, name, own)

    cloudwatch._evaluate_alarm = evaluating
    cloudwatch._calc_stats, cloudwatch._stat_value = calculating, choosing


def _own(points: list[Any]) -> list[Any]:
    """Return the data points of the alarm that is evaluated; all points outside an evaluation."""
    alarm = _alarm.get()
    if alarm is None:
        return points
    named = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
    if not named and str(alarm["Namespace"]).startswith("AWS/"):
        return points
    return [point for point in points if point["Dimensions"] == named]


def probe(aws: Endpoint) -> bool:
    """Watch one metric with two sets of dimensions, and put data for one of them."""
    metric = {"Namespace": "Dimensions", "MetricName": "Errors"}
    rule = {"Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
    for name in ("one", "another"):
        aws("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Dimensions=[{"Name": "Function", "Value": name}],
            ComparisonOperator="GreaterThanThreshold",
            **metric,
            **rule,
        )
    datum = {"MetricName": "Errors", "Dimensions": [{"Name": "Function", "Value": "one"}], "Value": 1}
    aws("cloudwatch").put_metric_data(Namespace="Dimensions", MetricData=[datum])
    alarms = aws.list_all("cloudwatch", "describe_alarms", AlarmNames=["one", "another"])
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}
    return states == {"one": "ALARM", "another": "INSUFFICIENT_DATA"}
