"""A request's body is validated by the model of its own content type, and is strict JSON.

MiniStack applies the `application/json` model to every content type, and takes `NaN` and `Infinity` for numbers. AWS
(API Gateway Developer Guide, "Request validation for REST APIs in API Gateway") validates a body only when a model is
configured for its content type, or one called `$default`; otherwise it passes unseen, so the handler must refuse it.
JSON has no such numbers (RFC 8259). Here the method's models are narrowed to the one that applies before MiniStack
validates.
"""

from __future__ import annotations

import json
from typing import Any


def apply() -> None:
    """Patch the check of a request."""
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
