"""What the application depends on, and how each is looked at: calls that read no data and change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import client
from scheduled.health.checks import Probe

# A table that is being updated serves requests ("TableDescription").
_SERVING = frozenset({"ACTIVE", "UPDATING"})
_ANY_ATTRIBUTE = ["ApproximateNumberOfMessages"]
SERVICES = ("dynamodb", "s3", "sqs", "events", "sns", "secretsmanager")


class NotServing(Exception):
    """The dependency is there, and is not in a state to serve."""


@dataclass(frozen=True)
class Dependencies:
    """All resources by kind: their names (of queues the URL, of topics and secrets the ARN) by their names here."""

    tables: Mapping[str, str]
    buckets: Mapping[str, str]
    queues: Mapping[str, str]
    topics: Mapping[str, str]
    buses: Mapping[str, str]
    secrets: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> Dependencies:
        """Read the JSON that Terraform makes of everything there is."""
        return cls(**json.loads(text))


def make_clients() -> list[Any]:
    """Return the clients of `SERVICES`, for `at_init`, and for `probes` to have them made.

    They are made here and not in the probes, since boto3's session makes them for one thread at a time (boto3 guide,
    "Multithreading with sessions").
    """
    return [client(service) for service in SERVICES]


def probes(there: Dependencies) -> list[Probe]:
    """Return a probe for each dependency, named after it and its kind."""
    dynamodb, s3, queue, bus, topic, secrets = make_clients()

    def table(name: str) -> None:
        if dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] not in _SERVING:
            raise NotServing

    def secret(arn: str) -> None:
        if secrets.describe_secret(SecretId=arn).get("DeletedDate"):
            raise NotServing

    looks: list[tuple[str, Mapping[str, str], Callable[[str], object]]] = [
        ("table", there.tables, table),
        ("bucket", there.buckets, lambda name: s3.head_bucket(Bucket=name)),
        ("queue", there.queues, lambda url: queue.get_queue_attributes(QueueUrl=url, AttributeNames=_ANY_ATTRIBUTE)),
        ("bus", there.buses, lambda name: bus.describe_event_bus(Name=name)),
        ("topic", there.topics, lambda arn: topic.get_topic_attributes(TopicArn=arn)),
        ("secret", there.secrets, secret),
    ]
    return [
        Probe(f"{name}-{kind}".replace("_", "-"), partial(look, resource))
        for kind, resources, look in looks
        for name, resource in resources.items()
    ]
