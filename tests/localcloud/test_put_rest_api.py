"""An API imported from an OpenAPI document behaves as the document says."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws import ECHO, Api, Aws, request, uri
from tools.access.listing import everything

AUTHORIZER = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"].get("Authorization", "nobody")
    if token.endswith("crash"):
        raise RuntimeError("inside")
    effect = "Deny" if token.endswith("deny") else "Allow"
    everywhere = event["methodArn"].partition("/")[0] + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": everywhere}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    known = {"caller": token, "admin": True, "asked": context.aws_request_id}
    return {"principalId": "p", "context": known, "policyDocument": policy}
"""
TEMPLATE = '{"type":"$context.error.responseType","detail":$context.error.messageString,"id":"$context.requestId"}'
SIMPLE: dict[str, Any] = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}},
}


def operation(integration: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    extension = {"x-amazon-apigateway-integration": integration or SIMPLE}
    return {"responses": {"200": {"description": "Done."}}, **extension, **more}


def described(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "info": {"title": "Made by import", "version": "1.0"}, "paths": paths, **more}


def full_document(echo: str, authorizer: str) -> dict[str, Any]:
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(echo)}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
    named = {"type": "apiKey", "in": "header", "x-amazon-apigateway-authtype": "custom"}
    token = {
        "type": "token",
        "authorizerUri": uri(authorizer),
        "identityValidationExpression": "^Bearer .+$",
        "authorizerResultTtlInSeconds": 60,
    }
    anyone = {"type": "request", "authorizerUri": uri(authorizer), "authorizerResultTtlInSeconds": 0}
    needed = {"name": "X-Needed", "in": "header", "required": True, "schema": {"type": "string"}}
    free: dict[str, Any] = {"x-amazon-apigateway-request-validator": "nothing"}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Made by import", "version": "1.0", "description": "All that we use."},
        "x-amazon-apigateway-request-validators": {
            "everything": {"validateRequestBody": True, "validateRequestParameters": True},
            "nothing": {"validateRequestBody": False, "validateRequestParameters": False},
        },
        "x-amazon-apigateway-request-validator": "everything",
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {
                "responseParameters": {"gatewayresponse.header.X-Static": "'set'"},
                "responseTemplates": {"application/json": TEMPLATE},
            },
            "MISSING_AUTHENTICATION_TOKEN": {
                "statusCode": 404,
                "responseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
                "responseTemplates": {"application/json": TEMPLATE},
            },
            "AUTHORIZER_FAILURE": {"statusCode": 500, "responseTemplates": {"application/json": TEMPLATE}},
        },
        "paths": {
            "/items": {
                "parameters": [needed],
                "post": operation(proxy, requestBody=body),
                "put": operation(proxy, requestBody=body, **free),
                "get": operation(proxy, security=[{"caller": []}], **free),
                "options": operation(**free),
            },
            "/items/{id}": {"get": operation(proxy, security=[{"anyone": []}])},
        },
        "components": {
            "securitySchemes": {
                "caller": {**named, "name": "Authorization", "x-amazon-apigateway-authorizer": token},
                "anyone": {**named, "name": "Unused", "x-amazon-apigateway-authorizer": anyone},
            },
            "schemas": {
                "Tag": {"type": "string", "maxLength": 3},
                "Item": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"},
                        "kind": {"type": "string", "enum": ["a", "b"]},
                        "price": {"type": "number", "minimum": 0},
                        "tags": {"type": "array", "maxItems": 1, "items": {"$ref": "#/components/schemas/Tag"}},
                        "maxItems": {"type": "integer"},
                    },
                },
            },
        },
    }


@pytest.fixture(scope="module")
def contract(aws: Aws) -> dict[str, Any]:
    return full_document(aws.function(ECHO), aws.function(AUTHORIZER))


