"""A function that fails behind a proxy integration is a gateway response, and says nothing of its inside.

MiniStack answers 502 with the function's exception as the message, past the gateway responses; turns an answer
without a `statusCode` into a 200; and passes a concurrency throttle on as the function's own 429. On AWS (Lambda
Developer Guide, "Handling Lambda errors with an API Gateway API"; API Gateway Developer Guide, "Output format of a
Lambda function for proxy integration" and "Gateway response types for API Gateway") the first two are 502 `Internal
server error`, which DEFAULT_5XX dresses, and the third is an INTEGRATION_FAILURE. Here the function's answer is
judged before MiniStack shapes it.
"""

from __future__ import annotations

from typing import Any

_MESSAGE = "Internal server error"


class _Failed(Exception):
    """The function gave no answer that the gateway can pass on."""

    def __init__(self, response_type: str) -> None:
        super().__init__(response_type)
        self.response_type = response_type


def apply() -> None:
    """Patch the proxy integration and its failure's status."""
    from ministack.services import apigateway_v1 as gateway

    shape, invoke, render = (
        gateway._lambda_proxy_response,
        gateway._invoke_lambda_proxy_v1,
        gateway._gateway_error_response,
    )

    def shaping(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            raise _Failed("INTEGRATION_FAILURE")
        if result.get("error") or not is_answer(result.get("body")):
            raise _Failed("DEFAULT_5XX")
        return shape(result)

    async def invoking(*positional: Any, **named: Any) -> Any:
        try:
            return await invoke(*positional, **named)
        except _Failed as failure:
            error = gateway._gw_error(failure.response_type, _MESSAGE)
            error.bad_gateway = failure.response_type == "DEFAULT_5XX"
            return error

    def rendering(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = render(error, request)
        return (502 if status == 500 and getattr(error, "bad_gateway", False) else status), headers, body

    gateway._lambda_proxy_response = shaping
    gateway._invoke_lambda_proxy_v1 = invoking
    gateway._gateway_error_response = rendering


def is_answer(body: Any) -> bool:
    """Return whether a function's result has the form that a proxy integration asks for."""
    if not isinstance(body, dict) or not str(body.get("statusCode", "")).isdigit():
        return False
    if not isinstance(body.get("body"), str | None):
        return False
    return all(isinstance(body.get(key), dict | None) for key in ("headers", "multiValueHeaders"))
