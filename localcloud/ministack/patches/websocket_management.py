"""GetConnection tells the connection's identity and times, and PostToConnection refuses more than 128 KB.

MiniStack answers GetConnection in a spelling and with times that no SDK reads, and posts data of any size. On AWS
(Amazon API Gateway Management API reference, GetConnection: `connectedAt`, `identity`, `lastActiveAt`, times in ISO
8601; PostToConnection: Data has at most 131072 bytes, PayloadTooLargeException) SDKs do. Here the first answer is
spelled again, and the size is looked at first.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

_LARGEST_DATA = 128 * 1024


def apply() -> None:
    """Patch the API behind `@connections`."""
    from ministack.services import apigateway

    manage = apigateway.handle_connections_api

    async def managing(method: str, api_id: str, stage: str, connection: str, *request: Any) -> Any:
        if method == "POST" and len(request[0] or b"") > _LARGEST_DATA:
            kind = {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}
            return 413, kind, json.dumps({"message": "Message payload is larger than 128 KB"}).encode()
        status, answered, told = await manage(method, api_id, stage, connection, *request)
        if method == "GET" and status == 200:
            told = json.dumps(_spelled(json.loads(told))).encode()
        return status, answered, told

    apigateway.handle_connections_api = managing


def _spelled(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as AWS spells it; MiniStack has the times as seconds since 1970."""
    times = {f"{name[0].lower()}{name[1:]}": connection[name] for name in ("ConnectedAt", "LastActiveAt")}
    return {
        "identity": connection["Identity"],
        **{name: datetime.fromtimestamp(seconds, UTC).isoformat() for name, seconds in times.items()},
    }