@pytest.fixture(scope="module")
def api(aws: Aws, contract: dict[str, Any]) -> Api:
    return aws.imported(contract)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "abc"}, 200),
        ({"name": "abc", "tags": ["xyz"], "kind": "b", "price": 0, "maxItems": 3}, 200),
        ({}, 400),
        ([], 400),
        ({"name": "abc", "unknown": 1}, 400),
        ({"name": "abcdef"}, 400),
        ({"name": "ABC"}, 400),
        ({"name": "abc", "kind": "c"}, 400),
        ({"name": "abc", "price": -1}, 400),
        ({"name": "abc", "price": "1"}, 400),
        ({"name": "abc", "tags": ["xyzz"]}, 400),
        ({"name": "abc", "maxItems": "x"}, 400),
        (b"", 400),
        (b"{", 400),
        (b'{"name":"abc","price":Infinity}', 400),
        # An import drops maxItems: the handler has to check it.
        ({"name": "abc", "tags": ["x", "y"]}, 200),
    ],
)
def test_bodies_are_validated_with_the_model(api: Api, body: Any, status: int) -> None:
    sent = {"X-Needed": "1", "Content-Type": "application/json; charset=utf-8"}
    answer = api.call("POST", "/items", body=body, headers=sent)
    assert answer.status == status
    if status == 400:
        assert answer.json["type"] == "BAD_REQUEST_BODY"
        assert answer.json["id"] == answer.headers["x-amzn-requestid"]
        assert answer.headers["x-static"] == "set"


def test_required_parameters_are_checked(api: Api) -> None:
    answer = api.call("POST", "/items", body={"name": "abc"})
    assert (answer.status, answer.json["type"]) == (400, "BAD_REQUEST_PARAMETERS")
    assert "X-Needed" in answer.json["detail"]


def test_an_operation_may_have_another_validator(api: Api) -> None:
    assert api.call("PUT", "/items", body={}).status == 200


def test_an_unknown_path_or_method_is_a_gateway_response(api: Api) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/items")):
        answer = api.call(method, path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("token", "status", "kind"),
    [
        (None, 401, "UNAUTHORIZED"),
        ("Basic x", 401, "UNAUTHORIZED"),
        ("Bearer deny", 403, "ACCESS_DENIED"),
        ("Bearer crash", 500, "AUTHORIZER_FAILURE"),
        ("Bearer good", 200, None),
    ],
)
def test_a_token_authorizer_is_called(api: Api, token: str | None, status: int, kind: str | None) -> None:
    answer = api.call("GET", "/items", headers={"Authorization": token} if token else {})
    assert (answer.status, answer.json.get("type")) == (status, kind)


def test_its_result_is_cached_by_token_and_its_context_is_passed_on(api: Api) -> None:
    def context(token: str) -> Any:
        return api.call("GET", "/items", headers={"Authorization": token}).json["requestContext"]["authorizer"]

    first, again = context("Bearer one"), context("Bearer one")
    assert first == again
    assert first["caller"] == "Bearer one"
    assert first["admin"] == "true"
    assert first["principalId"] == "p"
    assert context("Bearer two")["caller"] == "Bearer two"


def test_a_request_authorizer_without_identity_source_is_always_called(api: Api) -> None:
    answers = [api.call("GET", "/items/7", headers={"X-Needed": "1"}) for _ in range(2)]
    known = [answer.json["requestContext"]["authorizer"] for answer in answers]
    assert [entry["caller"] for entry in known] == ["nobody", "nobody"]
    assert known[0]["asked"] != known[1]["asked"]
    assert answers[0].json["pathParameters"] == {"id": "7"}


def test_the_apis_own_settings_are_imported(aws: Aws, api: Api) -> None:
    record = aws("apigateway").get_rest_api(restApiId=api.id)
    assert (record["name"], record["version"], record["description"]) == ("Made by import", "1.0", "All that we use.")
    assert record["binaryMediaTypes"] == ["image/png"]


