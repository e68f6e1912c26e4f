"""Asynchronous invocations: whose settings apply, how often they are tried, and where records go."""

from __future__ import annotations

import json
from typing import Any

from tests.localcloud.aws import REGION, Aws, signed
from tests.localcloud.sources import FAILING, Function, Queue, eventually, function, open_queue, queue

EVENT = {"order": 7}


def settings(aws: Aws, of: Function, qualifier: str | None = "live", **chosen: Any) -> None:
    named = {"FunctionName": of.name, **({"Qualifier": qualifier} if qualifier else {})}
    aws("lambda").put_function_event_invoke_config(**named, **chosen)


def send(aws: Aws, target: str) -> None:
    aws("lambda").invoke(FunctionName=target, InvocationType="Event", Payload=json.dumps(EVENT))


def only(messages: Queue) -> Any:
    found = messages.first()
    assert found is not None
    assert messages.received == []
    return found


def test_the_failure_record_of_an_alias(aws: Aws) -> None:
    failing, failures = function(aws, FAILING), queue(aws)
    settings(aws, failing, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": failures.arn}})
    send(aws, failing.alias)
    record = only(failures)["body"]
    assert failing.events == [EVENT, EVENT]
    assert record["version"] == "1.0"
    context = record["requestContext"]
    assert (context["functionArn"], context["condition"], context["approximateInvokeCount"]) == (
        failing.alias,
        "RetriesExhausted",
        2,
    )
    assert record["requestPayload"] == EVENT
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"}
    assert record["responsePayload"]["errorMessage"] == "no"


def test_an_alias_without_settings_has_the_defaults_and_not_the_functions(aws: Aws) -> None:
    failing, failures = function(aws, FAILING), queue(aws)
    chosen = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": failures.arn}}}
    settings(aws, failing, None, **chosen)
    send(aws, failing.alias)
    assert eventually(lambda: len(failing.events) == 3)
    send(aws, failing.arn)
    record = only(failures)["body"]
    assert record["requestContext"]["functionArn"] == f"{failing.arn}:$LATEST"
    assert record["responseContext"]["executedVersion"] == "$LATEST"
    assert len(failing.events) == 4


def test_an_event_that_is_too_old_is_discarded(aws: Aws) -> None:
    busy = function(aws, "import time\ndef handler(event, context):\n    record(event)\n    time.sleep(4)")
    failures = queue(aws)
    put_unvalidated(
        aws, busy, MaximumEventAgeInSeconds=1, DestinationConfig={"OnFailure": {"Destination": failures.arn}}
    )
    aws("lambda").put_function_concurrency(FunctionName=busy.name, ReservedConcurrentExecutions=1)
    send(aws, busy.alias)
    assert eventually(lambda: busy.events)
    send(aws, busy.alias)
    context = only(failures)["body"]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 0)


def put_unvalidated(aws: Aws, of: Function, **chosen: Any) -> None:
    """Store settings that AWS refuses, such as a maximum age below a minute, so that a test need not wait."""
    path = f"/2019-09-25/functions/{of.name}/event-invoke-config?Qualifier=live"
    assert signed(aws.url, "PUT", path, json.dumps(chosen).encode()).status == 200


def test_a_success_is_recorded_at_its_destination(aws: Aws) -> None:
    succeeding, results = function(aws, "def handler(event, context):\n    return {'done': event}"), queue(aws)
    settings(aws, succeeding, DestinationConfig={"OnSuccess": {"Destination": results.arn}})
    send(aws, succeeding.alias)
    record = only(results)["body"]
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "1"}
    assert record["responsePayload"] == {"done": EVENT}


