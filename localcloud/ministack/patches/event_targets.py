"""An event that cannot be delivered goes to the dead-letter queue, and a failing function is retried.

MiniStack invokes a rule's function once and drops its failure, delivers to queues whose policy does not allow it, and
drops events whose target does not exist. On AWS (EventBridge User Guide, "Using dead-letter queues to process
undelivered events in EventBridge" and "Using resource-based policies for Amazon EventBridge"; Lambda Developer Guide,
"Invoke a Lambda function on a schedule") functions are invoked asynchronously, with the settings of the function or
alias, and an event whose target is gone or forbids it goes to the target's dead-letter queue without a retry. With the
patch each delivery reports what went wrong, and the event is sent there with AWS's attributes. Nothing local fails in a
way that `RetryPolicy` retries. `schedule_times` keeps the times of past runs across a restart.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import deliveries, schedule_times

EFFECT = (
    "targets of rules and schedules: retries of a function, policies of queues, dead-letter queues; a schedule "
    "that ran does not run again after a restart"
)

_PRINCIPAL = "events.amazonaws.com"

_log = logging.getLogger("eventbridge")


class _Forbidden(deliveries.Undeliverable):
    code = "NO_PERMISSIONS"


class _Delivery:
    """The delivery of one event to one target: its rule, and what went wrong."""

    def __init__(self, rule: dict[str, Any]) -> None:
        self.source = str(rule.get("Arn", ""))
        self.problem: deliveries.Undeliverable | None = None


_current: ContextVar[_Delivery | None] = ContextVar("current", default=None)


def apply() -> None:
    """Patch the delivery to targets of rules and schedules."""
    from ministack.services import eventbridge, sns

    invoke, to_queue, to_topic = (
        eventbridge._invoke_target,
        eventbridge._dispatch_to_sqs,
        eventbridge._dispatch_to_sns,
    )

    def invoking(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        delivery = _Delivery(rule)
        token = _current.set(delivery)
        try:
            invoke(target, event, rule, view)
        finally:
            _current.reset(token)
        if delivery.problem:
            body = (view or eventbridge._pattern_event_view(event)).event_with_detail()
            _send_to_dead_letter_queue(target, delivery.source, json.dumps(body), delivery.problem)

    def to_function(arn: str, payload: str) -> None:
        try:
            deliveries.invoke(arn, _parsed(payload))
        except deliveries.Undeliverable as problem:
            _record_problem(problem)

    def checked_to_queue(spec: Any, payload: str, parameters: Any = None) -> None:
        try:
            _check_queue(str(spec), _source())
        except deliveries.Undeliverable as problem:
            _record_problem(problem)
        else:
            to_queue(spec, payload, parameters)

    def checked_to_topic(arn: str, payload: str) -> None:
        if sns._topic_by_arn_any_scope(arn) is None:
            _record_problem(deliveries.Undeliverable(f"Topic does not exist: {arn}"))
        else:
            to_topic(arn, payload)

    schedule_times.install()
    eventbridge._invoke_target = invoking
    eventbridge._dispatch_to_lambda = to_function
    eventbridge._dispatch_to_sqs = checked_to_queue
    eventbridge._dispatch_to_sns = checked_to_topic


def _parsed(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _source() -> str:
    delivery = _current.get()
    return delivery.source if delivery else ""


def _record_problem(problem: deliveries.Undeliverable) -> None:
    delivery = _current.get()
    if delivery:
        delivery.problem = problem


def _check_queue(queue: str, source: str) -> None:
    """Raise `Undeliverable` unless the queue exists and allows the rule to send; a schedule sends with its own role."""
    from ministack.core.responses import get_account_id
    from ministack.services import sqs

    if sqs._queue_by_arn(queue) is None:
        raise deliveries.Undeliverable(f"The specified queue does not exist: {queue}")
    by_rule = source.split(":")[2:3] == ["events"]
    if by_rule and not sqs.queue_policy_allows(queue, _PRINCIPAL, source, get_account_id()):
        raise _Forbidden(f"The policy of {queue} does not allow {source} to send to it.")


def _send_to_dead_letter_queue(
    target: dict[str, Any], source: str, body: str, problem: deliveries.Undeliverable
) -> None:
    """Send the event to the target's dead-letter queue, or log that it is lost."""
    _log.warning("An event of %s was not delivered to %s: %s", source, target.get("Arn"), problem)
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    kind = "SCHEDULE_ARN" if source.split(":")[2:3] == ["scheduler"] else "RULE_ARN"
    attributes = {
        kind: source,
        "TARGET_ARN": str(target.get("Arn", "")),
        "ERROR_CODE": problem.code,
        "ERROR_MESSAGE": str(problem),
    }
    try:
        _check_queue(queue, source)
        deliveries.send(
            queue, body, attributes={name: deliveries.text(value) for name, value in attributes.items() if value}
        )
    except deliveries.Undeliverable as lost:
        _log.warning("It could not be sent to the dead-letter queue either: %s", lost)


def probe(aws: Endpoint) -> bool:
    """Send an event to a failing function, and to a queue that does not allow it."""
    failing, dead_letters, closed = aws.failing_function(), aws.open_queue("events"), aws.queue()
    aws.rule(
        {"source": ["probe.targets"]},
        {"Arn": failing.alias},
        {"Arn": closed.arn, "DeadLetterConfig": {"Arn": dead_letters.arn}},
    )
    aws.publish("probe.targets", {"a": 1})
    dead_letter = dead_letters.first(3)
    return (
        dead_letter is not None
        and dead_letter["attributes"]["ERROR_CODE"] == "NO_PERMISSIONS"
        and aws.eventually(lambda: len(failing.events) == 3, 5)
    )
