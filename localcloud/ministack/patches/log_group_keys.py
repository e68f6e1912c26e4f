"""A log group can be given another key.

MiniStack takes a key when a log group is made, and knows neither AssociateKmsKey nor DisassociateKmsKey: with another
key, every later deployment fails. AWS (CloudWatch Logs API reference, AssociateKmsKey) sets it, and encrypts with it
what is written from then on. Here the key is kept; nothing is encrypted by either.
"""

from __future__ import annotations

import json
from typing import Any

_ACTIONS = ("AssociateKmsKey", "DisassociateKmsKey")


def apply() -> None:
    """Patch the service's router."""
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import cloudwatch_logs

    handle = cloudwatch_logs.handle_request

    async def handling(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in _ACTIONS:
            return await handle(method, path, headers, body, query_params)
        asked = json.loads(body)
        name = asked.get("logGroupName") or asked.get("resourceIdentifier", "").partition(":log-group:")[2]
        group = cloudwatch_logs._log_groups.get(name)
        if group is None:
            return error_response_json("ResourceNotFoundException", "The specified log group does not exist.", 400)
        group["kmsKeyId"] = asked["kmsKeyId"] if action == _ACTIONS[0] else None
        return json_response({})

    cloudwatch_logs.handle_request = handling
