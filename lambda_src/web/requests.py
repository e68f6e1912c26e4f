"""A request as API Gateway passes it to a function (REST API, "Lambda proxy integration input format")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.callers import ANONYMOUS, Caller
from domain.correlation_ids import is_correlation_id
from runtime.context import LambdaContext

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What a handler needs of a request.

    Parameters
    ----------
    method, route
        HTTP method and resource template ("/items/{id}").
    path
        The path as the client sees it, stage included.
    headers
        By lower-case name; the values of a repeated header are joined as RFC 9110 (section 5.3) says.
    query
        Query parameters with all their values.
    path_parameters
        By name in the template.
    body, body_is_base64
        The body as text, and whether that text is base64.
    request_id, correlation_id
        The gateway's id of this request; the id under which the caller's whole undertaking is known.
    caller
        Whom the authorizer has seen; nothing when no authorizer was asked.
    expires_at
        When their token ends, in seconds since the Unix epoch; nothing without a token.
    context
        What Lambda says of this invocation.
    """

    method: str
    route: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    path_parameters: Mapping[str, str]
    body: str
    body_is_base64: bool
    request_id: str
    correlation_id: str
    caller: Caller | None
    expires_at: int | None
    context: LambdaContext


def parse(event: Mapping[str, Any], context: LambdaContext) -> Request:
    """Return the request of an event."""
    gateway = event.get("requestContext") or {}
    authorizer = gateway.get("authorizer") or {}
    headers = _headers(event)
    request_id = gateway.get("requestId") or context.aws_request_id
    sent = headers.get("x-correlation-id", "")
    return Request(
        method=event.get("httpMethod", ""),
        route=event.get("resource", ""),
        path=gateway.get("path") or event.get("path", ""),
        headers=headers,
        query=_query(event),
        path_parameters=event.get("pathParameters") or {},
        body=event.get("body") or "",
        body_is_base64=bool(event.get("isBase64Encoded")),
        request_id=request_id,
        correlation_id=sent if is_correlation_id(sent) else request_id,
        caller=_caller(authorizer),
        expires_at=_expires_at(authorizer),
        context=context,
    )


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    repeated = (event.get("multiValueHeaders") or {}).items()
    return headers | {name.lower(): ", ".join(values) for name, values in repeated}


def _query(event: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    query = {name: (value,) for name, value in (event.get("queryStringParameters") or {}).items()}
    repeated = (event.get("multiValueQueryStringParameters") or {}).items()
    return query | {name: tuple(values) for name, values in repeated}


def _caller(authorizer: Mapping[str, Any]) -> Caller | None:
    match authorizer.get("kind"), authorizer.get("sub"):
        case "anonymous", _:
            return ANONYMOUS
        case "user", str(subject) if subject:
            return Caller(subject, frozenset(str(authorizer.get("scope") or "").split()))
    return None


def _expires_at(authorizer: Mapping[str, Any]) -> int | None:
    found = str(authorizer.get("exp", ""))
    return int(found) if _SECONDS.fullmatch(found) else None
