"""Asynchronous invocations use the settings of the invoked alias or version, and send records of their outcome.

MiniStack reads only the event invoke config of the unqualified function, whatever alias or version was invoked. It
invokes a topic's function only once, sends nothing on success, sends a dead-letter queue the destination's record
instead of the event, and treats a throttle as a failure of the function. On AWS (Lambda Developer Guide, "How Lambda
handles errors and retries with asynchronous invocation", "Capturing records of Lambda asynchronous invocations" and
"Adding a dead-letter queue") each alias has its own attempts, maximum age and destinations, or the defaults where it
has no settings. A dead-letter queue gets the event, and throttles are retried until the event is too old. With the
patch the invoked ARN stays with the execution record, and retries read the settings of exactly that ARN;
`invoked_function_arn` is correct too.

MiniStack generates a request id for every attempt, and when it stops it loses events that wait for their next attempt.
On AWS all attempts have one id, which Invoke returns as `x-amzn-RequestId` and which is in the record (recorded on AWS
by LocalStack's tests, test_lambda_destinations.py: TestLambdaDestinationSqs.test_retries), and no event is lost. The
patch does the same; `accepted_events` keeps events across a restart.
"""

from __future__ import annotations

import json
import logging
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import deliveries
from localcloud.ministack.support.accepted_events import Accepted, Event

EFFECT = (
    "event invoke settings of an alias or version, records of failures and successes, dead-letter queues with "
    "the event; one request id for all attempts; waiting events survive a restart"
)

_RETRIES = 2
_AGE_S = 21600
_ERROR_MESSAGE_LIMIT = 1024
_INVOKE = re.compile(r"/\d{4}-\d\d-\d\d/functions/[^/]+/invocations/?$")

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the next invocation; reading it with `_take_request_id` sets it to None."""

_log = logging.getLogger("lambda")


def apply() -> None:
    """Patch the lookup of functions and asynchronous invocation."""
    from ministack.services import lambda_svc, sns

    find = lambda_svc._get_func_record_for_ref
    accepted = Accepted(lambda event: _start(lambda_svc, accepted, event))

    def finding(reference: str) -> Any:
        record, config, name = find(reference)
        return record, _named(config, reference), name

    def invoking(function: dict[str, Any], event: Any) -> None:
        config = function.get("config") or function
        made = Event(str(config["FunctionArn"]), event, _take_request_id() or lambda_svc.new_uuid())
        accepted.add(made)
        _start(lambda_svc, accepted, made, function)

    def notifying(function: str, envelope: str, topic: str, subscription: str, *_: Any) -> None:
        notification = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns"}
        event = {"Records": [{**notification, "Sns": json.loads(envelope)}]}
        try:
            deliveries.invoke(function, event)
        except deliveries.Undeliverable as problem:
            _log.warning("A notification of %s was not delivered: %s", topic, problem)

    sns._deliver_to_lambda = notifying
    lambda_svc._get_func_record_for_ref = finding
    lambda_svc.invoke_async_with_retry = invoking
    accepted.install()
    _keep_request_ids(lambda_svc)


def _keep_request_ids(lambda_svc: Any) -> None:
    """Give an invocation the id that Invoke returns, or that its event already has."""
    from ministack import app

    serve, dispatch = app._dispatch_service_request, lambda_svc._execute_function_dispatch

    async def serving(*request: Any, **named: Any) -> Any:
        path, request_id = request[1], request[5]
        _request_id.set(request_id if _INVOKE.match(path) else None)
        return await serve(*request, **named)

    def dispatching(function: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        return dispatch(function, config, event, _take_request_id() or request_id, started)

    app._dispatch_service_request = serving
    lambda_svc._execute_function_dispatch = dispatching


def _take_request_id() -> str | None:
    """Return the id and clear it: invocations that this one causes have their own ids."""
    request_id = _request_id.get()
    _request_id.set(None)
    return request_id


def _start(lambda_svc: Any, accepted: Accepted, event: Event, function: dict[str, Any] | None = None) -> None:
    """Deliver an event in its own thread; without `function`, it is looked up by its ARN."""
    from ministack.core.concurrency import spawn_background
    from ministack.core.responses import request_scope

    if function is None:
        account, region = event.function.split(":")[4], event.function.split(":")[3]
        with request_scope(account, region):
            record, config, _ = lambda_svc._get_func_record_for_ref(event.function)
        if not record or not config:
            _log.warning("An event was lost: function %s no longer exists", event.function)
            accepted.remove(event)
            return
        function = lambda_svc._execution_record_for_config(record, config)
    spawn_background(
        lambda_svc._run_with_function_config_scope,
        function,
        _deliver,
        accepted,
        function,
        event,
        thread_name="ministack-async-invoke",
    )


def _named(config: dict[str, Any] | None, reference: str) -> dict[str, Any] | None:
    """Return the configuration with the qualified ARN that was invoked."""
    function = ":".join(str((config or {}).get("FunctionArn", "")).split(":")[:7])
    if config is None or not str(reference).startswith(f"{function}:"):
        return config
    return {**config, "FunctionArn": reference}


@dataclass(frozen=True)
class _Outcome:
    """The outcome of an event: why delivery ended, after how many invocations, and the last result."""

    condition: str
    invocations: int
    result: dict[str, Any]

    @property
    def succeeded(self) -> bool:
        return self.condition == "Success"


def _deliver(accepted: Accepted, function: dict[str, Any], event: Event) -> None:
    """Invoke until the event is finished, and send its records."""
    from ministack.services import lambda_svc

    config = function.get("config") or function
    settings = _settings(lambda_svc, config)
    try:
        outcome = _invoke(lambda_svc, accepted, function, event, settings)
        if outcome is None:
            return
        _report(config, settings, event, outcome)
        dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letters and not outcome.succeeded:
            _send_to_dead_letter_queue(dead_letters, event, outcome.result)
    finally:
        accepted.remove(event)


def _invoke(
    lambda_svc: Any, accepted: Accepted, function: dict[str, Any], event: Event, settings: dict[str, Any]
) -> _Outcome | None:
    """Invoke until it succeeds, its attempts are used up or the event is too old; `None` after a reset."""
    retries = settings.get("MaximumRetryAttempts")
    allowed = 1 + (_RETRIES if retries is None else int(retries))
    age_s = int(settings.get("MaximumEventAgeInSeconds") or _AGE_S)
    while True:
        time.sleep(max(0.0, event.due - time.time()))
        if not accepted.is_wanted(event):
            return None
        _request_id.set(event.request_id)
        result = lambda_svc._execute_function(function, event.payload)
        _request_id.set(None)
        event.invocations += not result.get("throttle")
        if not result.get("error"):
            return _Outcome("Success", event.invocations, result)
        if event.invocations >= allowed:
            return _Outcome("RetriesExhausted", event.invocations, result)
        wait_s = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** min(event.waits, 10)
        wait_s = min(wait_s, lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS)
        if time.time() - event.accepted + wait_s > age_s:
            return _Outcome("EventAgeExceeded", event.invocations, result)
        event.waits, event.due = event.waits + 1, time.time() + wait_s


def _settings(lambda_svc: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Return the event invoke config of exactly the invoked ARN; an alias does not inherit the function's."""
    parts = str(config.get("FunctionArn", "")).split(":")
    qualifier = parts[7] if len(parts) > 7 else None
    function = lambda_svc._functions.get(config.get("FunctionName")) or {}
    if qualifier in (None, "$LATEST"):
        latest = lambda_svc._event_invoke_config(function, None) or lambda_svc._event_invoke_config(function, "$LATEST")
        return latest or {}
    return lambda_svc._event_invoke_config(function, qualifier) or {}


