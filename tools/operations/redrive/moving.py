"""Moving a dead-letter queue's messages back into the queue that they came from."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tools.errors import DeliveryProblem
from tools.operations.redrive.messages import Outcome, count, receive

_POLL_S = 0.5
# What an endpoint says that does not know message move tasks, as most emulators do not.
_UNKNOWN = {"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "NotImplemented", "InternalFailure"}

Progress = Callable[[int, int], None]


def move(
    sqs: Any,
    source: str,
    target: str,
    progress: Progress,
    *,
    limit: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Move messages back and wait until they are there.

    SQS does it by itself ("StartMessageMoveTask") and goes on when this process ends; a task that is under way already
    is followed. With a limit, which a task cannot have, and where the endpoint knows no tasks, each message is sent and
    then deleted here.

    Parameters
    ----------
    source, target
        URLs of the dead-letter queue and of the queue that it belongs to.
    progress
        Called with how many messages are moved, and of how many.

    Raises
    ------
    DeliveryProblem
        SQS has given up.
    """
    found = count(sqs, source)
    if limit is None:
        try:
            started = _started(sqs, source, target, found)
        except sqs.exceptions.ClientError as error:
            if error.response["Error"]["Code"].rpartition(".")[2] not in _UNKNOWN:
                raise
        else:
            return _follow(sqs, source, found, progress, sleep) if started else Outcome(0)
    wanted = found if limit is None else min(limit, found)
    outcome = Outcome(found)
    with closing(receive(sqs, source, wanted)) as messages:
        for message in messages:
            _send(sqs, target, message)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            outcome.sent += 1
            progress(outcome.sent, wanted)
    return outcome


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _latest(sqs: Any, arn: str) -> dict[str, Any]:
    tasks = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
    return dict(tasks[0]) if tasks else {}


def _started(sqs: Any, source: str, target: str, found: int) -> bool:
    arn = _arn(sqs, source)
    if _latest(sqs, arn).get("Status") == "RUNNING":
        return True
    if not found:
        return False
    sqs.start_message_move_task(SourceArn=arn, DestinationArn=_arn(sqs, target))
    return True


def _follow(sqs: Any, source: str, found: int, progress: Progress, sleep: Callable[[float], None]) -> Outcome:
    arn = _arn(sqs, source)
    while True:
        task = _latest(sqs, arn)
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        total = int(task.get("ApproximateNumberOfMessagesToMove") or found)
        progress(moved, max(moved, total))
        status = task.get("Status")
        if status == "COMPLETED":
            return Outcome(max(found, moved), moved)
        if status in ("FAILED", "CANCELLED"):
            raise DeliveryProblem(
                f"SQS stopped after {moved} messages: {task.get('FailureReason') or status}.",
                "python -m tools redrive notifications --dry-run shows the rest",
            )
        sleep(_POLL_S)


def _send(sqs: Any, url: str, message: dict[str, Any]) -> None:
    # What is received has fields beside these that sending refuses.
    attributes = {
        name: {key: value for key, value in attribute.items() if key in ("DataType", "StringValue", "BinaryValue")}
        for name, attribute in message.get("MessageAttributes", {}).items()
    }
    sqs.send_message(QueueUrl=url, MessageBody=message["Body"], MessageAttributes=attributes)
