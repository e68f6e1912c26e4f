"""REST APIs for tests of LocalStack's gateway."""

from __future__ import annotations

from typing import Any

from tests.localcloud.aws import Api, Aws, uri

AUTHORIZER = """
import json

calls = 0

def handler(event, context):
    global calls
    calls += 1
    token = event.get("authorizationToken") or event["headers"].get("X-Token", "nobody")
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        raise ValueError("arn:aws:secret")
    if token == "wordless":
        return {"principalId": token}
    stage = "/".join(event["methodArn"].split("/")[:2])
    statements = [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stage + "/GET/*"}]
    if token == "banned":
        statements.append({"Effect": "Deny", "Action": "*", "Resource": "*"})
    return {
        "principalId": token,
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {
            "calls": calls,
            "type": event["type"],
            "arn": event["methodArn"],
            "alias": context.invoked_function_arn,
            "shown": json.dumps(event),
        },
        "usageIdentifierKey": "key-of-" + token + "-0123456789",
    }
"""

GUARD = {"type": "apiKey", "name": "X-Token", "in": "header", "x-amazon-apigateway-authtype": "custom"}


def api_of(
    aws: Aws,
    function: str,
    *,
    authorizer: dict[str, Any] | None = None,
    methods: dict[str, dict[str, Any]] | None = None,
    schemas: dict[str, Any] | None = None,
    schemes: dict[str, Any] | None = None,
    **extensions: Any,
) -> Api:
    """Create an API from a document: a function serves the given methods of /x, and every method of /x/{id}.

    Parameters
    ----------
    authorizer
        The extension `x-amazon-apigateway-authorizer`; without it the API is open.
    methods
        Additional members of a method, by its name in lower case.
    schemas, schemes
        The document's components: schemas, and security schemes in addition to the authorizer's.
    extensions
        Members of the document, with "_" for "-" and without "x-amazon-apigateway-".
    """
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(function)}
    security: dict[str, Any] = {"security": [{"guard": []}]} if authorizer else {}
    guards = {"guard": {**GUARD, "x-amazon-apigateway-authorizer": authorizer}} if authorizer else {}
    method = {**security, "responses": {}, "x-amazon-apigateway-integration": integration}
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": "Guarded", "version": "1"},
        "paths": {
            "/x": {name: {**method, **more} for name, more in (methods or {"get": {}, "post": {}}).items()},
            "/x/{id}": {"get": method},
        },
        "components": {"schemas": schemas or {}, "securitySchemes": {**guards, **(schemes or {})}},
    }
    for name, value in extensions.items():
        document[f"x-amazon-apigateway-{name.replace('_', '-')}"] = value
    return aws.imported(document)