def _report(config: dict[str, Any], settings: dict[str, Any], event: Event, outcome: _Outcome) -> None:
    """Send the record to the destination for this outcome."""
    destinations = settings.get("DestinationConfig") or {}
    destination = (destinations.get("OnSuccess" if outcome.succeeded else "OnFailure") or {}).get("Destination")
    if not destination:
        return
    arn = str(config.get("FunctionArn", ""))
    record = deliveries.record(
        function=arn if arn.count(":") > 6 else f"{arn}:$LATEST",
        condition=outcome.condition,
        invocations=outcome.invocations,
        request_id=event.request_id,
    )
    record["requestPayload"] = event.payload
    record["responseContext"] = deliveries.response_context(config, outcome.result)
    record["responsePayload"] = outcome.result.get("body")
    deliveries.send_record(destination, record)


def _send_to_dead_letter_queue(target: str, event: Event, result: dict[str, Any]) -> None:
    body = result.get("body")
    message = str(body.get("errorMessage", "")) if isinstance(body, dict) else str(body)
    attributes = {
        "RequestID": deliveries.text(event.request_id),
        "ErrorCode": {"DataType": "Number", "StringValue": "429" if result.get("throttle") else "200"},
        "ErrorMessage": deliveries.text(message[:_ERROR_MESSAGE_LIMIT] or "Unhandled"),
    }
    try:
        deliveries.send(target, json.dumps(event.payload), attributes=attributes)
    except deliveries.Undeliverable as lost:
        _log.warning("An event could not be sent to its dead-letter queue: %s", lost)


def probe(aws: Endpoint) -> bool:
    """Send an event to a failing function's alias that has a destination and no retries."""
    failing, failures = aws.failing_function(), aws.queue()
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
