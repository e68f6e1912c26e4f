"""The fixes of LocalStack's REST gateway; each test fails without the module for its step."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws import ECHO, Api, Aws
from tests.localcloud.localstack.gateways import api_of

TEMPLATE = '{"id":"$context.requestId","at":"$context.path","why":$context.error.messageString,"none":"$context.x"}'
HEADERS = {
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.X-Asked-By": "method.request.header.X-Name",
    "gatewayresponse.header.X-Lost": "method.request.header.X-Lost",
}
MISSING: dict[str, Any] = {
    "statusCode": 404,
    "responseParameters": HEADERS,
    "responseTemplates": {"application/json": TEMPLATE},
}
LAMP = {
    "type": "object",
    "required": ["watts"],
    "additionalProperties": False,
    "properties": {"watts": {"type": "number"}, "parts": {"type": "array"}},
}


@pytest.fixture(scope="module")
def functions() -> list[str]:
    """The function of this module's tests, once it is created."""
    return []


@pytest.fixture
def echo(localstack_aws: Aws, functions: list[str]) -> str:
    """A function that returns its event."""
    if not functions:
        functions.append(localstack_aws.function(ECHO))
    return functions[0]


def assert_has_the_apis_format(api: Api) -> None:
    answer = api.call("GET", "/nothing", headers={"X-Name": "alice"})
    assert answer.status == 404
    assert answer.json == {
        "id": answer.headers["x-amzn-requestid"],
        "at": "/prod/nothing",
        "why": "Missing Authentication Token",
        "none": "",
    }
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-asked-by"] == "alice"
    assert "x-lost" not in answer.headers


def test_gateway_responses_are_rendered_from_the_apis_templates(localstack_aws: Aws, echo: str) -> None:
    responses = {"MISSING_AUTHENTICATION_TOKEN": MISSING | {"statusCode": "404"}}
    assert_has_the_apis_format(localstack_aws.api(function=echo, gateway_responses=responses))


def test_gateway_responses_are_imported_with_the_document(localstack_aws: Aws, echo: str) -> None:
    api = api_of(localstack_aws, echo, gateway_responses={"MISSING_AUTHENTICATION_TOKEN": MISSING})
    assert_has_the_apis_format(api)
    gateway = localstack_aws("apigateway")
    known = gateway.get_gateway_response(restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN")
    assert (known["statusCode"], known["defaultResponse"], known["responseParameters"]) == ("404", False, HEADERS)


def test_an_overwriting_import_removes_gateway_responses(localstack_aws: Aws, echo: str) -> None:
    api = api_of(localstack_aws, echo, gateway_responses={"MISSING_AUTHENTICATION_TOKEN": MISSING})
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    method = {"responses": {}, "x-amazon-apigateway-integration": integration}
    document = {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": method}}}
    for mode, status in (("merge", 404), ("overwrite", 403)):
        localstack_aws.put(api.id, document, mode)
        api.redeploy()
        assert api.call("GET", "/nothing").status == status


def test_a_default_response_applies_to_its_class(localstack_aws: Aws, echo: str) -> None:
    default = {"responseParameters": HEADERS, "responseTemplates": {"application/json": '{"c":"$context.stage"}'}}
    api = api_of(localstack_aws, echo, gateway_responses={"DEFAULT_4XX": default})
    answer = api.call("GET", "/nothing")
    assert (answer.status, answer.json) == (403, {"c": "prod"})
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", "hello"),
        ("application/x-www-form-urlencoded", "a=1&b=%20&a=2+3"),
        ("application/x-www-form-urlencoded", '{"watts": 1}'),
        ("multipart/form-data; boundary=b", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'),
        ("text/plain", "a=1"),
    ],
)
def test_a_body_reaches_the_integration_as_it_was_sent(
    localstack_aws: Aws, echo: str, content_type: str, body: str
) -> None:
    api = api_of(localstack_aws, echo)
    answer = api.call(body=body.encode(), headers={"Content-Type": content_type})
    assert (answer.status, answer.json["body"]) == (200, body)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b'{"watts": 1}', 200),
        ("application/json; charset=utf-8", b'{"watts": "1"}', 400),
        ("application/json", b'{"watts": NaN}', 400),
        ("application/json", b'{"watts": 1, "parts": ["\xff"]}', 400),
        ("application/json", b'{"watts": 1, "parts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        ("application/json", b"", 400),
        ("text/plain", b"any", 200),
    ],
    ids=["right", "wrong", "nan", "not-utf-8", "deep", "empty", "other"],
)
def test_a_body_is_validated_with_the_model_of_its_content_type(
    localstack_aws: Aws, echo: str, content_type: str, body: bytes, status: int
) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Lamp"}}}
    api = api_of(
        localstack_aws,
        echo,
        methods={"post": {"requestBody": {"content": content}}},
        schemas={"Lamp": LAMP},
        request_validators={"all": {"validateRequestBody": True}},
        request_validator="all",
    )
    answer = api.call(body=body, headers={"Content-Type": content_type})
    assert answer.status == status, answer
    if status == 400:
        assert answer.json == {"message": "Invalid request body"}


