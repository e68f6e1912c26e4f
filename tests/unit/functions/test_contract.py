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

PROBLEM = {"type": "about:blank", "title": "Not Found", "status": 404, "requestId": "r"}
METHODS = ("get", "put", "post", "delete")


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The API description."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text(encoding="utf-8"))
    return found


def test_every_operation_has_its_handler(contract: dict[str, Any]) -> None:
    described = {
        (method.upper(), path, operation["operationId"], operation["x-amazon-apigateway-integration"]["uri"])
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
    handled = set()
    for function, module in MODULES.items():
        if not module.startswith("crud_api."):
            continue
        name = function.replace("-", "_")
        event = recorded(name)
        operation = importlib.import_module(module).OPERATION
        handled.add((event["httpMethod"], event["resource"], operation.id, f"${{{name}_uri}}"))
        assert operation.scope == (READ if event["httpMethod"] == "GET" else WRITE)
    assert handled == described


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
