"""LocalStack's REST gateway calls Lambda authorizers, as API Gateway does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.aws import ECHO, Answer, Api, Aws, uri
from tests.localcloud.localstack.gateways import AUTHORIZER, api_of
from tools.access.listing import everything

EVENT = json.loads((Path(__file__).resolve().parents[2] / "events" / "authorizer_request.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def functions() -> dict[str, str]:
    """The functions of this module's tests, created when they are first needed."""
    return {}


@pytest.fixture
def echo(localstack_aws: Aws, functions: dict[str, str]) -> str:
    """A function that returns its event."""
    if "echo" not in functions:
        functions["echo"] = localstack_aws.function(ECHO)
    return functions["echo"]


@pytest.fixture
def guard(localstack_aws: Aws, functions: dict[str, str]) -> str:
    """An authorizer's function; the value is the ARN of its alias."""
    if "guard" not in functions:
        function = localstack_aws.function(AUTHORIZER)
        client = localstack_aws("lambda")
        client.get_waiter("function_active_v2").wait(FunctionName=function)
        version = client.publish_version(FunctionName=function)["Version"]
        alias = client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
        functions["guard"] = alias["AliasArn"]
    return functions["guard"]


def token(guard: str, **more: Any) -> dict[str, Any]:
    return {"type": "token", "authorizerUri": uri(guard), **more}


def received(answer: Answer) -> dict[str, Any]:
    """Return what the integration received about the caller."""
    assert answer.status == 200, answer
    return dict(answer.json["requestContext"]["authorizer"])


def get(api: Api, caller: str | None = None, path: str = "/x") -> Answer:
    return api.call("GET", path, headers={"X-Token": caller} if caller is not None else {})


def test_the_integration_receives_the_caller(localstack_aws: Aws, echo: str, guard: str) -> None:
    api = api_of(localstack_aws, echo, authorizer=token(guard))
    caller = received(get(api, "alice", "/x/17"))
    arn = f"arn:aws:execute-api:eu-west-1:000000000000:{api.id}/prod/GET/x/17"
    assert (caller["principalId"], caller["type"], caller["arn"]) == ("alice", "TOKEN", arn)
    assert caller["alias"].endswith(":live")


@pytest.mark.parametrize(
    ("caller", "refusal"),
    [
        (None, (401, {"message": "Unauthorized"})),
        ("", (401, {"message": "Unauthorized"})),
        ("unknown", (401, {"message": "Unauthorized"})),
        ("broken", (500, {"message": None})),
        ("wordless", (500, {"message": None})),
        ("banned", (403, {"Message": "User is not authorized to access this resource with an explicit deny"})),
    ],
)
def test_a_refused_caller_sees_the_reason(
    localstack_aws: Aws, echo: str, guard: str, caller: str | None, refusal: tuple[int, Any]
) -> None:
    answer = get(api_of(localstack_aws, echo, authorizer=token(guard)), caller)
    assert (answer.status, answer.json) == refusal


def test_a_result_is_cached_and_evaluated_for_each_method(localstack_aws: Aws, echo: str, guard: str) -> None:
    api = api_of(localstack_aws, echo, authorizer=token(guard))
    first = received(get(api, "alice"))["calls"]
    assert received(get(api, "alice", "/x/17"))["calls"] == first
    assert api.call("POST", headers={"X-Token": "alice"}).status == 403
    assert received(get(api, "bob"))["calls"] != first
    unkept = api_of(localstack_aws, echo, authorizer=token(guard, authorizerResultTtlInSeconds=0))
    assert received(get(unkept, "alice"))["calls"] != received(get(unkept, "alice"))["calls"]


def test_a_token_in_the_wrong_format_is_refused_without_a_call(localstack_aws: Aws, echo: str, guard: str) -> None:
    api = api_of(localstack_aws, echo, authorizer=token(guard, identityValidationExpression="a[a-z]+"))
    assert [get(api, caller).status for caller in ("alice", "bob", "alice!", "broken")] == [200, 401, 401, 401]


def test_a_request_authorizer_may_be_called_without_a_credential(localstack_aws: Aws, echo: str, guard: str) -> None:
    settings: dict[str, Any] = {"type": "request", "authorizerUri": uri(guard)}
    api = api_of(localstack_aws, echo, authorizer=settings | {"authorizerResultTtlInSeconds": 0})
    assert (received(get(api))["type"], received(get(api))["principalId"]) == ("REQUEST", "nobody")
    shown = json.loads(received(get(api))["shown"])
    assert shown.keys() == EVENT.keys()
    assert shown["requestContext"].keys() == EVENT["requestContext"].keys()
    assert {name.lower() for name in shown["headers"]} >= {"host", "x-amzn-trace-id", "x-forwarded-for"}
    asked = api_of(localstack_aws, echo, authorizer=settings | {"identitySource": "method.request.header.X-Token"})
    assert (get(asked).status, received(get(asked, "alice"))["principalId"]) == (401, "alice")


def test_an_authorizer_that_cannot_be_called_refuses_everyone(localstack_aws: Aws, echo: str) -> None:
    lost = f"{echo}-that-is-not-there"
    answer = get(api_of(localstack_aws, echo, authorizer=token(lost)), "alice")
    assert (answer.status, answer.json) == (500, {"message": None})


def test_an_authorizer_from_create_authorizer_is_called_too(localstack_aws: Aws, echo: str, guard: str) -> None:
    gateway = localstack_aws("apigateway")
    api = localstack_aws.api(function=echo)
    source = "method.request.header.X-Token"
    made = gateway.create_authorizer(
        restApiId=api.id, name="guard", type="TOKEN", authorizerUri=uri(guard), identitySource=source
    )
    resource = next(found for found in everything(gateway, "get_resources", restApiId=api.id) if found["path"] == "/x")
    changes = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": made["id"]},
    ]
    gateway.update_method(restApiId=api.id, resourceId=resource["id"], httpMethod="POST", patchOperations=changes)
    assert api.call().status == 200
    api.redeploy()
    assert (api.call().status, api.call(headers={"X-Token": "alice"}).status) == (401, 403)


def test_an_api_key_may_come_from_the_authorizer(localstack_aws: Aws, echo: str, guard: str) -> None:
    gateway = localstack_aws("apigateway")
    keyed: dict[str, Any] = {"get": {"security": [{"guard": [], "key": []}]}}
    key = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    api = api_of(
        localstack_aws, echo, authorizer=token(guard), methods=keyed, schemes={"key": key}, api_key_source="AUTHORIZER"
    )
    plan = gateway.create_usage_plan(name=localstack_aws.name(), apiStages=[{"apiId": api.id, "stage": "prod"}])["id"]
    made = gateway.create_api_key(name="alice", value="key-of-alice-0123456789", enabled=True)["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=made, keyType="API_KEY")
    answer = get(api, "alice")
    assert answer.status == 200, answer
    assert answer.json["requestContext"]["identity"]["apiKeyId"] == made
    assert get(api, "bob").status == 403


def test_a_method_without_an_authorizer_is_open(localstack_aws: Aws, echo: str, guard: str) -> None:
    open_to_all: dict[str, dict[str, Any]] = {"get": {"security": []}, "post": {}}
    api = api_of(localstack_aws, echo, authorizer=token(guard), methods=open_to_all)
    assert (get(api).status, api.call().status) == (200, 401)
