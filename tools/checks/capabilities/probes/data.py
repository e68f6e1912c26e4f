"""What queues and buckets do with what they hold, or are given."""

from __future__ import annotations

import json
from typing import Any

from tools.checks.capabilities.workshop import Workshop, expect, holds

_LONGEST_UPLOAD = 10


def dlq_redrive_move_task(shop: Workshop) -> None:
    """StartMessageMoveTask takes dead letters back to the queue in which they died."""
    sqs, dead = shop("sqs"), shop.queue()
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    source = shop.queue(RedrivePolicy=policy, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=source.url, MessageBody='"a letter"')

    def died() -> bool:
        sqs.receive_message(QueueUrl=source.url)
        names = ["ApproximateNumberOfMessages"]
        count = sqs.get_queue_attributes(QueueUrl=dead.url, AttributeNames=names)["Attributes"][names[0]]
        return bool(int(count))

    expect(holds(died), "a message that was received too often does not die")
    sqs.start_message_move_task(SourceArn=dead.arn)
    expect(source.first() == "a letter", "a dead letter does not come back")

    def status() -> str:
        return str(sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0]["Status"])

    expect(holds(lambda: status() == "COMPLETED"), f"the task is {status()} and not COMPLETED")


def presigned_conditions(shop: Workshop) -> None:
    """A signed upload is taken as its policy says, and refused when it is too long or of another type."""
    s3, bucket = shop("s3"), shop.name()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": shop.region})
    shop.undo(s3.delete_bucket, Bucket=bucket)
    shop.undo(s3.delete_object, Bucket=bucket, Key="k")
    kind = {"Content-Type": "image/png"}
    signed = s3.generate_presigned_post(
        bucket, "k", Fields=kind, Conditions=[kind, ["content-length-range", 1, _LONGEST_UPLOAD]], ExpiresIn=60
    )
    for content, changes, taken, what in (
        (b"x" * _LONGEST_UPLOAD, {}, True, "one as the policy says"),
        (b"x" * (_LONGEST_UPLOAD + 1), {}, False, "one that is too long"),
        (b"x", {"Content-Type": "text/html"}, False, "one of another type"),
        (b"x", {"x-amz-signature": "0" * 64}, False, "one with a wrong signature"),
    ):
        status = _uploaded(signed, content, changes)
        expect((status < 300) is taken, f"of uploads, {what} is answered with {status}")


def _uploaded(signed: dict[str, Any], content: bytes, changes: dict[str, str]) -> int:
    import urllib3

    fields = {**signed["fields"], **changes, "file": ("k", content)}
    return int(urllib3.request("POST", signed["url"], fields=fields, timeout=20).status)
