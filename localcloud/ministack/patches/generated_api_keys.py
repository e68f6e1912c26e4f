"""An API key created without a value gets one.

MiniStack refuses an empty value as too short, and the AWS provider sends one when the configuration sets none. AWS (API
Gateway API reference, CreateApiKey) then generates a value. The patch treats an empty value as a missing one.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "API keys without a value"


def apply() -> None:
    """Patch the creation of API keys."""
    from ministack.services import apigateway_v1 as gateway

    create = gateway._create_api_key

    def creating(data: dict[str, Any]) -> Any:
        return create({name: value for name, value in data.items() if name != "value" or value})

    gateway._create_api_key = creating


def probe(aws: Endpoint) -> bool:
    """Create a key with an empty value."""
    gateway = aws("apigateway")
    try:
        created = gateway.create_api_key(name="k", value="")
    except gateway.exceptions.ClientError:
        return False
    return len(created["value"]) >= 20
