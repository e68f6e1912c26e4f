"""Retried calls: which attempts get the first answer, which do not, and what the log says."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import replace
from typing import Any

import pytest
from botocore.credentials import Credentials

from localcloud import Cloud, kept_answers
from localcloud.kept_answers import Answer as Kept
from localcloud.kept_answers import Calls
from tests.localcloud.attempts import abandon, attempt, invoke
from tests.localcloud.aws import Answer, Aws, document
from tests.localcloud.sources import eventually, function, queue

KEY = ("AKIA", "id", "POST", "/", "")


def table(aws: Aws) -> str:
    return json.dumps(
        {
            "TableName": f"table-{aws.name()}",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
    )


def fresh() -> str:
    return str(uuid.uuid4())


def test_a_client_that_disconnected_gets_the_answer_when_it_retries(aws: Aws, cloud: Cloud) -> None:
    wanted, call = table(aws), fresh()
    abandon(aws, wanted, invocation=call)
    assert eventually(lambda: f"({call})" in cloud.log.read_text())
    again = attempt(aws, 2, wanted, invocation=call)
    assert (again.status, again.json["TableDescription"]["TableStatus"]) == (200, "ACTIVE")
    assert attempt(aws, 3, wanted, invocation=call) == again
    said = [line for line in cloud.log.read_text().splitlines() if call in line]
    assert any("Attempt 1 " in line and "could not be sent" in line for line in said)
    assert any(
        "Attempt 2 " in line and "the previous attempt came" in line and "answered 200" in line and "gone" in line
        for line in said
    )


@pytest.mark.parametrize("other", ["invocation", "body", "credentials"])
def test_a_different_call_gets_its_own_answer(aws: Aws, other: str) -> None:
    wanted, call = table(aws), fresh()
    assert attempt(aws, 1, wanted, invocation=call).status == 200
    credentials = None
    if other == "body":
        wanted = json.dumps({**json.loads(wanted), "DeletionProtectionEnabled": True})
    if other == "credentials":
        user = aws.name()
        aws("iam").create_user(UserName=user)
        allowed = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
        aws("iam").put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allowed)
        made = aws("iam").create_access_key(UserName=user)["AccessKey"]
        credentials = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    again = attempt(aws, 2, wanted, invocation=fresh() if other == "invocation" else call, credentials=credentials)
    assert (again.status, again.json["__type"]) == (400, "ResourceInUseException")


def test_a_failure_is_not_kept(aws: Aws) -> None:
    """Clients decide which errors they retry; a call that was refused may be allowed by now."""
    wanted, call = table(aws), fresh()
    name = json.loads(wanted)["TableName"]
    item = json.dumps({"TableName": name, "Item": {"id": {"S": "1"}}})
    put: Any = {"target": "DynamoDB_20120810.PutItem"}
    assert attempt(aws, 1, item, invocation=call, **put).json["__type"] == "ResourceNotFoundException"
    attempt(aws, 1, wanted, invocation=fresh())
    assert attempt(aws, 2, item, invocation=call, **put).status == 200


def test_a_throttle_does_not_become_permanent(aws: Aws) -> None:
    made, call = function(aws, "def handler(event, context):\n    return 1"), fresh()
    aws("lambda").put_function_concurrency(FunctionName=made.name, ReservedConcurrentExecutions=0)
    assert invoke(aws, 1, made.name, invocation=call).status == 429
    aws("lambda").delete_function_concurrency(FunctionName=made.name)
    assert invoke(aws, 2, made.name, invocation=call).status == 200


def test_a_concurrent_attempt_waits(aws: Aws) -> None:
    sleeping = "    record(event)\n    time.sleep(1)\n    return context.aws_request_id"
    slow, call = function(aws, f"import time\ndef handler(event, context):\n{sleeping}"), fresh()
    answers: list[Answer] = []

    def asking(number: int) -> None:
        answers.append(invoke(aws, number, slow.name, invocation=call))

    threads = [threading.Thread(target=asking, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
        assert eventually(lambda: slow.events)
    for thread in threads:
        thread.join()
    assert slow.events == [{}]
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}


def test_messages_whose_receipt_was_lost_are_received_again(aws: Aws) -> None:
    """They are invisible to all other consumers by then."""
    waiting = queue(aws)
    aws("sqs").send_message(QueueUrl=waiting.url, MessageBody='"one"')
    asked, call = json.dumps({"QueueUrl": waiting.url, "MaxNumberOfMessages": 10}), fresh()
    how: Any = {"service": "sqs", "target": "AmazonSQS.ReceiveMessage"}
    first = attempt(aws, 1, asked, invocation=call, **how)
    assert [message["Body"] for message in first.json["Messages"]] == ['"one"']
    assert attempt(aws, 2, asked, invocation=call, **how).body == first.body
    assert "Messages" not in attempt(aws, 1, asked, invocation=fresh(), **how).json


def test_reads_are_executed_again(aws: Aws) -> None:
    wanted, call = table(aws), fresh()
    name = json.dumps({"TableName": json.loads(wanted)["TableName"]})
    describe: Any = {"target": "DynamoDB_20120810.DescribeTable"}
    attempt(aws, 1, wanted, invocation=fresh())
    assert attempt(aws, 1, name, invocation=call, **describe).status == 200
    attempt(aws, 1, name, invocation=fresh(), target="DynamoDB_20120810.DeleteTable")
    assert attempt(aws, 2, name, invocation=call, **describe).status == 400


def test_an_answer_survives_a_clean_restart(aws: Aws) -> None:
    wanted, call = table(aws), fresh()
    first = attempt(aws, 1, wanted, invocation=call)
    aws.restart()
    assert attempt(aws, 2, wanted, invocation=call).body == first.body
    assert attempt(aws, 1, wanted, invocation=fresh()).status == 400


def test_form_calls_differ_by_their_body(aws: Aws) -> None:
    user, call = aws.name(), fresh()
    form = "application/x-www-form-urlencoded; charset=utf-8"
    how: Any = {"invocation": call, "service": "iam", "target": "", "content_type": form}
    create = f"Action=CreateUser&Version=2010-05-08&UserName={user}"
    assert [attempt(aws, number, create, **how).status for number in (1, 2)] == [200, 200]
    assert attempt(aws, 2, f"{create}&Path=/x/", **how).status == 409


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


ANSWER = Kept(200, ((b"a", b"b"),), b"{}")


@pytest.mark.parametrize(
    ("status", "body", "final"),
    [
        (200, b"{}", True),
        (204, b"", True),
        (301, b"", False),
        (400, b'{"__type": "ThrottlingException"}', False),
        (403, b"", False),
        (429, b"", False),
        (500, b"", False),
        (200, b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>', False),
        (200, b"<Errors/>", True),
    ],
)
def test_only_successes_are_final(status: int, body: bytes, final: bool) -> None:
    assert Kept(status, (), body).is_final is final


def test_answers_expire() -> None:
    clock = Clock()
    calls = Calls(threading.Event, clock)
    calls.keep(KEY, calls.begin(KEY, "c"), ANSWER)
    clock.now += kept_answers.KEPT_S
    assert calls.find(KEY)
    clock.now += 1
    assert calls.find(KEY) is None


def test_answers_are_limited_in_number_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "ALL_CALLS", 3)
    monkeypatch.setattr(kept_answers, "ALL_ANSWERS", 5)
    monkeypatch.setattr(kept_answers, "LARGEST_ANSWER", 4)
    calls = Calls(threading.Event, Clock())
    for number in range(5):
        key = (str(number),)
        calls.keep(key, calls.begin(key, "c"), ANSWER)
    assert [bool(calls.find((str(number),))) for number in range(5)] == [False, False, False, True, True]
    long = calls.begin(("long",), "c")
    calls.keep(("long",), long, replace(ANSWER, body=b"12345"))
    assert long.answer is None
    for _ in range(9):
        calls.begin(("4",), "c")
    assert len(calls) == 3


def test_a_late_answer_does_not_replace_a_newer_one() -> None:
    calls = Calls(threading.Event, Clock())
    first = calls.begin(KEY, "c")
    second = calls.begin(KEY, "c")
    calls.keep(KEY, first, ANSWER)
    assert calls.find(KEY) is second
    assert second.answer is None


def test_kept_answers_can_be_saved_and_loaded() -> None:
    clock = Clock()
    calls, again = Calls(threading.Event, clock), Calls(threading.Event, clock)
    attempt = calls.begin(KEY, "c")
    attempt.body = "hash"
    calls.keep(KEY, attempt, ANSWER)
    calls.begin(("unanswered",), "c")
    clock.now += 10
    again.load(calls.saved())
    found = again.find(KEY)
    assert found is not None
    assert (found.answer, found.body, found.came, len(again)) == (ANSWER, "hash", attempt.came, 1)
