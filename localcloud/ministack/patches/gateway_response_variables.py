"""Gateway responses can name everything about the request.

MiniStack fills in the error and four variables, and sends the rest of a template's `$context` variables out as they
stand. AWS (API Gateway Developer Guide, "Gateway responses in API Gateway") fills in every `$context` variable, an
unset one with nothing. Here what is left in a rendered body is filled in from the request.
"""

from __future__ import annotations

import time
from typing import Any


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
    """Return the variables that MiniStack leaves alone; nothing of them is the caller's to choose but the path."""
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
