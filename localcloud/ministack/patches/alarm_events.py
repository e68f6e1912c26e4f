"""An alarm that changes state publishes an event on the default bus.

MiniStack notifies an alarm's topics and publishes no event. AWS (CloudWatch User Guide, "Alarm events and EventBridge")
sends `CloudWatch Alarm State Change` for every change of a metric or composite alarm, whatever caused it. The patch
sends it where MiniStack writes the change to the alarm's history, which also has the state before it.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "an alarm's change of state is an event on the default bus"


def apply() -> None:
    """Patch the history of alarms."""
    from ministack.services import cloudwatch, eventbridge

    write = cloudwatch._record_history

    def recording(name: str, old: str, new: str, *rest: Any, **named: Any) -> None:
        before = _last_change(cloudwatch, name)
        write(name, old, new, *rest, **named)
        alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
        if alarm is None or old == new:
            return
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Resources": [alarm["AlarmArn"]],
            "Detail": json.dumps(_detail(alarm, old, before)),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    cloudwatch._record_history = recording


def _last_change(cloudwatch: Any, name: str) -> dict[str, Any] | None:
    """Return the newest state change in an alarm's history."""
    entries = [
        entry
        for entry in cloudwatch._history_entries()
        if entry.get("AlarmName") == name and entry.get("HistoryItemType") == "StateUpdate"
    ]
    return entries[-1] if entries else None


def _detail(alarm: dict[str, Any], old: str, before: dict[str, Any] | None) -> dict[str, Any]:
    previous: dict[str, Any] = {"value": old, "timestamp": _timestamp(alarm["AlarmConfigurationUpdatedTimestamp"])}
    previous["reason"] = "Unchecked: Initial alarm creation"
    if before:
        state_before = json.loads(before["HistoryData"])["newState"]
        at = datetime.strptime(before["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        previous |= {"reason": state_before.get("stateReason", ""), "timestamp": _timestamp(at.timestamp())}
    state = {"value": alarm["StateValue"], "reason": alarm.get("StateReason", ""), "timestamp": _timestamp(time.time())}
    if alarm.get("StateReasonData"):
        state["reasonData"] = alarm["StateReasonData"]
    return {
        "alarmName": alarm["AlarmName"],
        "configuration": _configuration(alarm),
        "previousState": previous,
        "state": state,
    }


def _configuration(alarm: dict[str, Any]) -> dict[str, Any]:
    """Return what the alarm watches; MiniStack does not store metric expressions, so they are left out."""
    described = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return {**described, "alarmRule": alarm["AlarmRule"]}
    return {**described, "metrics": [_metric(alarm)] if alarm.get("MetricName") else []}


def _metric(alarm: dict[str, Any]) -> dict[str, Any]:
    metric = {
        "namespace": alarm.get("Namespace"),
        "name": alarm["MetricName"],
        "dimensions": {entry["Name"]: entry["Value"] for entry in alarm.get("Dimensions") or []},
    }
    stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"])),
        "metricStat": {"metric": metric, "period": alarm.get("Period"), "stat": stat},
        "returnData": True,
    }


def _timestamp(seconds: float) -> str:
    """Return a time in seconds since 1970 in the format of alarm events."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def probe(aws: Endpoint) -> bool:
    """Set an alarm's state, and wait for the event."""
    seen = aws.open_queue("events")
    name = f"alarm-{aws.name()}"
    aws.rule({"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}, {"Arn": seen.arn})
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
    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tested")
    event = seen.first(3)
    return event is not None and bool(event["body"]["detail"]["state"]["value"] == "ALARM")
