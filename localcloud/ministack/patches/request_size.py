"""A request of more than 10 MB is refused.

MiniStack takes bodies of any size. On AWS (API Gateway Developer Guide, "Quotas for configuring and running a REST
API": payload size 10 MB, not adjustable) the gateway answers REQUEST_TOO_LARGE (413). Here the size is looked at
first.
"""

from __future__ import annotations

from typing import Any

_LIMIT = 10 * 1024 * 1024


def apply() -> None:
    """Patch the execution of a request, for a request whose stage is known."""
    from ministack.services import apigateway_v1 as gateway

    authorize = gateway._authorize_request_v1

    async def authorizing(*request: Any) -> Any:
        body = request[7]
        if body and len(body) > _LIMIT:
            error = gateway._GatewayError("REQUEST_TOO_LARGE", "Request Too Long", "RequestTooLargeException")
            return error, None
        return await authorize(*request)

    gateway._authorize_request_v1 = authorizing
