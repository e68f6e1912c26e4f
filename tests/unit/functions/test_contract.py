"""Handlers and API description hold to one list; the check of answers can fail."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import pytest
from jsonschema import Draft4Validator

from domain import item_rules, items
from domain.callers import READ, WRITE
from domain.item_rules import PRIVATE, PUBLIC
from tests.gateway_body import METHODS, contract, gateway_body, operations
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import MODULES
from tests.unit.functions.support.events import recorded
from web.answers import ContractViolation, check_answer
from web.bodies import MAX_BYTES
from web.endpoints import Operation

PROBLEM = {"type": "about:blank", "title": "Not Found", "status": 404, "requestId": "r"}
# By function, where its event has a name of its own
RECORDED = {"health_checker": "health_check"}
OPERATIONS: dict[str, Operation] = {
    function: found
    for function, module in MODULES.items()
    if (found := getattr(importlib.import_module(module), "OPERATION", None))
}


CONTRACT = contract()


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    """What the gateway is given."""
    return gateway_body()


def test_every_operation_has_its_handler() -> None:
    described = {
        (method.upper(), path, operation["operationId"], operation["x-function"])
        for path, method, operation in operations(CONTRACT)
    }
    handled = set()
    for function, operation in OPERATIONS.items():
        name = function.replace("-", "_")
        event = recorded(RECORDED.get(name, name))
        handled.add((event["httpMethod"], event["resource"], operation.id, name.replace("_", "-")))
        if not operation.public:
            assert operation.scope == (READ if event["httpMethod"] == "GET" else WRITE)
    assert handled == described


def test_only_the_health_check_is_public() -> None:
    """Without an authorizer, and without an API key, at the gateway and in the handler."""
    described = {operation["operationId"]: operation["security"] for *_, operation in operations(CONTRACT)}
    assert [name for name, security in described.items() if security == []] == ["getHealth"]
    assert [name for name, security in described.items() if security == [{"caller": []}, {}]] == ["listItems"]
    assert all(security[0] == {"caller": []} for security in described.values() if security)
    assert "security" not in CONTRACT
    assert [operation.id for operation in OPERATIONS.values() if operation.public] == ["getHealth"]


@pytest.mark.parametrize("asks", [{}, {"scope": ""}, {"scope": READ, "public": True}])
def test_an_operation_is_public_only_when_it_says_so(asks: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs either a scope or to be public"):
        Operation("getItem", **asks)


def test_handlers_have_the_contracts_bounds() -> None:
    model = CONTRACT["components"]["schemas"]["ItemInput"]
    properties = model["properties"]
    assert set(properties) == set(items.SETTABLE)
    assert set(CONTRACT["components"]["schemas"]["Item"]["properties"]) == set(items.PROPERTIES)
    required = {name for name, each in items.SETTABLE.items() if each.metadata["required"]}
    assert set(CONTRACT["components"]["schemas"]["ItemInput"]["required"]) == required
    assert properties["name"]["maxLength"] == item_rules.NAME_LENGTH
    assert properties["description"]["maxLength"] == item_rules.DESCRIPTION_LENGTH
    assert properties["category"]["maxLength"] == item_rules.CATEGORY_LENGTH
    assert properties["category"]["pattern"] == f"^{item_rules._CATEGORY.pattern}$"
    assert properties["price"]["maximum"] == item_rules.PRICE_LIMIT
    assert properties["tags"]["maxItems"] == item_rules.TAG_COUNT
    assert properties["tags"]["items"]["maxLength"] == item_rules.TAG_LENGTH
    assert properties["visibility"]["enum"] == [PRIVATE, PUBLIC]


# Gateway response types (API Gateway Developer Guide, "Gateway response types for API Gateway")
GATEWAY_RESPONSES = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 404,
    "INTEGRATION_FAILURE": 502,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 404,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 404,
    "WAF_FILTERED": 403,
}


def _templates(body: dict[str, Any]) -> dict[str, tuple[int | None, dict[str, str], str]]:
    """Return what the gateway answers by itself: status, header mappings and body template, by what it is for."""
    found = {}
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        [(media, template)] = response["responseTemplates"].items()
        assert media == "application/json", "the one template that a gateway response is made of"
        found[kind] = (response.get("statusCode"), response["responseParameters"], template)
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            for response in operation["x-amazon-apigateway-integration"].get("responses", {}).values():
                template = response.get("responseTemplates", {}).get("application/json", "")
                found[f"{method} {path}"] = (int(response["statusCode"]), response["responseParameters"], template)
    return found


def test_every_gateway_response_is_ours(body: dict[str, Any]) -> None:
    declared = body["x-amazon-apigateway-gateway-responses"]
    assert {kind: response.get("statusCode") for kind, response in declared.items()} == GATEWAY_RESPONSES


def test_no_answer_of_the_gateway_repeats_what_a_caller_sent(body: dict[str, Any]) -> None:
    """Texts and headers are fixed; the one variable is the request's id, which API Gateway draws."""
    for where, (_, headers, template) in _templates(body).items():
        assert set(re.findall(r"\$[^\"]*", template)) <= {"$context.requestId"}, where
        assert [value for value in headers.values() if not re.fullmatch(r"'[^']*'", value)] == [], where


