"""Log events in the embedded metric format become metrics.

MiniStack keeps them as text. AWS (CloudWatch User Guide, "Specification: Embedded metric format") extracts the metrics
that the `_aws` member of a JSON log event declares, whoever wrote it: one series for each set of dimensions, with the
timestamp of the event. The patch does so where log events are passed on. Alarms are evaluated as after PutMetricData.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from localcloud.ministack.probing import Endpoint

EFFECT = "log events in the embedded metric format become metrics, and alarms use them"

_MOST_DIMENSIONS = 30
_MOST_VALUES = 100


class _Datum(NamedTuple):
    namespace: str
    name: str
    dimensions: dict[str, str]
    seconds: float
    unit: str
    values: list[Any]


def apply() -> None:
    """Patch the function that every log event passes through."""
    from ministack.services import cloudwatch, cloudwatch_logs

    pass_on = cloudwatch_logs._fanout_to_subscription_filters

    def passing_on(group: str, stream: str, events: list[dict[str, Any]]) -> None:
        found = [datum for event in events for datum in _metrics(event.get("message") or "")]
        for *series, values in found:
            cloudwatch._store_datum(*series, None, values, None, None)
        if found:
            cloudwatch._evaluate_all_alarms()
        pass_on(group, stream, events)

    cloudwatch_logs._fanout_to_subscription_filters = passing_on


def _metrics(message: str) -> list[_Datum]:
    """Return the metrics that a log message declares; none when it is not well-formed, as on AWS."""
    if '"_aws"' not in message:
        return []
    try:
        return list(_declared(json.loads(message)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _declared(event: dict[str, Any]) -> Iterator[_Datum]:
    seconds = event["_aws"]["Timestamp"] / 1000
    for directive in event["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            value = event.get(metric["Name"])
            values = value if isinstance(value, list) else [value]
            if not 0 < len(values) <= _MOST_VALUES or not all(_is_number(each) for each in values):
                continue
            for names in directive["Dimensions"]:
                if len(names) <= _MOST_DIMENSIONS and all(name in event for name in names):
                    dimensions = {name: str(event[name]) for name in names}
                    unit = metric.get("Unit", "None")
                    yield _Datum(directive["Namespace"], metric["Name"], dimensions, seconds, unit, values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def probe(aws: Endpoint) -> bool:
    """Log one metric."""
    declared = {"Namespace": "Probe", "Dimensions": [["Service"]], "Metrics": [{"Name": "Items", "Unit": "Count"}]}
    event = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [declared]},
        "Service": "s",
        "Items": 3,
    }
    aws.invoke(aws.function(f"def handler(event, context):\n    print({json.dumps(event)!r})"))
    found = aws.list_all("cloudwatch", "list_metrics", Namespace="Probe")
    dimensions = [{"Name": "Service", "Value": "s"}]
    return [(metric["MetricName"], metric["Dimensions"]) for metric in found] == [("Items", dimensions)]
