"""Asynchronous invocations follow the settings of what was invoked, and say where they ended.

MiniStack reads the event invoke config of the unqualified function alone, whatever alias or version an event was sent
to; invokes a topic's function once; sends nothing on success; sends a dead-letter queue the destination's record
instead of the event; and takes a throttle for a failure of the function. On AWS (Lambda Developer Guide, "How Lambda
handles errors and retries with asynchronous invocation", "Capturing records of Lambda asynchronous invocations" and
"Adding a dead-letter queue") each alias has its own attempts, age and destinations, one without settings has the
defaults, a dead-letter queue gets the event, and throttles are retried until the event is too old. Here the ARN that
was invoked travels with the execution record, and the retries read the settings of exactly that ARN.
`invoked_function_arn` is right as well.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from tools.localcloud.ministack.patches import deliveries

_RETRIES = 2
_AGE_S = 21600
_ERROR_MESSAGE_LIMIT = 1024

_log = logging.getLogger("lambda")


def apply() -> None:
    """Patch the look-up of functions and asynchronous invocation."""
    from ministack.core.concurrency import spawn_background
    from ministack.services import lambda_svc, sns

    find = lambda_svc._get_func_record_for_ref

    def finding(reference: str) -> Any:
        record, config, name = find(reference)
        return record, _named(config, reference), name

    def invoking(function: dict[str, Any], event: Any) -> None:
        spawn_background(
            lambda_svc._run_with_function_config_scope,
            function,
            _deliver,
            function,
            event,
            thread_name="ministack-async-invoke",
        )

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


def _named(config: dict[str, Any] | None, reference: str) -> dict[str, Any] | None:
    """Return the configuration under the qualified ARN by which it was asked for."""
    function = ":".join(str((config or {}).get("FunctionArn", "")).split(":")[:7])
    if config is None or not str(reference).startswith(f"{function}:"):
        return config
    return {**config, "FunctionArn": reference}


@dataclass(frozen=True)
class _End:
    """How an event ended: why, after how many invocations, and with which answer."""

    condition: str
    invocations: int
    result: dict[str, Any]

    @property
    def succeeded(self) -> bool:
        return self.condition == "Success"


def _deliver(function: dict[str, Any], event: Any) -> None:
    """Invoke until the end, and tell who wants to know."""
    from ministack.core.responses import new_uuid
    from ministack.services import lambda_svc

    config = function.get("config") or function
    settings = _settings(lambda_svc, config)
    end = _invoke(lambda_svc, function, event, settings)
    request_id = new_uuid()
    _report(config, settings, event, end, request_id)
    dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if dead_letters and not end.succeeded:
        _bury(dead_letters, event, end.result, request_id)


def _invoke(lambda_svc: Any, function: dict[str, Any], event: Any, settings: dict[str, Any]) -> _End:
    """Invoke until it succeeds, its attempts are used up or the event is too old."""
    retries = settings.get("MaximumRetryAttempts")
    allowed = 1 + (_RETRIES if retries is None else int(retries))
    age_s = int(settings.get("MaximumEventAgeInSeconds") or _AGE_S)
    accepted, invocations = time.monotonic(), 0
    for waits in itertools.count():
        result = lambda_svc._execute_function(function, event)
        invocations += not result.get("throttle")
        if not result.get("error"):
            return _End("Success", invocations, result)
        if invocations == allowed:
            return _End("RetriesExhausted", invocations, result)
        wait_s = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** min(waits, 10)
        wait_s = min(wait_s, lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS)
        if time.monotonic() - accepted + wait_s > age_s:
            return _End("EventAgeExceeded", invocations, result)
        time.sleep(wait_s)
    raise AssertionError  # the count has no end


def _settings(lambda_svc: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Return the event invoke config of exactly the invoked ARN; an alias does not inherit the function's."""
    parts = str(config.get("FunctionArn", "")).split(":")
    qualifier = parts[7] if len(parts) > 7 else None
    function = lambda_svc._functions.get(config.get("FunctionName")) or {}
    if qualifier in (None, "$LATEST"):
        latest = lambda_svc._event_invoke_config(function, None) or lambda_svc._event_invoke_config(function, "$LATEST")
        return latest or {}
    return lambda_svc._event_invoke_config(function, qualifier) or {}


def _report(config: dict[str, Any], settings: dict[str, Any], event: Any, end: _End, request_id: str) -> None:
    """Send the record to the destination of this end."""
    destinations = settings.get("DestinationConfig") or {}
    destination = (destinations.get("OnSuccess" if end.succeeded else "OnFailure") or {}).get("Destination")
    if not destination:
        return
    arn = str(config.get("FunctionArn", ""))
    record = deliveries.record(
        function=arn if arn.count(":") > 6 else f"{arn}:$LATEST",
        condition=end.condition,
        invocations=end.invocations,
        request_id=request_id,
    )
    record["requestPayload"] = event
    record["responseContext"] = deliveries.response_context(config, end.result)
    record["responsePayload"] = end.result.get("body")
    deliveries.send_record(destination, record)


def _bury(target: str, event: Any, result: dict[str, Any], request_id: str) -> None:
    body = result.get("body")
    message = str(body.get("errorMessage", "")) if isinstance(body, dict) else str(body)
    attributes = {
        "RequestID": deliveries.text(request_id),
        "ErrorCode": {"DataType": "Number", "StringValue": "429" if result.get("throttle") else "200"},
        "ErrorMessage": deliveries.text(message[:_ERROR_MESSAGE_LIMIT] or "Unhandled"),
    }
    try:
        deliveries.send(target, json.dumps(event), attributes=attributes)
    except deliveries.Undeliverable as lost:
        _log.warning("An event was not kept in its dead-letter queue: %s", lost)
