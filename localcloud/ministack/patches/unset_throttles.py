"""A throttle that is not set does not throttle.

MiniStack takes the limit -1 for "nothing passes", and answers 429 to every call. AWS (API Gateway API reference,
MethodSetting) has no limit of a method's own there; the AWS provider sends -1 for a limit that a configuration leaves
out. Here a negative limit counts as none.
"""

from __future__ import annotations

from typing import Any

_UNLIMITED = 10_000.0  # requests per second: the account's own limit (API Gateway Developer Guide, "Quotas")


def apply() -> None:
    """Patch the token bucket."""
    from ministack.services import apigateway_v1 as gateway

    take = gateway._take_token

    def taking(slot: Any, limits: dict[str, Any]) -> Any:
        return take(slot, {name: _UNLIMITED if _is_unset(limit) else limit for name, limit in limits.items()})

    gateway._take_token = taking


def _is_unset(limit: Any) -> bool:
    return limit is not None and float(limit) < 0
