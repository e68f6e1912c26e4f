"""Other limits for the deployed stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def throttled(gateway: Any, api: str, *, rate: float, burst: int) -> Iterator[None]:
    """Hold the stage to other limits for a while; `rate` is in requests a second."""

    def limit(rate: float, burst: int) -> None:
        gateway.update_stage(
            restApiId=api,
            stageName="prod",
            patchOperations=[
                {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(rate)},
                {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
            ],
        )

    before = gateway.get_stage(restApiId=api, stageName="prod")["methodSettings"]["*/*"]
    limit(rate, burst)
    try:
        yield
    finally:
        limit(before["throttlingRateLimit"], before["throttlingBurstLimit"])


def api_id(outputs: dict[str, Any]) -> str:
    """Return the REST API's id."""
    parts = str(outputs["api_url"]).split("/")
    return parts[parts.index("execute-api") + 1]
