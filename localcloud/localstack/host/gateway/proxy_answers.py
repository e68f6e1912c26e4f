"""An invalid result of a function behind a proxy integration becomes a gateway response.

LocalStack fails on a result that is not an object, or a body that is not a string, with an internal message that
bypasses the gateway responses. On AWS (API Gateway Developer Guide, "Output format of a Lambda function for proxy
integration") both are a 502 `Internal server error`, formatted by DEFAULT_5XX. This module checks the result before
LocalStack reads it.
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
    """Return whether a function's result is an object whose body, if it has one, is a string."""
    try:
        result = json.loads(payload)
    except ValueError:
        return False
    return isinstance(result, dict) and isinstance(result.get("body"), str | None)
