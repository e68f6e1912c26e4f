"""An API key without a value gets one.

MiniStack refuses an empty value as too short; the AWS provider sends one when a configuration names none. AWS (API
Gateway API reference, CreateApiKey) generates a value then. Here an empty value is taken for none.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch the creation of a key."""
    from ministack.services import apigateway_v1 as gateway

    create = gateway._create_api_key

    def creating(data: dict[str, Any]) -> Any:
        return create({name: value for name, value in data.items() if name != "value" or value})

    gateway._create_api_key = creating
