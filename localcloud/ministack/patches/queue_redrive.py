"""A dead-letter queue can be redriven.

MiniStack has no StartMessageMoveTask, ListMessageMoveTasks or CancelMessageMoveTask. On AWS (Amazon SQS API reference;
Developer Guide, "Learn how to configure a dead-letter queue redrive in Amazon SQS") they move the messages of a
dead-letter queue to a given queue or back to their sources, at a given rate, as new messages with a new id and
retention period; one task at a time for each queue. A message that was sent directly to the dead-letter queue has no
source, and fails a task without a destination. The patch adds the three actions. Without a rate, all visible messages
are moved before StartMessageMoveTask returns. A task continues after a clean restart of the emulator. IAM policies are
checked for the dead-letter queue only; AWS also checks the right to read it and to send to the destination.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = (
    "StartMessageMoveTask and its companions, which continue after a restart; IAM policies are checked for the "
    "dead-letter queue only"
)

_MOST_PER_SECOND = 500
_STATE_KEY = "local_message_move_tasks"
_NO_SOURCE = "CouldNotDetermineMessageSource"


@dataclass
class _Task:
    source: str
    destination: str | None
    rate: int | None
    to_move: int
    moved: int = 0
    status: str = "RUNNING"
    failure: str | None = None
    started_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    background_task: Any = None

    def saved(self) -> dict[str, Any]:
        """Return the task as plain values."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "background_task"}

    @property
    def handle(self) -> str:
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source}).encode()).decode()

    def described(self) -> dict[str, Any]:
        members = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source,
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": self.started_ms,
        }
        return {name: value for name, value in members.items() if value is not None}


class _Redrive:
    """The tasks of every dead-letter queue, newest first."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.tasks: dict[str, list[_Task]] = {}

    def start(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        source, destination = data.get("SourceArn", ""), data.get("DestinationArn")
        queue = self._queue(source, "SourceArn")
        if destination:
            self._queue(destination, "DestinationArn")
        if source not in [_dead_letters_of(each) for each in self._sqs._queues.values()]:
            raise self._sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        rate = data.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 0 < int(rate) <= _MOST_PER_SECOND:
            raise self._sqs._Err("InvalidParameterValue", f"The rate must be between 1 and {_MOST_PER_SECOND}.")
        tasks = self.tasks.setdefault(source, [])
        if tasks and tasks[0].status == "RUNNING":
            raise self._sqs._Err("UnsupportedOperation", "There is already a task running for this source queue.")
        task = _Task(source, destination, int(rate) if rate else None, len(_visible(queue)))
        tasks.insert(0, task)
        self._step(task)
        self._continue_in_background(task)
        return {"TaskHandle": task.handle}

    def load(self, saved: dict[str, Any]) -> None:
        """Restore the tasks of an earlier process, and continue those that were running."""
        for source, tasks in saved.items():
            self.tasks[source] = [_Task(**task) for task in tasks]
            for task in self.tasks[source]:
                self._continue_in_background(task)

    def _continue_in_background(self, task: _Task) -> None:
        if task.status == "RUNNING":
            task.background_task = asyncio.get_running_loop().create_task(self._run(task))

    def list(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        self._queue(data.get("SourceArn", ""), "SourceArn")
        most = min(int(data.get("MaxResults") or 1), 10)
        return {"Results": [task.described() for task in self.tasks.get(data["SourceArn"], [])[:most]]}

    def cancel(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        handle = data.get("TaskHandle", "")
        for task in self.tasks.get(_source_of(handle), []):
            if task.handle == handle and task.status == "RUNNING":
                task.status = "CANCELLED"
                return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise self._sqs._Err("ResourceNotFoundException", "There is no running task with this TaskHandle.", 404)

    def _queue(self, arn: str, parameter: str) -> Any:
        queue = self._sqs._queue_by_arn(arn)
        if queue is None:
            message = f"The resource that you specified for the {parameter} parameter doesn't exist."
            raise self._sqs._Err("ResourceNotFoundException", message, 404)
        return queue

    async def _run(self, task: _Task) -> None:
        while task.status == "RUNNING":
            await asyncio.sleep(1)
            self._step(task)

    def _step(self, task: _Task) -> None:
        """Move as many messages as one second allows, and update the task's status."""
        if task.status != "RUNNING":
            return
        with self._sqs._queues_lock:
            queue = self._sqs._queue_by_arn(task.source)
            for message in _visible(queue)[: task.rate] if queue else []:
                arn = task.destination or message.get("sys", {}).get("DeadLetterQueueSourceArn")
                destination = self._sqs._queue_by_arn(arn) if arn else None
                if destination is None:
                    task.status, task.failure = "FAILED", _NO_SOURCE
                    return
                queue["messages"].remove(message)
                destination["messages"].append(_as_new_message(message, destination))
                task.moved += 1
            if not queue or not _visible(queue):
                task.status = "COMPLETED"
        self._sqs.esm_wake.set()


