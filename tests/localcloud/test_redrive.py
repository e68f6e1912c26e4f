"""Redriving a dead-letter queue: where messages go, how fast, and who may do it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws import Aws
from tests.localcloud.conftest import until
from tests.localcloud.queues import arn_of, dead_letter, queue_with_dead_letters, waiting


def _task(aws: Aws, dead: str) -> Any:
    return aws("sqs").list_message_move_tasks(SourceArn=arn_of(aws, dead))["Results"][0]


def _refused(aws: Aws, operation: str, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        getattr(aws("sqs"), operation)(**parameters)
    return str(refusal.value.response["Error"]["Code"])


def test_a_message_goes_back_as_a_new_one_with_its_attributes(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    attribute = {"DataType": "String", "StringValue": "yes"}
    sent = aws("sqs").send_message(QueueUrl=source, MessageBody="x", MessageAttributes={"kept": attribute})
    dead_letter(aws, source)
    aws("sqs").start_message_move_task(SourceArn=arn_of(aws, dead))
    [message] = aws("sqs").receive_message(
        QueueUrl=source, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert message["MessageId"] != sent["MessageId"]
    assert message["MessageAttributes"]["kept"]["StringValue"] == "yes"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert waiting(aws, dead) == 0


def test_messages_can_be_sent_elsewhere(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    elsewhere, _ = queue_with_dead_letters(aws)
    dead_letter(aws, source, "x")
    aws("sqs").start_message_move_task(SourceArn=arn_of(aws, dead), DestinationArn=arn_of(aws, elsewhere))
    assert waiting(aws, elsewhere) == 1
    assert _task(aws, dead)["DestinationArn"] == arn_of(aws, elsewhere)


def test_a_task_observes_its_rate_and_can_be_cancelled(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    dead_letter(aws, source, *"abcde")
    started = aws("sqs").start_message_move_task(SourceArn=arn_of(aws, dead), MaxNumberOfMessagesPerSecond=1)
    task = _task(aws, dead)
    assert (task["Status"], task["TaskHandle"]) == ("RUNNING", started["TaskHandle"])
    assert task["ApproximateNumberOfMessagesToMove"] == 5
    assert _refused(aws, "start_message_move_task", SourceArn=arn_of(aws, dead)).endswith("UnsupportedOperation")
    until(lambda: _task(aws, dead)["ApproximateNumberOfMessagesMoved"] == 2)
    cancelled = aws("sqs").cancel_message_move_task(TaskHandle=started["TaskHandle"])
    assert cancelled["ApproximateNumberOfMessagesMoved"] == 2
    assert _task(aws, dead)["Status"] == "CANCELLED"
    assert waiting(aws, dead) == 3


def test_a_message_of_unknown_origin_fails_the_task(aws: Aws) -> None:
    _, dead = queue_with_dead_letters(aws)
    aws("sqs").send_message(QueueUrl=dead, MessageBody="x")
    aws("sqs").start_message_move_task(SourceArn=arn_of(aws, dead))
    task = _task(aws, dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert waiting(aws, dead) == 1


def test_missing_queues_and_tasks_are_refused(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    known, unknown = arn_of(aws, dead), arn_of(aws, dead) + "x"
    assert _refused(aws, "start_message_move_task", SourceArn=unknown) == "ResourceNotFoundException"
    assert _refused(aws, "start_message_move_task", SourceArn=known, DestinationArn=unknown) == (
        "ResourceNotFoundException"
    )
    assert _refused(aws, "start_message_move_task", SourceArn=arn_of(aws, source)) == "InvalidParameterValue"
    assert _refused(aws, "cancel_message_move_task", TaskHandle="bm9uc2Vuc2U=") == "ResourceNotFoundException"


def test_only_a_role_that_may_redrive_this_queue_can(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    dead_letter(aws, source, "x")
    code = """
import boto3, botocore.exceptions
def handler(event, context):
    try:
        boto3.client("sqs").start_message_move_task(SourceArn=event)
    except botocore.exceptions.ClientError as refused:
        return refused.response["Error"]["Code"]
"""
    redrives = {"Effect": "Allow", "Action": "sqs:StartMessageMoveTask"}
    roles = [aws.role({**redrives, "Resource": arn_of(aws, queue)}) for queue in (source, dead)]
    answers = [aws.invoke(aws.function(code, role=role), arn_of(aws, dead)) for role in roles]
    assert answers == ["AccessDenied", None]


def test_a_task_continues_after_a_restart(aws: Aws) -> None:
    source, dead = queue_with_dead_letters(aws)
    dead_letter(aws, source, *"abc")
    started = aws("sqs").start_message_move_task(SourceArn=arn_of(aws, dead), MaxNumberOfMessagesPerSecond=1)
    aws.restart()
    if (task := _task(aws, dead))["Status"] == "RUNNING":
        assert task["TaskHandle"] == started["TaskHandle"]
    until(lambda: _task(aws, dead)["Status"] == "COMPLETED")
    assert _task(aws, dead)["ApproximateNumberOfMessagesMoved"] == 3
    assert (waiting(aws, dead), waiting(aws, source)) == (0, 3)
