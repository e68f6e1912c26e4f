"""A request body is validated with the model of its content type, and has to be strict JSON.

LocalStack applies the `application/json` model to every content type, accepts `NaN` and `Infinity` as numbers, and
fails on a body that is not UTF-8 or is nested too deeply. AWS (API Gateway Developer Guide, "Request validation for
REST APIs in API Gateway") validates a body only when a model is configured for its content type, or one named
`$default`; any other body passes unchecked. JSON has no such numbers (RFC 8259). This module shows LocalStack only the
model that applies.
"""

from __future__ import annotations

from typing import Any

from localcloud.localstack.host.gateway.bodies import is_strict, model


def apply() -> None:
    """Patch the validation of a request."""
    from localstack.services.apigateway.next_gen.execute_api.handlers.method_request import MethodRequestHandler

    validate = MethodRequestHandler._is_body_valid

    def validating(method: Any, rest_api: Any, request: Any) -> bool:
        name = model(method.get("requestModels"), request["headers"].get("Content-Type"))
        if name is None:
            return True
        if request["body"] and not is_strict(request["body"]):
            return False
        try:
            return bool(validate({**method, "requestModels": {"application/json": name}}, rest_api, request))
        except RecursionError:
            return False

    MethodRequestHandler._is_body_valid = staticmethod(validating)
