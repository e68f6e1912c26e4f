"""Which requests an authorizer is called for, which results are cached and for how long, and what the caller sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud.localstack.host.gateway.authorization import Authorization, NotCalled, Output
from localcloud.localstack.host.gateway.grants import Grant, Grants
from localcloud.localstack.host.gateway.refusals import Refusal
from tests.localcloud.localstack_gateway.requests import STAGE, asked

EVENTS = Path(__file__).resolve().parents[2] / "events"
BEARER = [("Authorization", "Bearer abc")]
TOKEN: dict[str, Any] = {"id": "t1", "type": "TOKEN", "identitySource": "method.request.header.Authorization"}
REQUEST: dict[str, Any] = {"id": "r1", "type": "REQUEST"}


def answer(effect: str = "Allow", resource: str = f"{STAGE}/GET/*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "alice", "policyDocument": policy, **more}


class Function:
    """An authorizer's function that returns what it is context to, and a clock that moves only when context to."""

    def __init__(self, output: Any = None) -> None:
        self.output = answer() if output is None else output
        self.events: list[dict[str, Any]] = []
        self.now = 1000.0
        self.authorization = Authorization(self, lambda: self.now)

    def __call__(self, authorizer: Mapping[str, Any], event: bytes) -> Output:
        self.events.append(json.loads(event))
        if isinstance(self.output, Exception):
            raise self.output
        return self.output if isinstance(self.output, Output) else Output(json.dumps(self.output).encode())

    def check(self, authorizer: Mapping[str, Any] = TOKEN, stage: str = "prod", **request: Any) -> Grant:
        request.setdefault("headers", BEARER)
        return self.authorization.check(authorizer, ("a1b2c3d4e5", stage), asked(**request))

    def refusal(self, *arguments: Any, **request: Any) -> Refusal:
        with pytest.raises(Refusal) as refused:
            self.check(*arguments, **request)
        return refused.value


def test_a_token_authorizer_receives_the_token_and_the_method() -> None:
    function = Function()
    function.check(headers=[("authorization", "Bearer abc")], path="/items/17", resource="/items/{id}")
    recorded = json.loads((EVENTS / "authorizer_token.json").read_text(encoding="utf-8"))
    (event,) = function.events
    assert event == {"type": "TOKEN", "methodArn": f"{STAGE}/GET/items/17", "authorizationToken": "Bearer abc"}
    assert event.keys() == recorded.keys()


def test_a_request_authorizer_receives_the_whole_request() -> None:
    recorded = json.loads((EVENTS / "authorizer_request.json").read_text(encoding="utf-8"))
    function = Function()
    headers = [(name, value) for name, values in recorded["multiValueHeaders"].items() for value in values]
    function.check(REQUEST, headers=headers, context=recorded["requestContext"])
    assert function.events == [recorded]


def test_parameters_come_with_their_last_value_and_with_all_of_them() -> None:
    function = Function()
    query, headers = {"a": ["1", "2"]}, [("X-Many", "1"), ("X-Many", "2")]
    more: dict[str, Any] = {"path_parameters": {"id": "17"}, "stage_variables": {"colour": "red"}}
    function.check(REQUEST, query=query, headers=headers, **more)
    (event,) = function.events
    assert (event["queryStringParameters"], event["multiValueQueryStringParameters"]) == ({"a": "2"}, query)
    assert (event["headers"], event["multiValueHeaders"]) == ({"X-Many": "2"}, {"X-Many": ["1", "2"]})
    assert (event["pathParameters"], event["stageVariables"]) == ({"id": "17"}, {"colour": "red"})


@pytest.mark.parametrize("headers", [[], [("Authorization", "")], [("X-Other", "Bearer abc")]])
def test_without_a_token_the_function_is_not_called(headers: Any) -> None:
    function = Function()
    refused = function.refusal(headers=headers)
    assert (refused.response_type, refused.message, function.events) == ("UNAUTHORIZED", "Unauthorized", [])


