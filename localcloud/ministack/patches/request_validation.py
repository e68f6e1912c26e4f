"""A request body is validated with the model of its content type, and has to be strict JSON.

MiniStack applies the `application/json` model to every content type, and accepts `NaN` and `Infinity` as numbers. AWS
(API Gateway Developer Guide, "Request validation for REST APIs in API Gateway") validates a body only when a model is
configured for its content type, or one named `$default`; any other body passes unchecked, so the handler must refuse
it. JSON has no such numbers (RFC 8259). The patch narrows the method's models to the one that applies before MiniStack
validates.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a body is validated with the model of its content type, others pass unchecked; `NaN` is refused"


def apply() -> None:
    """Patch the validation of a request."""
    from ministack.services import apigateway_v1 as gateway

    check = gateway._check_request_validation

    def checking(method: dict[str, Any], api_id: str, request: Any, *sent: Any) -> Any:
        headers, body = sent[:2]
        content_type = (gateway._header_ci(headers, "content-type") or "application/json").partition(";")[0].strip()
        models = method.get("requestModels") or {}
        model = models.get(content_type.lower()) or models.get("$default")
        narrowed = {**method, "requestModels": {"application/json": model} if model else {}}
        error = check(narrowed, api_id, request, *sent)
        if error is None and model and _validates_bodies(gateway, method, api_id) and not _is_strict(body):
            return gateway._gw_error("BAD_REQUEST_BODY", gateway._GATEWAY_ERROR_MESSAGES["BAD_REQUEST_BODY"])
        return error

    gateway._check_request_validation = checking


def _validates_bodies(gateway: Any, method: dict[str, Any], api_id: str) -> bool:
    validator = gateway._request_validators.get(api_id, {}).get(method.get("requestValidatorId")) or {}
    return bool(validator.get("validateRequestBody"))


def _is_strict(body: bytes) -> bool:
    try:
        json.loads(body, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def probe(aws: Endpoint) -> bool:
    """Send NaN, an invalid body of another content type, and an invalid body."""
    api = aws.api(integration={"type": "MOCK"}, schema={"type": "object", "properties": {"a": {"type": "number"}}})
    as_json, as_text = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
    requests = [(b'{"a":NaN}', as_json), (b'{"a":"x"}', as_text), (b'{"a":"x"}', as_json)]
    return [api.call(body=body, headers=headers).status for body, headers in requests] == [400, 200, 400]
