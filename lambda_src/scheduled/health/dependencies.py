"""What the application depends on, and how each is looked at: calls that read no data and change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import client
from scheduled.health.checks import Probe

# A table that is being updated serves requests ("TableDescription").
_SERVING = frozenset({"ACTIVE", "UPDATING"})
SERVICES = ("dynamodb", "s3", "sqs", "events", "sns", "secretsmanager")


class NotServing(Exception):
    """The dependency is there, and is not in a state to serve."""


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Names of the resources. Without a WebSocket API there is no table of connections to depend on."""

    items_table: str
    idempotency_table: str
    uploads_bucket: str
    images_bucket: str
    reports_bucket: str
    notification_queue_url: str
    event_bus: str
    notification_topic_arn: str
    token_secret_arn: str
    connections_table: str = ""


def make_clients() -> list[Any]:
    """Return the clients of `SERVICES`, for `at_init`, and for `probes` to have them made.

    They are made here and not in the probes, since boto3's session makes them for one thread at a time (boto3 guide,
    "Multithreading with sessions").
    """
    return [client(service) for service in SERVICES]


def probes(names: Dependencies) -> list[Probe]:
    """Return a probe for each dependency that there is."""
    dynamodb, s3, queue, bus, topic, secrets = make_clients()

    def table(name: str) -> None:
        if dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] not in _SERVING:
            raise NotServing

    def secret(arn: str) -> None:
        if secrets.describe_secret(SecretId=arn).get("DeletedDate"):
            raise NotServing

    def messages(url: str) -> None:
        queue.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])

    connections = [Probe("connections-table", partial(table, names.connections_table))]
    return [
        Probe("items-table", partial(table, names.items_table)),
        *(connections if names.connections_table else []),
        Probe("idempotency-table", partial(table, names.idempotency_table)),
        Probe("uploads-bucket", partial(s3.head_bucket, Bucket=names.uploads_bucket)),
        Probe("images-bucket", partial(s3.head_bucket, Bucket=names.images_bucket)),
        Probe("reports-bucket", partial(s3.head_bucket, Bucket=names.reports_bucket)),
        Probe("notification-queue", partial(messages, names.notification_queue_url)),
        Probe("event-bus", partial(bus.describe_event_bus, Name=names.event_bus)),
        Probe("notification-topic", partial(topic.get_topic_attributes, TopicArn=names.notification_topic_arn)),
        Probe("token-key", partial(secret, names.token_secret_arn)),
    ]
