"""Messages to an SNS topic, with the attributes that its subscriptions filter by."""

from __future__ import annotations

from aws.clients import client, translating

LONGEST_SUBJECT = 100
# SNS refuses an attribute without a value.
_UNKNOWN = "unknown"


def publish(topic_arn: str, *, kind: str, subject: str, text: str, correlation_id: str) -> None:
    """Publish a message ("Publish", "Amazon SNS message attributes").

    Parameters
    ----------
    topic_arn
        The topic's ARN.
    kind
        What it is about, as one of a fixed set of words: the message attribute `kind`.
    subject
        Subject of an e-mail; what SNS does not take in one is replaced or cut off.
    text
        The message, at most 256 KiB.
    correlation_id
        The id of the caller's undertaking that led to it: the message attribute `correlationId`.

    Raises
    ------
    Unavailable
        SNS is throttled, too slow or down.
    """
    with translating():
        client("sns").publish(
            TopicArn=topic_arn,
            Subject=plain_subject(subject) or kind,
            Message=text,
            MessageAttributes={"kind": _attribute(kind), "correlationId": _attribute(correlation_id or _UNKNOWN)},
        )


def plain_subject(subject: str) -> str:
    """Return a subject as SNS takes it: printable ASCII, one line, at most 100 characters, no space at either end."""
    one_line = " ".join(subject.split())
    readable = "".join(character if " " <= character <= "~" else "?" for character in one_line)
    return readable[:LONGEST_SUBJECT].rstrip()


def _attribute(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