def test_a_request_has_one_id_of_each_kind(localstack_aws: Aws, echo: str) -> None:
    answer = api_of(localstack_aws, echo).call("GET")
    context = answer.json["requestContext"]
    assert answer.headers["x-amzn-requestid"] == context["requestId"]
    assert answer.headers["x-amz-apigw-id"] == context["extendedRequestId"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"


def test_the_event_has_the_callers_address_and_the_protocol(localstack_aws: Aws, echo: str) -> None:
    answer = api_of(localstack_aws, echo).call("GET", headers={"X-Forwarded-For": "203.0.113.17"})
    headers = answer.json["headers"]
    assert headers["X-Forwarded-For"] == "203.0.113.17, 127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Port"] == localstack_aws.url.rpartition(":")[2]


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 413)])
def test_a_request_of_more_than_ten_megabytes_is_refused(localstack_aws: Aws, over: int, status: int) -> None:
    integration = {"type": "MOCK", "requestTemplates": {"text/plain": '{"statusCode": 200}'}}
    api = localstack_aws.api(integration=integration, responses={"200": {}})
    answer = api.call(body=b"x" * (10 * 1024 * 1024 + over), headers={"Content-Type": "text/plain"})
    assert answer.status == status, answer
    if status == 413:
        assert answer.json == {"message": "Request Too Long"}


@pytest.mark.parametrize("result", ["None", "[]", "1", "{'statusCode': 200, 'body': {'x': 1}}", "{'words': 'x'}"])
def test_an_invalid_result_is_a_gateway_response(localstack_aws: Aws, result: str) -> None:
    function = localstack_aws.function(f"def handler(event, context):\n    return {result}\n")
    answer = api_of(localstack_aws, function).call("GET")
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})


def test_the_settings_of_one_method_can_be_removed(localstack_aws: Aws, echo: str) -> None:
    api = api_of(localstack_aws, echo)
    gateway = localstack_aws("apigateway")

    def update(*operations: dict[str, str]) -> set[str]:
        gateway.update_stage(restApiId=api.id, stageName="prod", patchOperations=list(operations))
        return set(gateway.get_stage(restApiId=api.id, stageName="prod").get("methodSettings", {}))

    path = "/throttling/rateLimit"
    limits = [{"op": "replace", "path": f"/{method}{path}", "value": "5"} for method in ("*/*", "x/GET", "x~1{id}/GET")]
    methods = {"*/*", "x/GET", "x~1{id}/GET"}
    assert update(*limits) == methods
    assert update({"op": "remove", "path": "/x/GET"}) == methods - {"x/GET"}
    assert update({"op": "remove", "path": "/x~1{id}/GET"}) == {"*/*"}
    assert update({"op": "remove", "path": "/*/*"}) == set()
    with pytest.raises(ClientError, match="Invalid method setting path"):
        update({"op": "remove", "path": "/x/GET"})
