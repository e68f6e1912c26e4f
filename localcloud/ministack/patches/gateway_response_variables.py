"""Gateway responses can use every `$context` variable.

MiniStack fills in the error and four variables, and leaves all other `$context` variables in the text. AWS (API Gateway
Developer Guide, "Gateway responses in API Gateway") fills in every variable, with nothing where it is unset. The patch
fills in from the request what is left in a rendered body.
"""

from __future__ import annotations

import time
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "every `$context` variable in gateway responses"


def apply() -> None:
    """Patch the rendering of a gateway response."""
    from ministack.services import apigateway_v1 as gateway

    render = gateway._gateway_error_response

    def rendering(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = render(error, request)
        values = _values(gateway, error, request)
        text = gateway._GATEWAY_TEMPLATE_VARIABLE.sub(
            lambda match: values.get(match.group(1) or match.group(2), ""), body.decode()
        )
        return status, headers, text.encode()

    gateway._gateway_error_response = rendering


def _values(gateway: Any, error: Any, request: dict[str, Any]) -> dict[str, str]:
    """Return the variables that MiniStack does not fill in; of these, a caller can influence only the path."""
    now = time.time()
    return {
        "context.accountId": gateway.get_account_id(),
        "context.apiId": request["api_id"],
        "context.error.validationErrorString": getattr(error, "detail", None) or "",
        "context.extendedRequestId": request.get("extended_id", ""),
        "context.httpMethod": request.get("method", ""),
        "context.identity.sourceIp": request.get("source_ip", ""),
        "context.path": f"/{request['stage_name']}{request.get('path', '')}",
        "context.protocol": "HTTP/1.1",
        "context.requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "context.requestTimeEpoch": str(int(now * 1000)),
    }


def probe(aws: Endpoint) -> bool:
    """Render several variables for a route that does not exist."""
    template = "$context.httpMethod $context.path $context.identity.sourceIp [$context.error.validationErrorString]"
    response = {"responseTemplates": {"application/json": template}}
    api = aws.api(integration={"type": "MOCK"}, gateway_responses={"MISSING_AUTHENTICATION_TOKEN": response})
    return bool(api.call("GET").body == b"GET /prod/x 127.0.0.1 []")
