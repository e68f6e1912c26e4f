"""Read the identity sources of an authorizer from a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.localstack.host.gateway.refusals import misconfigured, unauthorized
from localcloud.localstack.host.gateway.request import Request

_HEADER = "method.request.header."
_QUERY = "method.request.querystring."
_STAGE = "stageVariables."
_CONTEXT = "context."
_DEFAULT_TOKEN = _HEADER + "Authorization"


def token(source: str | None, expression: str | None, request: Request) -> str:
    """Return the token for a TOKEN authorizer.

    Parameters
    ----------
    source
        Its `identitySource`, one header; `Authorization` by default.
    expression
        Its `identityValidationExpression`: a regular expression that the whole token has to match.

    Raises
    ------
    Refusal
        UNAUTHORIZED when the token is missing or does not match; the function is not called
        ("x-amazon-apigateway-authorizer object"). AUTHORIZER_CONFIGURATION_ERROR when the expression is invalid.
    """
    value = _value(source or _DEFAULT_TOKEN, request)
    if not value:
        raise unauthorized()
    if expression:
        try:
            matches = re.fullmatch(expression, value)
        except re.error:
            raise misconfigured() from None
        if not matches:
            raise unauthorized()
    return value


def values(sources: str | None, request: Request) -> tuple[tuple[str, ...], ...]:
    """Return the values that a REQUEST authorizer's result depends on: all values of each source, in their order.

    A header or parameter may be sent several times; the function sees all values and may decide by any of them.

    Parameters
    ----------
    sources
        Its `identitySource`: empty, or mapping expressions separated by commas.

    Raises
    ------
    Refusal
        UNAUTHORIZED when a declared source is missing or empty; the function is not called (API Gateway API Reference,
        "Authorizer", identitySource).
    """
    found = tuple(_values(source.strip(), request) for source in (sources or "").split(",") if source.strip())
    if not all(any(sent) for sent in found):
        raise unauthorized()
    return found


def _values(source: str, request: Request) -> tuple[str, ...]:
    if source.startswith(_HEADER):
        return request.header_values(source.removeprefix(_HEADER))
    if source.startswith(_QUERY):
        return tuple(request.query.get(source.removeprefix(_QUERY)) or ())
    return (_value(source, request),)


def _value(source: str, request: Request) -> str:
    if source.startswith(_HEADER):
        return request.header(source.removeprefix(_HEADER))
    if source.startswith(_STAGE):
        return request.stage_variables.get(source.removeprefix(_STAGE), "")
    if source.startswith(_CONTEXT):
        return _at(request.context, source.removeprefix(_CONTEXT))
    return ""


def _at(context: Mapping[str, Any], path: str) -> str:
    value: Any = context
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
