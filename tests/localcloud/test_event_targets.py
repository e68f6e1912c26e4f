"""Rules and their targets, and events that reach no target."""

from __future__ import annotations

import json

import pytest

from tests.localcloud.aws import ACCOUNT, REGION, Aws
from tests.localcloud.sources import FAILING, Function, eventually, function, open_queue, publish, queue, rule

RECORDING = "def handler(event, context):\n    record(event)"
MISSING = {
    "lambda": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:missing:live",
    "sqs": f"arn:aws:sqs:{REGION}:{ACCOUNT}:missing",
    "sns": f"arn:aws:sns:{REGION}:{ACCOUNT}:missing",
}


def test_a_failing_function_is_retried_by_the_settings_of_its_alias(aws: Aws) -> None:
    failing, failures, letters = function(aws, FAILING), queue(aws), open_queue(aws, "events")
    aws("lambda").put_function_event_invoke_config(
        FunctionName=failing.name,
        Qualifier="live",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    rule(aws, {"source": ["a.failing"]}, {"Arn": failing.alias, "DeadLetterConfig": {"Arn": letters.arn}})
    publish(aws, "a.failing", {"number": 1})
    record = failures.first()
    assert record is not None
    assert record["body"]["requestPayload"]["detail"] == {"number": 1}
    assert len(failing.events) == 2
    assert letters.received == [], "Lambda accepted the event, so its failure is up to the function's settings"


@pytest.mark.parametrize("kind", MISSING)
def test_an_event_without_a_target_goes_to_the_dead_letter_queue(aws: Aws, kind: str) -> None:
    letters = open_queue(aws, "events")
    target = {"Arn": MISSING[kind], "Input": '{"made": "up"}', "DeadLetterConfig": {"Arn": letters.arn}}
    arn = rule(aws, {"source": [f"no.{kind}"]}, {**target, "RetryPolicy": {"MaximumRetryAttempts": 3}})
    publish(aws, f"no.{kind}", {"number": 1})
    letter = letters.first()
    assert letter is not None
    assert letter["body"]["detail"] == {"number": 1}, "the event itself, not what the target would have got"
    attributes = letter["attributes"]
    assert set(attributes) == {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (
        arn,
        MISSING[kind],
        "NO_RESOURCE",
    )


def test_a_queue_accepts_events_of_the_rules_in_its_policy(aws: Aws) -> None:
    letters = open_queue(aws, "events")
    other = rule(aws, {"source": ["an.open"]})
    closed = open_queue(aws, "events", other)
    rule(aws, {"source": ["a.closed"]}, {"Arn": closed.arn, "DeadLetterConfig": {"Arn": letters.arn}})
    publish(aws, "a.closed", {})
    letter = letters.first()
    assert letter is not None
    assert letter["attributes"]["ERROR_CODE"] == "NO_PERMISSIONS"
    assert closed.received == []
    aws("events").put_targets(Rule=other.rpartition("/")[2], Targets=[{"Id": "1", "Arn": closed.arn}])
    publish(aws, "an.open", {})
    assert closed.first() is not None


@pytest.mark.parametrize("by", ["name", "arn"])
def test_a_custom_bus_is_found_by_name_and_by_arn(aws: Aws, by: str) -> None:
    bus = f"bus-{aws.name()}"
    arn = aws("events").create_event_bus(Name=bus)["EventBusArn"]
    seen, shaped, elsewhere = (open_queue(aws, "events") for _ in range(3))
    pattern = {"source": ["a.shop"], "detail": {"price": [{"numeric": [">", 10]}]}}
    transformer = {"InputPathsMap": {"price": "$.detail.price"}, "InputTemplate": '{"costs": <price>}'}
    rule(aws, pattern, {"Arn": seen.arn}, {"Arn": shaped.arn, "InputTransformer": transformer}, bus=bus)
    rule(aws, pattern, {"Arn": elsewhere.arn})
    for price in (5, 20):
        publish(aws, "a.shop", {"price": price}, bus if by == "name" else arn)
    event = seen.first()
    assert event is not None
    assert (event["body"]["detail"], event["body"]["source"]) == ({"price": 20}, "a.shop")
    assert [message["body"] for message in shaped.received] == [{"costs": 20}]
    assert seen.received == elsewhere.received == []


def grows(seen: Function) -> bool:
    """Return whether more events arrive within a bit more than one minute of the schedule, which is a second here."""
    before = len(seen.events)
    return eventually(lambda: len(seen.events) > before, 1.5)


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "cron(* * * * ? *)"])
def test_a_schedule_invokes_an_alias_every_minute(accelerated: Aws, schedule: str) -> None:
    plain, with_input = function(accelerated, RECORDING), function(accelerated, RECORDING)
    arn = accelerated("events").put_rule(Name="each-minute", ScheduleExpression=schedule)["RuleArn"]
    targets = [{"Id": "1", "Arn": plain.alias}, {"Id": "2", "Arn": with_input.alias, "Input": '{"job": "sweep"}'}]
    accelerated("events").put_targets(Rule="each-minute", Targets=targets)
    assert eventually(lambda: len(plain.events) > 1 and len(with_input.events) > 1)
    event = plain.events[0]
    assert set(event) == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }
    assert (event["version"], event["detail-type"], event["source"]) == ("0", "Scheduled Event", "aws.events")
    assert (event["account"], event["region"], event["resources"]) == (ACCOUNT, REGION, [arn])
    assert event["detail"] == {}
    assert len(event["time"]) == len("2026-01-01T00:00:00Z")
    assert event["id"] != plain.events[1]["id"]
    assert with_input.events[0] == {"job": "sweep"}
    accelerated("events").disable_rule(Name="each-minute")
    assert eventually(lambda: not grows(plain), 15), "what was under way has arrived, and nothing more is sent"


