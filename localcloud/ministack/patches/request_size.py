"""A request of more than 10 MB is refused.

MiniStack accepts bodies of any size. On AWS (API Gateway Developer Guide, "Quotas for configuring and running a REST
API": payload size 10 MB, not adjustable) the gateway answers REQUEST_TOO_LARGE (413). The patch checks the size before
anything else.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "413 above 10 MB"

_LIMIT = 10 * 1024 * 1024


def apply() -> None:
    """Patch the execution of a request whose stage is known."""
    from ministack.services import apigateway_v1 as gateway

    authorize = gateway._authorize_request_v1

    async def authorizing(*request: Any) -> Any:
        body = request[7]
        if body and len(body) > _LIMIT:
            error = gateway._GatewayError("REQUEST_TOO_LARGE", "Request Too Long", "RequestTooLargeException")
            return error, None
        return await authorize(*request)

    gateway._authorize_request_v1 = authorizing


def probe(aws: Endpoint) -> bool:
    """Send a body of the largest size, and one that is a byte longer."""
    api = aws.api(integration={"type": "MOCK"})
    return [api.call(body=b"x" * size).status for size in (_LIMIT, _LIMIT + 1)] == [200, 413]
