"""Handlers and API description hold to one list; the check of answers can fail."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml

from contract.answers import ContractViolation, check_answer
from domain import item_rules
from domain.callers import READ, WRITE
from domain.items import PRIVATE, PUBLIC
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import MODULES
from tests.unit.functions.support.events import recorded
from web.endpoints import Operation

PROBLEM = {"type": "about:blank", "title": "Not Found", "status": 404, "requestId": "r"}
METHODS = ("get", "put", "post", "delete")
# By function, where its event has a name of its own
RECORDED = {"health_checker": "health_check"}
OPERATIONS: dict[str, Operation] = {
    function: found
    for function, module in MODULES.items()
    if (found := getattr(importlib.import_module(module), "OPERATION", None))
}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The API description."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text(encoding="utf-8"))
    return found


def _operations(contract: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation that a function answers."""
    return [
        (method.upper(), path, operation)
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_operation_has_its_handler(contract: dict[str, Any]) -> None:
    described = {
        (method, path, operation["operationId"], operation["x-amazon-apigateway-integration"]["uri"])
        for method, path, operation in _operations(contract)
    }
    handled = set()
    for function, operation in OPERATIONS.items():
        name = function.replace("-", "_")
        event = recorded(RECORDED.get(name, name))
        handled.add((event["httpMethod"], event["resource"], operation.id, f"${{{name}_uri}}"))
        if not operation.public:
            assert operation.scope == (READ if event["httpMethod"] == "GET" else WRITE)
    assert handled == described


def test_only_the_health_check_is_public(contract: dict[str, Any]) -> None:
    """Without an authorizer, and without an API key, at the gateway and in the handler."""
    guarded: tuple[Any, ...] = ([{"caller": []}], [{"${list_authorizer}": []}])
    described = [operation for *_, operation in _operations(contract)]
    assert [operation["operationId"] for operation in described if operation["security"] == []] == ["getHealth"]
    assert all(operation["security"] in guarded for operation in described if operation["operationId"] != "getHealth")
    assert "security" not in contract
    assert [operation.id for operation in OPERATIONS.values() if operation.public] == ["getHealth"]


@pytest.mark.parametrize("asks", [{}, {"scope": ""}, {"scope": READ, "public": True}])
def test_an_operation_is_public_only_when_it_says_so(asks: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs either a scope or to be public"):
        Operation("getItem", **asks)


def test_handlers_have_the_contracts_bounds(contract: dict[str, Any]) -> None:
    model = contract["components"]["schemas"]["ItemInput"]
    properties = model["properties"]
    assert set(properties) == item_rules._SETTABLE
    assert set(contract["components"]["schemas"]["Item"]["properties"]) - set(properties) == item_rules.READ_ONLY
    assert properties["name"]["maxLength"] == item_rules.NAME_LENGTH
    assert properties["description"]["maxLength"] == item_rules.DESCRIPTION_LENGTH
    assert properties["category"]["maxLength"] == item_rules.CATEGORY_LENGTH
    assert properties["category"]["pattern"] == f"^{item_rules._CATEGORY.pattern}$"
    assert properties["price"]["maximum"] == item_rules.PRICE_LIMIT
    assert properties["tags"]["maxItems"] == item_rules.TAG_COUNT
    assert properties["tags"]["items"]["maxLength"] == item_rules.TAG_LENGTH
    assert properties["visibility"]["enum"] == [PRIVATE, PUBLIC]


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
