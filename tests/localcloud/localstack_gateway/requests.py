"""Requests as the gateway sees them."""

from __future__ import annotations

from typing import Any

from localcloud.localstack.host.gateway.request import Request, method_arn

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod"


def asked(method: str = "GET", path: str = "/items", **changes: Any) -> Request:
    """Return a request to the API `a1b2c3d4e5` in its stage `prod`."""
    place = {"region": "eu-west-1", "account": "123456789012", "api": "a1b2c3d4e5", "stage": "prod"}
    known: dict[str, Any] = {
        "method_arn": method_arn(**place, method=method, path=path),
        "http_method": method,
        "resource": path,
        "path": path,
    }
    return Request(**{**known, **changes})
