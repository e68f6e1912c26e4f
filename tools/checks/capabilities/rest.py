"""A REST API for probes, imported from an OpenAPI document as the application's own is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.access.http import Answer, call
from tools.checks.capabilities.workshop import Workshop

STAGE = "probe"
MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}},
}


@dataclass(frozen=True)
class Api:
    """A deployed API of one resource, /x."""

    gateway: Any
    id: str
    url: str

    def get(self, path: str = "/x", **headers: str) -> Answer:
        """GET a path; header names are written with underscores."""
        return call("GET", self.url + path, headers=_named(headers))

    def post(self, body: Any) -> Answer:
        """POST JSON to /x."""
        return call("POST", self.url + "/x", body=body)

    def set(self, **settings: str) -> None:
        """Change settings of all methods of the stage, such as `throttling/rateLimit`, written with two underscores."""
        changes = [
            {"op": "replace", "path": f"/*/*/{name.replace('__', '/')}", "value": value}
            for name, value in settings.items()
        ]
        self.gateway.update_stage(restApiId=self.id, stageName=STAGE, patchOperations=changes)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


def proxy(shop: Workshop, function: str) -> dict[str, Any]:
    """Return a method's integration with a function, which everybody may invoke."""
    shop("lambda").add_permission(
        FunctionName=function,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": invocation(shop, function)}


def invocation(shop: Workshop, function: str) -> str:
    """Return the URI by which API Gateway invokes a function."""
    return f"arn:aws:apigateway:{shop.region}:lambda:path/2015-03-31/functions/{function}/invocations"


def rest_api(
    shop: Workshop,
    integration: dict[str, Any],
    method: dict[str, Any] | None = None,
    *,
    verb: str = "get",
    stage: dict[str, Any] | None = None,
    **extra: Any,
) -> Api:
    """Make and deploy an API of one method of /x.

    Parameters
    ----------
    method
        What its OpenAPI operation says besides.
    stage
        Settings of the stage.
    extra
        Further parts of the document; underscores in their names stand for hyphens.
    """
    gateway, name = shop("apigateway"), shop.name()
    operation = {
        "responses": {"200": {"description": "Done"}},
        "x-amazon-apigateway-integration": integration,
        **(method or {}),
    }
    text = {
        "openapi": "3.0.1",
        "info": {"title": name, "version": "1"},
        "paths": {"/x": {verb: operation}},
        **_named(extra),
    }
    made = gateway.create_rest_api(name=name)["id"]
    shop.undo(gateway.delete_rest_api, restApiId=made)
    gateway.put_rest_api(restApiId=made, mode="overwrite", body=json.dumps(text).encode())
    deployment = gateway.create_deployment(restApiId=made)["id"]
    gateway.create_stage(restApiId=made, stageName=STAGE, deploymentId=deployment, **(stage or {}))
    endpoint = str(shop.clients.environment.endpoint)
    return Api(gateway, made, f"{endpoint}/_aws/execute-api/{made}/{STAGE}")
