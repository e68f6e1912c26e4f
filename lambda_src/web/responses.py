"""An answer as API Gateway takes it from a function (REST API, "Lambda proxy integration output format")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.json_text import to_json
from web.problems import Problem
from web.requests import Request

NO_STORE = "no-store"
# A client may keep what it has read, but asks with its entity tag before it uses it again.
REVALIDATE = "private, no-cache"
_EXPOSED = "ETag, Location, Retry-After, X-Correlation-Id, X-Request-Id"


@dataclass(frozen=True)
class Response:
    """An answer. The body is JSON text; empty for none."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer whose body is JSON."""
    return Response(status, to_json(content), {"Content-Type": "application/json", **(headers or {})})


def problem_response(problem: Problem, request_id: str) -> Response:
    """Return an answer whose body is a problem document."""
    headers = {"Content-Type": "application/problem+json", **problem.headers}
    return Response(problem.status, to_json(problem.document(request_id)), headers)


def render(response: Response, request: Request, cors_origin: str) -> dict[str, Any]:
    """Return the answer for API Gateway, with the headers that every answer has.

    Parameters
    ----------
    response
        The answer.
    request
        What it answers.
    cors_origin
        The origin whose pages may read it, or "*"; empty for none. It is one fixed value, so that the answer does not
        vary by origin.
    """
    cors = {"Access-Control-Allow-Origin": cors_origin, "Access-Control-Expose-Headers": _EXPOSED}
    headers = {
        **(cors if cors_origin else {}),
        "Cache-Control": NO_STORE,
        "Vary": "Authorization",
        "X-Content-Type-Options": "nosniff",
        "X-Correlation-Id": request.correlation_id,
        "X-Request-Id": request.request_id,
        **response.headers,
    }
    return {"statusCode": response.status, "headers": headers, "body": response.body, "isBase64Encoded": False}