def test_a_topic_is_a_destination(aws: Aws) -> None:
    failing, copies = function(aws, FAILING), open_queue(aws, "sns")
    topic = aws("sns").create_topic(Name=aws.name())["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=copies.arn)
    settings(aws, failing, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": topic}})
    send(aws, failing.alias)
    assert json.loads(only(copies)["body"]["Message"])["requestPayload"] == EVENT


def test_a_dead_letter_queue_gets_the_event_itself(aws: Aws) -> None:
    letters = queue(aws)
    failing = function(aws, FAILING, DeadLetterConfig={"TargetArn": letters.arn})
    settings(aws, failing, MaximumRetryAttempts=0)
    send(aws, failing.alias)
    letter = only(letters)
    assert letter["body"] == EVENT
    assert set(letter["attributes"]) == {"RequestID", "ErrorCode", "ErrorMessage"}
    assert (letter["attributes"]["ErrorCode"], letter["attributes"]["ErrorMessage"]) == ("200", "no")


def test_a_throttle_is_not_a_failure_of_the_function(aws: Aws) -> None:
    code = "import time\ndef handler(event, context):\n    record(event)\n    time.sleep(1.5)"
    slow, failures = function(aws, code), queue(aws)
    settings(aws, slow, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": failures.arn}})
    aws("lambda").put_function_concurrency(FunctionName=slow.name, ReservedConcurrentExecutions=1)
    send(aws, slow.alias)
    send(aws, slow.alias)
    assert eventually(lambda: len(slow.events) == 2)
    assert failures.received == []


def test_an_upload_notifies_an_alias_by_the_settings_of_the_alias(aws: Aws) -> None:
    code = "def handler(event, context):\n    record(context.invoked_function_arn)\n    raise ValueError('no')"
    failing, failures = function(aws, code), queue(aws)
    settings(aws, failing, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": failures.arn}})
    bucket = f"uploads-{aws.name()}"
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    notification = {"LambdaFunctionArn": failing.alias, "Events": ["s3:ObjectCreated:*"]}
    aws("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [notification]}
    )
    aws("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    record = only(failures)["body"]
    assert record["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "k"
    assert failing.events == [failing.alias] * 2


def test_a_topics_function_is_retried(aws: Aws) -> None:
    failing = function(aws, FAILING)
    settings(aws, failing, MaximumRetryAttempts=1)
    topic = aws("sns").create_topic(Name=aws.name())["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=failing.alias)
    aws("sns").publish(TopicArn=topic, Message="hello")
    assert eventually(lambda: len(failing.events) == 2)
    (record,) = failing.events[0]["Records"]
    assert (record["EventSource"], record["Sns"]["Message"]) == ("aws:sns", "hello")


def test_every_attempt_has_the_request_id_that_invoke_answered(aws: Aws) -> None:
    code = "def handler(event, context):\n    record(context.aws_request_id)\n    raise ValueError('no')"
    failures, letters = queue(aws), queue(aws)
    failing = function(aws, code, DeadLetterConfig={"TargetArn": letters.arn})
    settings(aws, failing, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": failures.arn}})
    answer = aws("lambda").invoke(FunctionName=failing.alias, InvocationType="Event", Payload=json.dumps(EVENT))
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert only(failures)["body"]["requestContext"]["requestId"] == request_id
    assert only(letters)["attributes"]["RequestID"] == request_id
    assert failing.events == [request_id] * 3


def test_an_invocation_caused_by_another_has_its_own_id(aws: Aws) -> None:
    code = "def handler(event, context):\n    record(context.aws_request_id)\n    return 1"
    first, second = function(aws, code), function(aws, code)
    settings(aws, first, DestinationConfig={"OnSuccess": {"Destination": second.alias}})
    send(aws, first.alias)
    assert eventually(lambda: second.events)
    assert first.events != second.events
    answer = aws("lambda").invoke(FunctionName=first.alias)
    assert first.events[1] == answer["ResponseMetadata"]["RequestId"]


def test_an_event_that_waits_for_its_next_attempt_survives_a_restart(aws: Aws) -> None:
    code = "def handler(event, context):\n    record([event, context.aws_request_id])"
    throttled = function(aws, code)
    aws("lambda").put_function_concurrency(FunctionName=throttled.name, ReservedConcurrentExecutions=0)
    answer = aws("lambda").invoke(FunctionName=throttled.alias, InvocationType="Event", Payload=json.dumps(EVENT))
    aws.restart()
    assert throttled.events == []
    aws("lambda").delete_function_concurrency(FunctionName=throttled.name)
    expected = [EVENT, answer["ResponseMetadata"]["RequestId"]]
    assert eventually(lambda: throttled.events == [expected], 15)


def test_an_event_whose_attempt_is_interrupted_by_a_restart_is_delivered_again(aws: Aws) -> None:
    code = "import time\ndef handler(event, context):\n    record(event)\n    time.sleep(30)"
    slow = function(aws, code, Timeout=60)
    settings(aws, slow, MaximumRetryAttempts=0)
    send(aws, slow.alias)
    assert eventually(lambda: slow.events == [EVENT])
    aws.restart()
    assert eventually(lambda: slow.events == [EVENT] * 2, 15)
    aws("lambda").delete_function(FunctionName=slow.name)
