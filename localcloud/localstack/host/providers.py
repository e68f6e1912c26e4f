"""Services that moto serves whole.

LocalStack's own DynamoDB is DynamoDB Local, which it downloads and starts with Java. moto, which LocalStack brings
along for most control planes, has DynamoDB and its streams too; LocalStack reaches it for the services that have a
provider class of their own, and these two would be started elsewhere by theirs.
"""

from __future__ import annotations

from typing import Any

MOTO = ("dynamodb", "dynamodbstreams")
"""Served by moto when `PROVIDER_OVERRIDE_DYNAMODB` and `PROVIDER_OVERRIDE_DYNAMODBSTREAMS` are `moto`."""


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
