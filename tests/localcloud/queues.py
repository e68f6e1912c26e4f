"""Queues with dead letters, for tests."""

from __future__ import annotations

import json

from tests.localcloud.aws import Aws


def queue_with_dead_letters(aws: Aws) -> tuple[str, str]:
    """Return the URLs of a queue and its dead-letter queue; a message is a dead letter once it is received twice."""
    dead = aws("sqs").create_queue(QueueName=aws.name())["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn_of(aws, dead), "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    return aws("sqs").create_queue(QueueName=aws.name(), Attributes=attributes)["QueueUrl"], dead


def arn_of(aws: Aws, queue: str) -> str:
    attributes = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def waiting(aws: Aws, queue: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    return int(aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"][names[0]])


def dead_letter(aws: Aws, queue: str, *bodies: str) -> None:
    """Send messages, and receive them until they are in the dead-letter queue."""
    for body in bodies:
        aws("sqs").send_message(QueueUrl=queue, MessageBody=body)
    while aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        pass
