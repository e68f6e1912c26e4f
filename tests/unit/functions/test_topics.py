"""Messages to the topic arrive with what subscriptions filter by, and with a subject that SNS takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from aws.clients import Unavailable, client
from aws.topic import plain_subject, publish
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ENVIRONMENT

TOPIC = ENVIRONMENT["NOTIFICATION_TOPIC_ARN"]


@pytest.fixture
def delivered(events: Application) -> Callable[[], list[dict[str, Any]]]:
    """What a queue that is subscribed to the topic has received."""
    assert events
    queue = client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)

    def receive() -> list[dict[str, Any]]:
        messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return receive


def test_a_message_has_its_attributes_and_its_text(delivered: Callable[[], list[dict[str, Any]]]) -> None:
    publish(TOPIC, kind="Report", subject="Report 2026-W47", text="Three items.", correlation_id="c-1")

    (message,) = delivered()

    assert (message["Subject"], message["Message"]) == ("Report 2026-W47", "Three items.")
    assert {name: attribute["Value"] for name, attribute in message["MessageAttributes"].items()} == {
        "kind": "Report",
        "correlationId": "c-1",
    }


def test_what_sns_would_refuse_as_empty_has_a_word_instead(delivered: Callable[[], list[dict[str, Any]]]) -> None:
    publish(TOPIC, kind="Report", subject=" \n ", text="-", correlation_id="")

    (message,) = delivered()

    assert message["Subject"] == "Report"
    assert message["MessageAttributes"]["correlationId"]["Value"] == "unknown"


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Two\r\nlines\tand  spaces ", "Two lines and spaces"),
        ("Übergröße", "?bergr??e"),
        ("bell \x07 and delete \x7f", "bell ? and delete ?"),
        ("line\u2028separator", "line separator"),
        ("x" * 101, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_a_subject_is_one_line_of_a_hundred_ascii_characters(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Publish"),
        EndpointConnectionError(endpoint_url="https://sns.unit.example"),
    ],
)
def test_a_topic_that_does_not_answer_is_unavailable(
    error: Exception, events: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client("sns"), "publish", fail)

    with pytest.raises(Unavailable):
        publish(TOPIC, kind="Report", subject="-", text="-", correlation_id="c-1")
