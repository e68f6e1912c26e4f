"""What a message in the queue of failures is, and what would send it again.

Three kinds of messages end there ("Asynchronous invocation destinations", "Discarded batches" of stream mappings, and
"Using dead-letter queues to process undelivered events" of EventBridge). Each names where it was going; it is sent
there only when that is a function or a queue of this deployment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotReplayable(Exception):
    """A message that cannot be sent again; the text says why."""


@dataclass(frozen=True)
class Invocation:
    """An asynchronous invocation that failed: invoke the function with the same event."""

    function: str
    payload: Any


@dataclass(frozen=True)
class StreamBatch:
    """A batch of a DynamoDB stream that was given up; the message has only its place in the stream, not its records."""

    function: str
    stream: str
    shard: str
    start: str
    end: str
    size: int


@dataclass(frozen=True)
class QueueMessage:
    """An event that EventBridge could not put into a queue."""

    url: str
    body: str


Replay = Invocation | StreamBatch | QueueMessage


@dataclass(frozen=True)
class Ours:
    """What belongs to the deployment: function names in AWS, and queue URLs by the queues' names."""

    functions: frozenset[str]
    queues: Mapping[str, str]

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Ours:
        """Read it from Terraform's outputs."""
        urls = outputs.get("queues", {}).values()
        return cls(frozenset(outputs.get("functions", {}).values()), {url.rpartition("/")[2]: url for url in urls})


def understand(message: Mapping[str, Any], ours: Ours) -> Replay:
    """Return what would send a message again.

    Parameters
    ----------
    message
        As from SQS's ReceiveMessage, with all attributes.

    Raises
    ------
    NotReplayable
        It is of no known kind, or was going somewhere else.
    """
    try:
        body = json.loads(message["Body"])
    except ValueError:
        raise NotReplayable("its body is not JSON") from None
    if not isinstance(body, dict):
        raise NotReplayable("its body is no JSON object")
    target = message.get("MessageAttributes", {}).get("TARGET_ARN", {}).get("StringValue")
    if target:
        return _undelivered(target, body, message["Body"], ours)
    if "DDBStreamBatchInfo" in body:
        return _batch(body, ours)
    if "requestPayload" in body:
        return Invocation(_function(_function_arn(body), ours), body["requestPayload"])
    raise NotReplayable("it is neither a failed invocation, nor a stream's batch, nor an undelivered event")


def reason(message: Mapping[str, Any]) -> str:
    """Return in a few words why a message is there."""
    attributes = message.get("MessageAttributes", {})
    if "ERROR_CODE" in attributes:
        texts = [attributes.get(name, {}).get("StringValue", "") for name in ("ERROR_CODE", "ERROR_MESSAGE")]
        return ": ".join(text for text in texts if text)
    try:
        body = json.loads(message["Body"])
        condition = str(body["requestContext"]["condition"])
        answer = body.get("responsePayload")
        error = answer.get("errorType") or answer.get("errorMessage") if isinstance(answer, dict) else None
    except (ValueError, KeyError, TypeError):
        received = message.get("Attributes", {}).get("ApproximateReceiveCount", "?")
        return f"received {received} times"
    return f"{condition} ({error})" if error else condition


def _function_arn(body: Mapping[str, Any]) -> str:
    context = body.get("requestContext")
    return str(context.get("functionArn", "")) if isinstance(context, dict) else ""


def _function(arn: str, ours: Ours) -> str:
    # arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda" or parts[6] not in ours.functions:
        raise NotReplayable(f"{arn or 'no function'} is none of this deployment's functions")
    return parts[6]


def _undelivered(target: str, event: Any, body: str, ours: Ours) -> Replay:
    parts = target.split(":")
    if len(parts) == 6 and parts[2] == "sqs" and parts[5] in ours.queues:
        return QueueMessage(ours.queues[parts[5]], body)
    return Invocation(_function(target, ours), event)


def _batch(body: Mapping[str, Any], ours: Ours) -> StreamBatch:
    info = body["DDBStreamBatchInfo"]
    try:
        return StreamBatch(
            function=_function(_function_arn(body), ours),
            stream=str(info["streamArn"]),
            shard=str(info["shardId"]),
            start=str(info["startSequenceNumber"]),
            end=str(info["endSequenceNumber"]),
            size=int(info["batchSize"]),
        )
    except (KeyError, TypeError, ValueError):
        raise NotReplayable("it does not say where in the stream its batch is") from None
