"""What happens by itself: events, schedules, and what becomes of a function that nobody waits for."""

from __future__ import annotations

import json
from typing import Any

from tools.checks.capabilities.workshop import PATIENCE_S, Queue, Workshop, expect

_FAILING = """
def handler(event, context):
    tell(event)
    raise ValueError("no")
"""
_BETWEEN_SCHEDULES_S = 80.0
"""A schedule may fire a minute after it was made, and an emulator may look for it every few seconds alone."""


def from_the_bus() -> dict[str, Any]:
    """Return the statement of a queue's policy that lets rules send."""
    return {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}


def rule(shop: Workshop, *targets: Queue, schedule: str | None = None) -> str:
    """Make a rule on the default bus, for events of one source or by schedule, and return its name: the source."""
    events, name = shop("events"), shop.name()
    pattern = {"source": [name], "detail": {"a": [{"numeric": ["<", 2]}]}}
    wanted = {"ScheduleExpression": schedule} if schedule else {"EventPattern": json.dumps(pattern)}
    events.put_rule(Name=name, **wanted)
    shop.undo(events.delete_rule, Name=name)
    numbered = {str(number): target.arn for number, target in enumerate(targets)}
    events.put_targets(Rule=name, Targets=[{"Id": number, "Arn": arn} for number, arn in numbered.items()])
    shop.undo(events.remove_targets, Rule=name, Ids=list(numbered))
    return name


def events(shop: Workshop) -> None:
    """What a rule's pattern selects arrives at its target, and nothing else does."""
    target = shop.queue(policy=from_the_bus())
    source = rule(shop, target)
    entries = [{"Source": source, "DetailType": "Probe", "Detail": json.dumps({"a": number})} for number in (2, 1)]
    shop("events").put_events(Entries=entries)
    found = [event["detail"] for event in target.until(bool)]
    expect(found, "nothing that was put on the bus arrives")
    expect(found == [{"a": 1}], f"what the pattern selects is {found}")


def schedule(shop: Workshop) -> None:
    """A rule with a rate of a minute fires."""
    target = shop.queue(policy=from_the_bus())
    rule(shop, target, schedule="rate(1 minute)")
    event = target.first(_BETWEEN_SCHEDULES_S)
    expect(event, f"a rule with a rate of a minute does not fire within {_BETWEEN_SCHEDULES_S:.0f} s")
    expect(event["detail-type"] == "Scheduled Event", f"it fires with {event['detail-type']!r}")


def _failing(shop: Workshop, attempts: Queue, failures: Queue, retries: int) -> None:
    """Invoke a function that fails, asynchronously."""
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": failures.arn}
    function = shop.function(_FAILING, sends, inbox=attempts)
    destination = {"OnFailure": {"Destination": failures.arn}}
    shop("lambda").put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=retries, DestinationConfig=destination
    )
    shop("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"a": 1}')


def async_destination(shop: Workshop) -> None:
    """An asynchronous invocation that fails for good leaves a record at the function's destination."""
    attempts, failures = shop.queue(), shop.queue()
    _failing(shop, attempts, failures, retries=0)
    expect(attempts.first(), "an asynchronous invocation never happens")
    record = failures.first()
    expect(record, "a failure leaves no record at the function's destination")
    expect(record["requestPayload"] == {"a": 1}, "the record of a failure has another payload")


def async_retry(shop: Workshop) -> None:
    """An asynchronous invocation that fails is tried again, as often as the function's settings say."""
    attempts, failures = shop.queue(), shop.queue()
    _failing(shop, attempts, failures, retries=1)
    made = attempts.until(lambda found: len(found) == 2)
    expect(len(made) == 2, f"{len(made)} of 2 attempts are made within {PATIENCE_S:.0f} s")
    expect(attempts.first(1) is None, "a third attempt is made where two are asked for")
