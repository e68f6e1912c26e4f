"""A throttle that is not set does not throttle.

MiniStack reads the limit -1 as "nothing passes", and answers 429 to every call. On AWS (API Gateway API reference,
MethodSetting) the method then has no limit of its own; the AWS provider sends -1 for a limit that a configuration
leaves out. The patch treats a negative limit as no limit.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "throttle settings with one limit left out"

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


def probe(aws: Endpoint) -> bool:
    """Set both limits to -1, and call the API."""
    api = aws.api(integration={"type": "MOCK"})
    limits = {"throttling/burstLimit": "-1", "throttling/rateLimit": "-1"}
    changes = [{"op": "replace", "path": f"/*/*/{path}", "value": value} for path, value in limits.items()]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=changes)
    return bool(api.call().status == 200)
