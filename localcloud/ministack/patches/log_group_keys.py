"""A log group's KMS key can be changed.

MiniStack accepts a key when a log group is created, and knows neither AssociateKmsKey nor DisassociateKmsKey: once the
key changes, every deployment fails. AWS (CloudWatch Logs API reference, AssociateKmsKey) sets the key, and encrypts
with it what is written from then on. The patch stores the key; nothing is encrypted.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a log group's key can be changed; nothing is encrypted with it"

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


def probe(aws: Endpoint) -> bool:
    """Associate a key with a log group, and remove it."""
    logs, key = aws("logs"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="keyed")

    def current_key() -> Any:
        return aws.list_all("logs", "describe_log_groups", logGroupNamePrefix="keyed")[0].get("kmsKeyId")

    try:
        logs.associate_kms_key(logGroupName="keyed", kmsKeyId=key)
        associated = current_key()
        logs.disassociate_kms_key(logGroupName="keyed")
    except logs.exceptions.ClientError:
        return False
    return bool(associated == key and current_key() is None)
