"""What becomes of the lines that functions log."""

from __future__ import annotations

import json
import time

from tools.access.listing import everything
from tools.checks.capabilities.workshop import Workshop, expect, holds

_PRINTING = """
import json


def handler(event, context):
    for line in event:
        print(json.dumps(line))
"""


def custom_log_metrics(shop: Workshop) -> None:
    """A log line in the embedded metric format (CloudWatch documentation, "Embedded metric format") is a metric."""
    namespace = shop.name()
    told = {"Namespace": namespace, "Dimensions": [["Service"]], "Metrics": [{"Name": "Items", "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]}, "Service": "s", "Items": 3}
    shop.invoke(shop.function(_PRINTING), [line])

    def metric() -> bool:
        found = everything(shop("cloudwatch"), "list_metrics", Namespace=namespace)
        wanted = ("Items", [{"Name": "Service", "Value": "s"}])
        return wanted in [(each["MetricName"], each["Dimensions"]) for each in found]

    expect(holds(metric), "a log line in the embedded metric format makes no metric")


def log_filter_json(shop: Workshop) -> None:
    """A pattern on JSON fields selects the lines of a function's log that have them, and no others."""
    function = shop.function(_PRINTING)
    shop.invoke(function, [{"code": code} for code in (200, 500)])
    group = "/aws/lambda/" + function.rpartition(":")[2]
    logs = shop("logs")

    def lines(**pattern: str) -> list[object]:
        try:
            found = everything(logs, "filter_log_events", logGroupName=group, **pattern)
        except logs.exceptions.ResourceNotFoundException:
            return []
        texts = [event["message"].strip() for event in found]
        return [json.loads(text) for text in texts if text.startswith("{")]

    expect(holds(lambda: {"code": 500} in lines()), "what a function prints does not reach its log")
    found = lines(filterPattern="{ $.code >= 500 }")
    expect(found == [{"code": 500}], f"of the codes 200 and 500, those of 500 and more are {found}")
