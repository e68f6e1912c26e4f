"""A request of more than 10 MB is refused.

LocalStack accepts bodies of any size. On AWS (API Gateway Developer Guide, "Quotas for configuring and running a REST
API": payload size 10 MB, not adjustable) the gateway answers REQUEST_TOO_LARGE (413). This module checks the size
before anything else.
"""

from __future__ import annotations

from typing import Any

_LIMIT = 10 * 1024 * 1024


def apply() -> None:
    """Add the check as an additional step of LocalStack's."""
    from localstack.services.apigateway.next_gen.execute_api import gateway_response, handlers

    def measuring(_chain: Any, context: Any, _response: Any) -> None:
        if len(context.invocation_request["body"]) > _LIMIT:
            raise gateway_response.RequestTooLargeError("Request Too Long")

    handlers.preprocess_request.handlers.insert(0, measuring)
