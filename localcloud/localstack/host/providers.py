"""Services that moto provides completely.

LocalStack's own DynamoDB is DynamoDB Local, which it downloads and starts with Java. moto, which LocalStack includes
for most control planes, also has DynamoDB and its streams; LocalStack uses moto only for services that have a provider
class, and the provider classes of these two would start DynamoDB Local.
"""

from __future__ import annotations

from typing import Any

MOTO = ("dynamodb", "dynamodbstreams")
"""Provided by moto when `PROVIDER_OVERRIDE_DYNAMODB` and `PROVIDER_OVERRIDE_DYNAMODBSTREAMS` are `moto`."""


def specs() -> list[Any]:
    """Return the plugins, `SERVICE:moto`."""
    from localstack.services.plugins import aws_provider

    return [aws_provider(api=name, name="moto")(_factory(name)) for name in MOTO]


def _factory(name: str) -> Any:
    def create() -> Any:
        from localstack.aws.skeleton import Skeleton
        from localstack.aws.spec import load_service
        from localstack.services.moto import _proxy_moto
        from localstack.services.plugins import Service

        model = load_service(name)
        return Service(name=name, skeleton=Skeleton(model, dict.fromkeys(model.operation_names, _proxy_moto)))

    create.__name__ = name
    return create
