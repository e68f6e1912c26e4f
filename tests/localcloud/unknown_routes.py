"""Requests that the API contract does not describe, and what an emulator must answer."""

from __future__ import annotations

from tests.gateway_body import gateway_body
from tests.localcloud.aws import ECHO, Answer, Api, Aws, uri

ORIGIN = "https://app.example.com"
# As a client sends it: where API Gateway finds no route, it reads this as an AWS signature.
BEARER = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30.c2VjcmV0"}
TEXT = {"Content-Type": "text/plain", **BEARER}
UNKNOWN: list[tuple[str, str, bytes | None, dict[str, str]]] = [
    ("GET", "/", None, BEARER),
    ("OPTIONS", "/", None, {}),
    ("GET", "/nothing", None, BEARER),
    ("GET", "/nothing", None, {}),
    ("DELETE", "/nothing/at/all", None, BEARER),
    ("POST", "/nothing", b'{"a": 1}', {"Content-Type": "application/json", **BEARER}),
    ("POST", "/nothing", b"not JSON", TEXT),
    ("GET", "/items/i/nothing/here", None, BEARER),
    ("PATCH", "/items", b"{}", BEARER),
    ("DELETE", "/items", None, BEARER),
    ("POST", "/items/i", b"not JSON", TEXT),
    ("PATCH", "/items/i", None, BEARER),
    ("DELETE", "/items/i/images", None, BEARER),
    ("POST", "/health", None, {}),
]


def contract_api(aws: Aws) -> Api:
    """Import the contract; one function serves all operations."""
    body = gateway_body(cors_origin=ORIGIN, uri=uri(aws.function(ECHO)))
    return aws.imported({**body, "info": {**body["info"], "title": aws.name()}})


def ask(api: Api, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    """Send a request; the answer must be the 404 problem, with CORS headers and nothing of what was sent."""
    answer = api.call(method, path, body=body, headers=headers)
    assert answer.status == 404, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such path and method.",
        "requestId": answer.headers["x-amzn-requestid"],
    }
    return answer