@pytest.mark.parametrize(
    ("token", "calls"), [("Bearer abc", 1), ("Bearer abc!", 0), ("x Bearer abc", 0), ("Bearer abc\n", 0)]
)
def test_a_token_must_match_the_whole_expression(token: str, calls: int) -> None:
    function = Function()
    authorizer = TOKEN | {"identityValidationExpression": "^[Bb]earer [-_.A-Za-z0-9]+"}
    if calls:
        function.check(authorizer, headers=[("Authorization", token)])
    else:
        assert function.refusal(authorizer, headers=[("Authorization", token)]).response_type == "UNAUTHORIZED"
    assert len(function.events) == calls


def test_an_invalid_expression_is_a_configuration_error() -> None:
    refused = Function().refusal(TOKEN | {"identityValidationExpression": "("})
    assert refused.response_type == "AUTHORIZER_CONFIGURATION_ERROR"


SOURCES = "method.request.header.X-Key, method.request.querystring.q,stageVariables.colour,context.identity.sourceIp"
COMPLETE: dict[str, Any] = {
    "headers": [("x-key", "k")],
    "query": {"q": ["1"]},
    "stage_variables": {"colour": "red"},
    "context": {"identity": {"sourceIp": "203.0.113.17"}},
}


@pytest.mark.parametrize("ttl", [None, 0, 60])
@pytest.mark.parametrize("lost", COMPLETE)
def test_a_missing_identity_source_is_refused_without_a_call(ttl: int | None, lost: str) -> None:
    function = Function()
    authorizer = REQUEST | {"identitySource": SOURCES, "authorizerResultTtlInSeconds": ttl}
    empty: Any = [] if lost == "headers" else {}
    assert function.refusal(authorizer, **(COMPLETE | {lost: empty})).response_type == "UNAUTHORIZED"
    assert function.events == []
    function.check(authorizer, **COMPLETE)


def test_without_identity_sources_a_request_authorizer_is_called_each_time() -> None:
    function = Function()
    for ttl in (0, 0, 300):
        function.check(REQUEST | {"authorizerResultTtlInSeconds": ttl}, headers=[])
    assert len(function.events) == 3


@pytest.mark.parametrize(("ttl", "kept"), [(None, 300), (60, 60)])
def test_a_result_is_cached_for_its_ttl(ttl: int | None, kept: int) -> None:
    function = Function()
    authorizer = TOKEN | {"authorizerResultTtlInSeconds": ttl}
    for seconds, calls in ((0, 1), (kept - 1, 1), (1, 2), (kept - 1, 2)):
        function.now += seconds
        function.check(authorizer)
        assert len(function.events) == calls


def test_a_ttl_of_zero_disables_the_cache() -> None:
    function = Function()
    for _ in range(2):
        function.check(TOKEN | {"authorizerResultTtlInSeconds": 0})
    assert len(function.events) == 2


def test_a_cached_result_is_evaluated_for_each_method() -> None:
    function = Function(answer(resource=f"{STAGE}/GET/items"))
    function.check()
    assert function.refusal(path="/items/17").response_type == "ACCESS_DENIED"
    assert function.refusal(method="POST").response_type == "ACCESS_DENIED"
    assert len(function.events) == 1


@pytest.mark.parametrize(
    "other", [{"headers": [("Authorization", "Bearer xyz")]}, {"stage": "test"}, {"authorizer": TOKEN | {"id": "t2"}}]
)
def test_the_cache_key_has_identity_stage_and_authorizer(other: dict[str, Any]) -> None:
    function = Function()
    function.check()
    function.check(**other)
    assert len(function.events) == 2


def test_the_cache_key_has_every_identity_source() -> None:
    function = Function()
    authorizer = REQUEST | {"identitySource": "method.request.header.A,method.request.header.B"}
    for first, second in (("1", "23"), ("12", "3"), ("1", "23")):
        function.check(authorizer, headers=[("A", first), ("B", second)])
    assert len(function.events) == 2


@pytest.mark.parametrize(
    ("source", "requests"),
    [
        ("method.request.header.A", [{"headers": [("A", first), ("a", "2")]} for first in ("1", "3", "1")]),
        ("method.request.querystring.a", [{"query": {"a": values}} for values in (["1", "2"], ["3", "2"], ["1", "2"])]),
    ],
)
def test_the_cache_key_has_every_value(source: str, requests: list[dict[str, Any]]) -> None:
    """The function sees all values, and may decide by the first when the last belongs to someone else."""
    function = Function()
    for request in requests:
        function.check(REQUEST | {"identitySource": source}, **request)
    assert len(function.events) == 2


