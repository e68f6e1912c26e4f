"""The contract as it was deployed, in the form that a generator of requests can use."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml

from tools.project import find_project

_METHODS = ("get", "put", "post", "delete", "options")


def deployed_body(state: dict[str, Any]) -> dict[str, Any]:
    """Return the body that API Gateway was given.

    Parameters
    ----------
    state
        Terraform's state, as its local backend keeps it.
    """
    [api] = [each for each in state["resources"] if each["type"] == "aws_api_gateway_rest_api"]
    return dict(json.loads(api["instances"][0]["attributes"]["body"]))


def without_gateway_extensions(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body as plain OpenAPI 3.0 whose security says what the gateway does.

    Of a body the gateway asks for a JSON object, and the handler for the rest, as the contract's own file says it.
    An authorizer without an identity source is asked about callers without a token too, so its operations are open to
    them, and the token beside the request is the caller's own, not something to generate.
    """
    contract: dict[str, Any] = _plain(copy.deepcopy(body))
    wanted = _bodies_of_the_handlers()
    optional = {
        name
        for name, scheme in body["components"]["securitySchemes"].items()
        if scheme.get("x-amazon-apigateway-authorizer", {}).get("type") == "request"
    }
    for methods in contract["paths"].values():
        for method in _METHODS:
            operation = methods.get(method, {})
            if "requestBody" in operation:
                operation["requestBody"] = wanted[operation["operationId"]]
            if any(optional & set(each) for each in operation.get("security", [])):
                operation["security"] = []
            kept = [each for each in operation.get("parameters", []) if each["name"] != "Authorization"]
            if "parameters" in operation:
                operation["parameters"] = kept
    return contract


def _bodies_of_the_handlers() -> dict[str, Any]:
    """Return what the contract's file says of request bodies, by operation."""
    document = yaml.safe_load(find_project().contract.read_text(encoding="utf-8"))
    return {
        operation["operationId"]: operation["requestBody"]
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method in _METHODS and "requestBody" in operation
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if not key.startswith("x-amazon-")}
    return [_plain(each) for each in value] if isinstance(value, list) else value
