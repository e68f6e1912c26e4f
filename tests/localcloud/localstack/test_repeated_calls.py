"""Retried calls on LocalStack; `test_repeated_calls` of MiniStack tests all the rules."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

from tests.localcloud.attempts import abandon, attempt
from tests.localcloud.aws import REGION, Answer, Aws
from tests.localcloud.sources import eventually
from tests.localcloud.test_repeated_calls import table
from tools.access.listing import everything


def fresh() -> str:
    return str(uuid.uuid4())


def test_the_second_attempt_gets_the_answer_of_the_first(localstack_aws: Aws) -> None:
    wanted, call = table(localstack_aws), fresh()
    first = attempt(localstack_aws, 1, wanted, invocation=call)
    again = attempt(localstack_aws, 2, wanted, invocation=call)
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["x-amzn-requestid"] == first.headers["x-amzn-requestid"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert attempt(localstack_aws, 1, wanted, invocation=fresh()).status == 400
    other = json.dumps({**json.loads(wanted), "DeletionProtectionEnabled": True})
    assert attempt(localstack_aws, 2, other, invocation=call).status == 400


def test_a_client_that_disconnected_gets_the_answer_when_it_retries(localstack_aws: Aws) -> None:
    wanted, call = table(localstack_aws), fresh()
    name = json.loads(wanted)["TableName"]
    # LocalStack may drop the request of a client that disconnects at once.
    abandon(localstack_aws, wanted, invocation=call, answered=True)
    assert eventually(lambda: name in everything(localstack_aws("dynamodb"), "list_tables"))
    assert attempt(localstack_aws, 2, wanted, invocation=call).status == 200


def test_concurrent_attempts_are_one_call(localstack_aws: Aws) -> None:
    asked, call = json.dumps({"QueueName": localstack_aws.name()}), fresh()
    url = attempt(localstack_aws, 1, asked, invocation=fresh(), service="sqs", target="AmazonSQS.CreateQueue").json
    sent = json.dumps({"QueueUrl": url["QueueUrl"], "MessageBody": "once"})
    how: Any = {"invocation": call, "service": "sqs", "target": "AmazonSQS.SendMessage"}
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda number=number: answers.append(attempt(localstack_aws, number, sent, **how)))
        for number in (1, 2, 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.json["MessageId"] for answer in answers}) == 1
    messages = localstack_aws("sqs").receive_message(QueueUrl=url["QueueUrl"], MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 1


def test_failures_and_uploads_are_not_kept(localstack_aws: Aws) -> None:
    wanted, call = table(localstack_aws), fresh()
    item = json.dumps({"TableName": json.loads(wanted)["TableName"], "Item": {"id": {"S": "1"}}})
    put: Any = {"invocation": call, "target": "DynamoDB_20120810.PutItem"}
    assert attempt(localstack_aws, 1, item, **put).status == 400
    attempt(localstack_aws, 1, wanted, invocation=fresh())
    assert attempt(localstack_aws, 2, item, **put).status == 200
    s3, bucket = localstack_aws("s3"), f"passing-{localstack_aws.name()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 2**20)
    assert len(s3.get_object(Bucket=bucket, Key="k")["Body"].read()) == 2**20