def apply() -> None:
    """Add the three actions, the resource that IAM checks for them, and hooks into saving and loading."""
    from ministack import app
    from ministack.core import iam_actions
    from ministack.services import sqs

    redrive = _Redrive(sqs)
    sqs._HANDLERS["StartMessageMoveTask"] = redrive.start
    sqs._HANDLERS["ListMessageMoveTasks"] = redrive.list
    sqs._HANDLERS["CancelMessageMoveTask"] = redrive.cancel
    find, reset = iam_actions.extract_resource_arn, sqs.reset
    save, load = app._build_persistence_save_dict, app._load_persisted_state

    def saving() -> dict[str, Callable[[], object]]:
        tasks = {source: [task.saved() for task in those] for source, those in redrive.tasks.items()}
        return {**save(), _STATE_KEY: lambda: tasks}

    def loading() -> None:
        load()
        redrive.load(app.load_state(_STATE_KEY) or {})

    def finding(service: str, *request: Any) -> str:
        if service == "sqs" and "MessageMoveTask" in str(request[2].get("x-amz-target", "")):
            asked = json.loads(request[3] or b"{}")
            return asked.get("SourceArn") or _source_of(asked.get("TaskHandle", "")) or "*"
        return str(find(service, *request))

    def resetting() -> None:
        reset()
        redrive.tasks.clear()

    iam_actions.extract_resource_arn, sqs.reset = finding, resetting
    app._build_persistence_save_dict, app._load_persisted_state = saving, loading


def _source_of(handle: str) -> str:
    """Return the ARN of the queue in a task handle, or nothing."""
    try:
        return str(json.loads(base64.b64decode(handle))["sourceArn"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return ""


def _dead_letters_of(queue: Any) -> Any:
    """Return the ARN of the queue's dead-letter queue, if it has one."""
    return json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn")


def _visible(queue: Any) -> list[Any]:
    now = time.time()
    return [message for message in queue["messages"] if message["visible_at"] <= now]


def _as_new_message(message: dict[str, Any], destination: Any) -> dict[str, Any]:
    """Return the moved message: the same content with a new id, time and receive count."""
    now = time.time()
    kept = {name: value for name, value in message["sys"].items() if name != "DeadLetterQueueSourceArn"}
    if destination.get("is_fifo"):
        destination["fifo_seq"] += 1
        message = {**message, "seq": str(destination["fifo_seq"]).zfill(20)}
    return {
        **message,
        "id": str(uuid.uuid4()),
        "sent_at": now,
        "enqueued_at": now,
        "visible_at": now,
        "receive_count": 0,
        "first_receive_at": None,
        "receipt_handle": None,
        "sys": {**kept, "SentTimestamp": str(int(now * 1000))},
    }


def probe(aws: Endpoint) -> bool:
    """Move two dead letters back to their queue."""
    sqs = aws("sqs")
    source, dead = aws.queue_with_dead_letters("one", "two")
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    try:
        sqs.start_message_move_task(SourceArn=dead_arn)
        task = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0]
    except sqs.exceptions.ClientError:
        return False
    back = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10)["Messages"]
    return (
        task["Status"] == "COMPLETED"
        and task["ApproximateNumberOfMessagesMoved"] == 2
        and sorted(message["Body"] for message in back) == ["one", "two"]
    )
