"""A stage reports the status of its cache cluster.

MiniStack stores `cacheClusterEnabled` and never returns `cacheClusterStatus`; the AWS provider waits for `AVAILABLE` or
`NOT_AVAILABLE` and fails when there is none. AWS (API Gateway API reference, Stage) always returns it. The patch
returns the status that matches the setting, at once; nothing is cached.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "stages with a cache cluster"


def apply() -> None:
    """Patch the responses that contain stages."""
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


def probe(aws: Endpoint) -> bool:
    """Enable a stage's cache, and read its status."""
    api = aws.api(integration={"type": "MOCK"})
    change = [{"op": "replace", "path": "/cacheClusterEnabled", "value": "true"}]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=change)
    stage = aws("apigateway").get_stage(restApiId=api.id, stageName="prod")
    return bool(stage.get("cacheClusterStatus") == "AVAILABLE")
