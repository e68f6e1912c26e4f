"""SQS of the test's own, and the messages of the queue of failures."""

from __future__ import annotations

import json
from typing import Any

ARN = "arn:aws:lambda:eu-west-1:123456789012:function"


def failed(function: str, payload: Any, **more: Any) -> dict[str, Any]:
    """Return an on-failure record ("Asynchronous invocation destinations")."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-24T10:00:00.000Z",
        "requestContext": {
            "requestId": "r",
            "functionArn": f"{ARN}:{function}:live",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Unavailable", "errorMessage": "the table"},
    } | more


class Queues:
    """SQS with the application's three queues. moto knows no message move tasks: this class stands in for those."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.urls = {
            name: sqs.create_queue(QueueName=f"app-{name}")["QueueUrl"]
            for name in ("notifications", "notifications_dlq", "failures")
        }
        self.tasks: list[dict[str, Any]] = []
        self.ends = "COMPLETED"
        self.refuses_tasks = ""
        self.refuses: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def _fail(self, code: str) -> None:
        raise self.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "x")

    def list_message_move_tasks(self, *, SourceArn: str, MaxResults: int) -> dict[str, Any]:
        if self.refuses_tasks:
            self._fail(self.refuses_tasks)
        if self.tasks and self.tasks[0]["Status"] == "RUNNING":
            self._step(self.tasks[0])
        return {"Results": [dict(task) for task in self.tasks[:MaxResults]]}

    def start_message_move_task(self, *, SourceArn: str, DestinationArn: str) -> dict[str, Any]:
        arn = SourceArn.rpartition(":")[2], DestinationArn.rpartition(":")[2]
        assert arn == ("app-notifications_dlq", "app-notifications")
        self.tasks.insert(0, {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 0})
        return {"TaskHandle": "h"}

    def _step(self, task: dict[str, Any]) -> None:
        got = self._sqs.receive_message(QueueUrl=self.urls["notifications_dlq"], MaxNumberOfMessages=2)
        for message in got.get("Messages", []):
            self._sqs.send_message(QueueUrl=self.urls["notifications"], MessageBody=message["Body"])
            self._sqs.delete_message(QueueUrl=self.urls["notifications_dlq"], ReceiptHandle=message["ReceiptHandle"])
            task["ApproximateNumberOfMessagesMoved"] += 1
        if "Messages" not in got or self.ends != "COMPLETED":
            task |= {"Status": self.ends, "FailureReason": "AWS.SimpleQueueService.NonExistentQueue"}

    def send_message(self, **options: Any) -> Any:
        left = self.refuses.get("send")
        if left is not None:
            if left == 0:
                self._fail("ServiceUnavailable")
            self.refuses["send"] = left - 1
        return self._sqs.send_message(**options)

    def put(self, queue: str, *bodies: Any, **attributes: str) -> None:
        """Put messages into a queue."""
        values = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self._sqs.send_message(QueueUrl=self.urls[queue], MessageBody=text, MessageAttributes=values)

    def bodies(self, queue: str) -> list[str]:
        """Return and take away what is visible in a queue."""
        found = []
        options = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
        while got := self._sqs.receive_message(QueueUrl=self.urls[queue], **options).get("Messages"):
            found += [message["Body"] for message in got]
        return sorted(found)
