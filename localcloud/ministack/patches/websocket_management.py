"""GetConnection returns the connection's identity and times, and PostToConnection refuses more than 128 KB.

MiniStack's GetConnection uses names and times that no SDK can parse, and its PostToConnection accepts data of any size.
On AWS (Amazon API Gateway Management API reference) GetConnection returns `connectedAt`, `identity` and `lastActiveAt`,
with times in ISO 8601, and PostToConnection refuses more than 131072 bytes with PayloadTooLargeException. The patch
rewrites the first response, and checks the size first.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "GetConnection as SDKs read it; 413 above 128 KB"

_LARGEST_DATA = 128 * 1024


def apply() -> None:
    """Patch the API behind `@connections`."""
    from ministack.services import apigateway

    manage = apigateway.handle_connections_api

    async def managing(method: str, api_id: str, stage: str, connection: str, *request: Any) -> Any:
        if method == "POST" and len(request[0] or b"") > _LARGEST_DATA:
            kind = {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}
            return 413, kind, json.dumps({"message": "Message payload is larger than 128 KB"}).encode()
        status, headers, answer = await manage(method, api_id, stage, connection, *request)
        if method == "GET" and status == 200:
            answer = json.dumps(_as_aws(json.loads(answer))).encode()
        return status, headers, answer

    apigateway.handle_connections_api = managing


def _as_aws(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the response in AWS's format; MiniStack has the times in seconds since 1970."""
    times = {f"{name[0].lower()}{name[1:]}": connection[name] for name in ("ConnectedAt", "LastActiveAt")}
    return {
        "identity": connection["Identity"],
        **{name: datetime.fromtimestamp(seconds, UTC).isoformat() for name, seconds in times.items()},
    }


def probe(aws: Endpoint) -> bool:
    """Read a connection, and post too much to it."""
    api = aws.socket_api()
    manager = api.manager()
    with api.connect():
        connection_id = api.next_event("CONNECT")["requestContext"]["connectionId"]
        described = manager.get_connection(ConnectionId=connection_id)
        try:
            manager.post_to_connection(ConnectionId=connection_id, Data=b"x" * (_LARGEST_DATA + 1))
        except manager.exceptions.ClientError as refused:
            return "ConnectedAt" in described and refused.response["Error"]["Code"] == "PayloadTooLargeException"
    return False
