"""A function that answers a proxy integration with what is no answer is a gateway response.

LocalStack fails at a result that is no object, and at a body that is no text, with words of its own inside past the
gateway responses. On AWS (API Gateway Developer Guide, "Output format of a Lambda function for proxy integration") both
are 502 `Internal server error`, which DEFAULT_5XX dresses. Here the result is judged before LocalStack reads it.
"""

from __future__ import annotations

import json
from typing import Any


def apply() -> None:
    """Patch how the proxy integration reads a function's result."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import InternalServerError
    from localstack.services.apigateway.next_gen.execute_api.integrations.aws import RestApiAwsProxyIntegration

    read = RestApiAwsProxyIntegration.parse_lambda_response

    def reading(integration: Any, payload: bytes) -> Any:
        if not may_be_answer(payload):
            raise InternalServerError("Internal server error", status_code=502)
        return read(integration, payload)

    RestApiAwsProxyIntegration.parse_lambda_response = reading


def may_be_answer(payload: bytes) -> bool:
    """Say whether a function's result is an object whose body, where it has one, is text."""
    try:
        result = json.loads(payload)
    except ValueError:
        return False
    return isinstance(result, dict) and isinstance(result.get("body"), str | None)