def test_every_answer_of_the_gateway_with_a_body_is_a_problem(body: dict[str, Any]) -> None:
    schema = Draft4Validator({**CONTRACT["components"]["schemas"]["Problem"], "components": CONTRACT["components"]})
    for where, (status, headers, template) in _templates(body).items():
        if status == 204:
            assert template == "", where
            continue
        problem = json.loads(template.replace("$context.requestId", "r"))
        assert list(schema.iter_errors(problem)) == [], where
        assert problem.get("status") == status, where
        names = {name.rpartition(".header.")[2]: value for name, value in headers.items()}
        assert names["Content-Type"] == "'application/problem+json'", where
        assert names["Access-Control-Allow-Origin"] == "'https://app.example.com'", where


def test_every_path_and_the_rest_takes_any_other_method(body: dict[str, Any]) -> None:
    assert set(body["paths"]) == {"/", "/{proxy+}", *CONTRACT["paths"]}
    for path, methods in body["paths"].items():
        other = methods["x-amazon-apigateway-any-method"]
        assert other["security"] == [], path
        [response] = other["x-amazon-apigateway-integration"]["responses"].values()
        assert response["statusCode"] == "404", path


def test_the_contract_reaches_the_gateway_as_it_is_written(body: dict[str, Any]) -> None:
    """Numbers stay numbers: Terraform turns them into strings where it unifies objects that differ."""
    for path, method, operation in operations(CONTRACT):
        given = body["paths"][path][method]
        for key in operation.keys() - {"x-function", "x-cached", "security", "parameters", "requestBody"}:
            assert given[key] == operation[key], (path, method, key)
        written = operation.get("parameters", [])
        assert given.get("parameters", [])[: len(written)] == written, (path, method)
        for gateways in ("options", "x-amazon-apigateway-any-method"):
            in_path = [parameter for parameter in written if parameter["in"] == "path"]
            assert body["paths"][path][gateways].get("parameters", []) == in_path, (path, gateways)
    schemas = body["components"]["schemas"]
    assert {name: schema for name, schema in schemas.items() if name != "JsonObject"} == CONTRACT["components"][
        "schemas"
    ]


def test_every_operation_of_the_gateway_has_an_id_of_its_own(body: dict[str, Any]) -> None:
    named = [operation["operationId"] for methods in body["paths"].values() for operation in methods.values()]
    assert len(named) == len(set(named))


def test_a_preflight_allows_what_its_path_takes_and_nothing_else(body: dict[str, Any]) -> None:
    for path, methods in CONTRACT["paths"].items():
        [answer] = body["paths"][path]["options"]["x-amazon-apigateway-integration"]["responses"].values()
        allowed = answer["responseParameters"]["method.response.header.Access-Control-Allow-Methods"].strip("'")
        taken = {method.upper() for method in methods if method in METHODS}
        assert sorted(allowed.split(",")) == sorted(taken | {"OPTIONS"}), path


def test_the_firewall_lets_through_what_handlers_take() -> None:
    """A body may be as long, and no rule of AWS's own refuses a shorter one, or a long query."""
    text = (ROOT / "api-gateway" / "firewall.tf").read_text(encoding="utf-8")
    [kilobytes] = re.findall(r"^  inspected_kb = (\d+)$", text, re.MULTILINE)
    assert int(kilobytes) * 1024 == MAX_BYTES
    counted = re.search(r"^  counted = \[(.*?)^  \]", text, re.MULTILINE | re.DOTALL)
    assert counted is not None
    assert {"SizeRestrictions_BODY", "SizeRestrictions_QUERYSTRING"} <= set(re.findall(r'"(\w+)"', counted[1]))


def test_good_answers_pass() -> None:
    check_answer("getItem", 404, PROBLEM)
    check_answer("deleteItem", 204, None)
    check_answer("listItems", 200, {"items": []})


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("getItem", 418, PROBLEM),
        ("unknown", 200, {}),
        ("getItem", 404, {"message": "not found"}),
        ("getItem", 404, None),
        ("deleteItem", 204, {}),
        ("listItems", 200, {"items": [{}]}),
        ("listItems", 200, {"items": [], "nextCursor": None}),
        ("listItems", 200, {"items": [], "total": 1}),
    ],
)
def test_bad_answers_do_not(operation: str, status: int, body: Any) -> None:
    with pytest.raises(ContractViolation):
        check_answer(operation, status, body)
