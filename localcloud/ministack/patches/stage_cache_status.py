"""A stage tells the state of its cache cluster.

MiniStack stores `cacheClusterEnabled` and never answers `cacheClusterStatus`; the AWS provider waits for `AVAILABLE`
or `NOT_AVAILABLE` and fails on an empty one. AWS (API Gateway API reference, Stage) always answers it. Here every
stage answers the status that its switch asks for, at once; nothing is cached.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch what answers a stage."""
    from ministack.services import apigateway_v1 as gateway

    answer = gateway._v1_response

    def answering(data: Any, status: int = 200) -> Any:
        return answer(_with_status(data), status)

    gateway._v1_response = answering


def _with_status(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    if "stageName" in data and "cacheClusterEnabled" in data:
        enabled = str(data["cacheClusterEnabled"]).lower() == "true"
        return {**data, "cacheClusterStatus": "AVAILABLE" if enabled else "NOT_AVAILABLE"}
    if isinstance(data.get("item"), list):
        return {**data, "item": [_with_status(item) for item in data["item"]]}
    return data