@pytest.mark.parametrize(
    ("output", "response_type", "message"),
    [
        (
            Output(b'{"errorMessage": "Unauthorized", "errorType": "Exception"}', failed=True),
            "UNAUTHORIZED",
            "Unauthorized",
        ),
        (Output(b'{"errorMessage": "unauthorized!"}', failed=True), "AUTHORIZER_FAILURE", None),
        (Output(b'{"errorMessage": "Task timed out after 3.00 seconds"}', failed=True), "AUTHORIZER_FAILURE", None),
        (Output(b"", failed=True), "AUTHORIZER_FAILURE", None),
        (NotCalled(), "AUTHORIZER_CONFIGURATION_ERROR", None),
        (Output(b"null"), "AUTHORIZER_CONFIGURATION_ERROR", None),
        (Output(b"{"), "AUTHORIZER_CONFIGURATION_ERROR", None),
        ("Allow", "AUTHORIZER_CONFIGURATION_ERROR", None),
        ({"errorMessage": "Unauthorized"}, "AUTHORIZER_CONFIGURATION_ERROR", None),
        ({"principalId": "alice"}, "AUTHORIZER_CONFIGURATION_ERROR", None),
        ({"principalId": "alice", "policyDocument": {}}, "AUTHORIZER_CONFIGURATION_ERROR", None),
        (answer(context=["x"]), "AUTHORIZER_CONFIGURATION_ERROR", None),
        (answer(context={"x": {}}), "AUTHORIZER_CONFIGURATION_ERROR", None),
        (answer("Deny"), "ACCESS_DENIED", "User is not authorized to access this resource with an explicit deny"),
        (answer(resource=f"{STAGE}/PUT/*"), "ACCESS_DENIED", "User is not authorized to access this resource"),
    ],
)
def test_a_refusal_has_the_right_gateway_response(output: Any, response_type: str, message: str | None) -> None:
    refused = Function(output).refusal()
    assert (refused.response_type, refused.message) == (response_type, message)


@pytest.mark.parametrize("output", [NotCalled(), Output(b"{}", failed=True), {"principalId": "alice"}])
def test_only_valid_results_are_cached(output: Any) -> None:
    function = Function(output)
    function.refusal()
    function.output = answer()
    function.check()
    assert len(function.events) == 2


def test_a_refused_caller_stays_refused_without_a_second_call() -> None:
    function = Function(answer("Deny"))
    assert [function.refusal().response_type for _ in range(2)] == ["ACCESS_DENIED"] * 2
    assert len(function.events) == 1


def test_the_context_reaches_the_integration_as_strings() -> None:
    context = {"text": "x", "number": 1, "fraction": 1.5, "yes": True, "no": False, "nothing": None}
    granted = Function(answer(context=context, usageIdentifierKey="key-1")).check()
    assert granted.context == {
        "principalId": "alice",
        "text": "x",
        "number": "1",
        "fraction": "1.5",
        "yes": "true",
        "no": "false",
    }
    assert granted.usage_key == "key-1"


def test_conditions_can_use_the_address_and_time_of_a_request() -> None:
    context = {"identity": {"sourceIp": "203.0.113.17", "userAgent": "curl"}, "requestTimeEpoch": 1795428942123}
    for condition, allowed in (
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-24T00:00:00Z"}}, True),
        ({"StringEquals": {"aws:Referer": "https://example.com"}}, True),
        ({"StringEquals": {"aws:Unknown": "x"}}, False),
    ):
        output = answer()
        output["policyDocument"]["Statement"][0]["Condition"] = condition
        check: Callable[..., Any] = Function(output).check if allowed else Function(output).refusal
        check(headers=[*BEARER, ("Referer", "https://example.com")], context=context)


def test_the_cache_drops_its_oldest_grants() -> None:
    grants = Grants(lambda: 0.0)
    granted = Grant(answer()["policyDocument"], {})
    for number in range(10_001):
        grants.put(number, granted, 60)
    assert (grants.get(0), grants.get(1), grants.get(10_000)) == (None, granted, granted)
