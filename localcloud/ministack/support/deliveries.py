"""Deliver to queues, topics, functions and buses, and build Lambda's invocation records."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

_log = logging.getLogger("lambda")


class Undeliverable(Exception):
    """The target does not exist.

    `code` is EventBridge's error code for it (EventBridge User Guide, "Using dead-letter queues to process undelivered
    events in EventBridge").
    """

    code = "NO_RESOURCE"


def send(target: str, body: str, *, attributes: dict[str, dict[str, str]] | None = None) -> None:
    """Deliver text to a queue or a topic, or a JSON document to a function or a bus.

    Parameters
    ----------
    target
        Its ARN.
    body
        The text or document.
    attributes
        Message attributes, by name; only for queues and topics.

    Raises
    ------
    Undeliverable
        The target does not exist.
    """
    service = (target.split(":") + [""] * 3)[2]
    if service == "sqs":
        _to_queue(target, body, attributes or {})
    elif service == "sns":
        _to_topic(target, body, attributes or {})
    elif service == "lambda":
        invoke(target, json.loads(body))
    elif service == "events":
        _to_bus(target, json.loads(body))
    else:
        raise Undeliverable(f"{target} is not a target that the local cloud supports.")


def invoke(function: str, event: Any) -> None:
    """Invoke a function, version or alias asynchronously."""
    from ministack.services import lambda_svc

    record, config, _ = lambda_svc._get_func_record_for_ref(function)
    if not record or not config:
        raise Undeliverable(f"Function not found: {function}")
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(record, config), event)


def _to_queue(target: str, body: str, attributes: dict[str, dict[str, str]]) -> None:
    from ministack.core.concurrency import esm_wake
    from ministack.core.responses import new_uuid
    from ministack.services import sqs

    queue = sqs._queue_by_arn(target)
    if queue is None:
        raise Undeliverable(f"The specified queue does not exist: {target}")
    message = {
        "id": new_uuid(),
        "body": body,
        "visible_at": time.time() + sqs.queue_delay(queue),
        "message_attributes": attributes,
        "md5_attrs": sqs._md5_msg_attrs(attributes),
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()


def _to_topic(target: str, body: str, attributes: dict[str, dict[str, str]]) -> None:
    from ministack.services import sns

    if sns.publish_internal(target, body, message_attributes=attributes) is None:
        raise Undeliverable(f"Topic does not exist: {target}")


def _to_bus(target: str, record: dict[str, Any]) -> None:
    from ministack.services import eventbridge

    outcome = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Detail": json.dumps(record),
        "EventBusName": target,
        "Resources": [target, record["requestContext"]["functionArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def text(value: str) -> dict[str, str]:
    """Return a message attribute that is a string."""
    return {"DataType": "String", "StringValue": value}


def send_record(target: str, record: dict[str, Any]) -> None:
    """Deliver a record to a destination; if that no longer exists, the record is lost, as on AWS."""
    try:
        send(target, json.dumps(record))
    except Undeliverable as lost:
        _log.warning("A record was lost: %s", lost)


def record(*, function: str, condition: str, invocations: int, request_id: str) -> dict[str, Any]:
    """Return the common part of every invocation record.

    See Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and "Retain discarded records for
    a DynamoDB event source in Lambda".

    Parameters
    ----------
    function
        ARN of what was invoked, with its qualifier.
    condition
        Why the record is sent, such as `RetriesExhausted`.
    invocations
        How often the function was invoked.
    request_id
        Id of the request.
    """
    return {
        "version": "1.0",
        "timestamp": timestamp(time.time()),
        "requestContext": {
            "requestId": request_id,
            "functionArn": function,
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
    }


def response_context(config: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a record that describes the last result of a function."""
    failed = {"functionError": result.get("function_error") or "Unhandled"} if result.get("error") else {}
    return {"statusCode": 200, "executedVersion": config.get("Version") or "$LATEST", **failed}


def timestamp(seconds: float, precision: str = "milliseconds") -> str:
    """Return a time in seconds since 1970 in the format of the records, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