def counted(aws: Aws, api_id: str) -> dict[str, list[str]]:
    gateway = aws("apigateway")
    return {
        "resources": sorted(f"{r['path']} {r['id']}" for r in everything(gateway, "get_resources", restApiId=api_id)),
        "authorizers": sorted(
            f"{a['name']} {a['id']}" for a in everything(gateway, "get_authorizers", restApiId=api_id)
        ),
        "models": sorted(m["name"] for m in everything(gateway, "get_models", restApiId=api_id)),
        "validators": sorted(v["name"] for v in everything(gateway, "get_request_validators", restApiId=api_id)),
        "responses": sorted(
            r["responseType"]
            for r in everything(gateway, "get_gateway_responses", restApiId=api_id)
            if not r["defaultResponse"]
        ),
    }


def test_a_second_import_changes_nothing(aws: Aws, contract: dict[str, Any]) -> None:
    api = aws.imported(contract)
    before = counted(aws, api.id)
    aws.put(api.id, contract)
    assert counted(aws, api.id) == before


def test_an_overwriting_import_replaces_everything(aws: Aws, contract: dict[str, Any]) -> None:
    api = aws.imported(contract)
    aws.put(api.id, described({"/other": {"get": operation()}}))
    after = counted(aws, api.id)
    assert [entry.split()[0] for entry in after["resources"]] == ["/", "/other"]
    assert [after[kind] for kind in ("authorizers", "models", "validators", "responses")] == [[], [], [], []]
    api.redeploy()
    assert [api.call("GET", path).status for path in ("/other", "/items")] == [200, 403]


def test_a_merging_import_adds(aws: Aws, contract: dict[str, Any]) -> None:
    api = aws.imported(contract)
    aws.put(api.id, described({"/other": {"get": operation()}}), mode="merge")
    after = counted(aws, api.id)
    assert [entry.split()[0] for entry in after["resources"]] == ["/", "/items", "/items/{id}", "/other"]
    assert after["models"] == ["Item", "Tag"]


def test_an_api_is_created_from_a_document(aws: Aws) -> None:
    made = aws("apigateway").import_rest_api(body=b"openapi: 3.0.1\ninfo: {title: In YAML, version: '1'}\npaths: {}\n")
    assert made["name"] == "In YAML"


def broken(document: dict[str, Any], *path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(document)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("openapi",), "2.0", "OpenAPI 3.0"),
        (("components", "schemas", "Bad_Name"), {}, "alphanumeric"),
        (("components", "schemas", "Tag"), {"$ref": "#/components/schemas/Gone"}, "Invalid model reference"),
        (("x-amazon-apigateway-request-validator",), "gone", "Invalid request validator"),
        (("x-amazon-apigateway-gateway-responses", "NO_SUCH_TYPE"), {}, "Invalid gateway response type"),
        (("paths", "/items", "get", "x-amazon-apigateway-integration", "httpMethod"), "GET", "httpMethod POST"),
        (("paths", "/items", "options", "responses"), {}, "No method response exists"),
    ],
)
def test_a_wrong_document_is_refused_whole(
    aws: Aws, contract: dict[str, Any], path: tuple[str, ...], value: Any, said: str
) -> None:
    api = aws.imported(contract)
    before = counted(aws, api.id)
    with pytest.raises(ClientError, match=said) as refused:
        aws.put(api.id, broken(contract, *path, value=value))
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert counted(aws, api.id) == before


def test_a_header_that_the_response_does_not_declare_is_refused(aws: Aws) -> None:
    answer = {"statusCode": "200", "responseParameters": {"method.response.header.X-A": "'a'"}}
    document = described({"/x": {"get": operation({**SIMPLE, "responses": {"default": answer}})}})
    with pytest.raises(ClientError, match="Invalid mapping expression"):
        aws.imported(document)


def test_an_unknown_api_is_not_found(aws: Aws) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        aws.put("nothing0", described({}))


def test_an_unsigned_import_is_refused(aws: Aws, api: Api) -> None:
    assert request(aws.url, "PUT", f"/restapis/{api.id}?mode=overwrite", b"{}").status in (401, 403)