def test_a_schedule_that_ran_does_not_run_again_after_a_restart(accelerated: Aws) -> None:
    first, later = function(accelerated, RECORDING), function(accelerated, RECORDING)
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    chosen = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpression": "at(2026-01-01T00:00:00)"}
    accelerated("scheduler").create_schedule(Name="first", Target={"Arn": first.alias, "RoleArn": role}, **chosen)
    assert eventually(lambda: first.events)
    accelerated.restart()
    accelerated("scheduler").create_schedule(Name="later", Target={"Arn": later.alias, "RoleArn": role}, **chosen)
    assert eventually(lambda: later.events)
    # An invocation that the restart interrupted is delivered again, as the same event.
    assert len({event["id"] for event in first.events}) == 1


def test_a_metric_alarm_publishes_its_change(aws: Aws) -> None:
    name, seen = f"alarm-{aws.name()}", open_queue(aws, "events")
    pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
    rule(aws, {**pattern, "detail": {"alarmName": [name]}}, {"Arn": seen.arn})
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription="too many",
        Namespace="Starter",
        MetricName="Errors",
        Dimensions=[{"Name": "Function", "Value": "get-item"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    for state in ("ALARM", "ALARM", "OK"):
        aws("cloudwatch").set_alarm_state(
            AlarmName=name, StateValue=state, StateReason=f"is {state}", StateReasonData='{"version": "1.0"}'
        )
    events = [message["body"] for message in seen.received]
    assert len(events) == 2, "one for each change"
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    assert [event["resources"] for event in events] == [[alarm], [alarm]]
    detail = events[0]["detail"]
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert (detail["state"]["value"], detail["state"]["reason"]) == ("ALARM", "is ALARM")
    assert json.loads(detail["state"]["reasonData"]) == {"version": "1.0"}
    assert detail["state"]["timestamp"].endswith("+0000")
    assert detail["configuration"]["description"] == "too many"
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Starter", "name": "Errors", "dimensions": {"Function": "get-item"}},
        "period": 300,
        "stat": "Sum",
    }
    later = events[1]["detail"]
    assert (later["previousState"]["value"], later["previousState"]["reason"]) == ("ALARM", "is ALARM")


def test_a_composite_alarm_publishes_its_change(aws: Aws) -> None:
    name, seen = f"both-{aws.name()}", open_queue(aws, "events")
    rule(aws, {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}, {"Arn": seen.arn})
    metric = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    child = f"child-{aws.name()}"
    aws("cloudwatch").put_metric_alarm(
        AlarmName=child, Threshold=1, ComparisonOperator="GreaterThanThreshold", **metric
    )
    aws("cloudwatch").set_alarm_state(AlarmName=child, StateValue="OK", StateReason="fine")
    aws("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=f'ALARM("{child}")')
    created = seen.received
    aws("cloudwatch").set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="not fine")
    (message,) = seen.received
    detail = message["body"]["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("OK", "ALARM")
    assert len(created) == 1, "from the insufficient data it begins with"
    assert detail["configuration"] == {"alarmRule": f'ALARM("{child}")'}
