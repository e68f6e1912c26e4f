"""A function that fails behind a proxy integration becomes a gateway response that reveals no details.

MiniStack answers 502 with the function's exception as the message and bypasses the gateway responses. It turns a result
without a `statusCode` into a 200, and passes a concurrency throttle on as the function's own 429. On AWS (Lambda
Developer Guide, "Handling Lambda errors with an API Gateway API"; API Gateway Developer Guide, "Output format of a
Lambda function for proxy integration" and "Gateway response types for API Gateway") the first two are a 502 `Internal
server error`, formatted by DEFAULT_5XX, and the third is an INTEGRATION_FAILURE. The patch checks the function's result
before MiniStack turns it into a response.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a failing function is a 502 gateway response that reveals no details"

_MESSAGE = "Internal server error"


class _Failed(Exception):
    """The function's result cannot be passed on."""

    def __init__(self, response_type: str) -> None:
        super().__init__(response_type)
        self.response_type = response_type


def apply() -> None:
    """Patch the proxy integration, and the status of its failures."""
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
    """Return whether a function's result has the format of a proxy integration."""
    if not isinstance(body, dict) or not str(body.get("statusCode", "")).isdigit():
        return False
    if not isinstance(body.get("body"), str | None):
        return False
    return all(isinstance(body.get(key), dict | None) for key in ("headers", "multiValueHeaders"))


def probe(aws: Endpoint) -> bool:
    """Raise an exception, and return a result without a status."""
    code = "def handler(event, context):\n    if event['body']: return {'no': 'status'}\n    raise ValueError('inside')"
    customized = {"responseParameters": {"gatewayresponse.header.X-Custom": "'yes'"}}
    api = aws.api(function=aws.function(code), gateway_responses={"DEFAULT_5XX": customized})
    answers = [api.call(), api.call(body={})]
    return all(
        answer.status == 502 and answer.headers.get("x-custom") == "yes" and b"inside" not in answer.body
        for answer in answers
    )
