"""The contract leaves nothing open: objects are closed, inputs have bounds, conditions are declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from crud_api import create_item, list_items
from domain import item_rules, uuid7
from scheduled.cleanup.unnamed_images import GRACE
from tests.gateway_body import contract, gateway_body, operations
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import INPUT
from web import etags

CONTRACT = contract()
OPERATIONS = {operation["operationId"]: operation for *_, operation in operations(CONTRACT)}
PARAMETERS = {
    f"{name} {parameter['in']} {parameter['name']}": parameter
    for name, operation in OPERATIONS.items()
    for parameter in operation.get("parameters", [])
}
# Headers that decide about an operation by what is stored, and the answers that come of them
CONDITIONS = {"If-Match": {"412"}, "If-None-Match": {"304"}, "Idempotency-Key": {"409", "422"}}
# What no handler takes for one of these headers
MALFORMED = "two words"


def _schemas(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "type" in value and isinstance(value["type"], str):
            yield path, value
        for key, each in value.items():
            yield from _schemas(each, f"{path}/{key}")


def test_every_object_is_closed() -> None:
    objects = {path: each for path, each in _schemas(CONTRACT["components"]["schemas"]) if each["type"] == "object"}
    assert len(objects) > 10
    # The fields of a presigned POST are named by S3 and by nobody else, so their values alone are described.
    maps = {path for path, each in objects.items() if isinstance(each.get("additionalProperties"), dict)}
    assert {path.rpartition("/")[2] for path in maps} == {"fields"}
    closed = {path for path, each in objects.items() if each.get("additionalProperties") is False}
    assert set(objects) - maps == closed


def test_every_input_is_bounded() -> None:
    inputs = {path: each for path, each in _schemas(CONTRACT["components"]["schemas"]) if "Input" in path.split("/")[1]}
    assert inputs
    assert [path for path, each in inputs.items() if not _bounded(each)] == []


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_bounded(name: str) -> None:
    schema = PARAMETERS[name]["schema"]
    assert _bounded(schema), schema
    if schema["type"] == "string" and "enum" not in schema:
        assert schema["minLength"] >= 1
        assert re.match(r"\^.*\$\Z", schema["pattern"])


def _bounded(schema: dict[str, Any]) -> bool:
    match schema["type"]:
        case "string":
            return "maxLength" in schema or "enum" in schema
        case "integer" | "number":
            return "minimum" in schema and "maximum" in schema
        case "array":
            return "maxItems" in schema
        case "object":
            return schema.get("additionalProperties") is False
    return False


def test_parameters_have_the_handlers_bounds() -> None:
    def schema(name: str) -> dict[str, Any]:
        return dict(PARAMETERS[name]["schema"])

    limit = schema("listItems query limit")
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, list_items.MAX_LIMIT, list_items.DEFAULT_LIMIT)
    assert tuple(schema("listItems query view")["enum"]) == list_items._VIEWS
    category = schema("listItems query category")
    assert (category["minLength"], category["maxLength"]) == (1, item_rules.CATEGORY_LENGTH)
    assert category["pattern"] == f"^{item_rules._CATEGORY.pattern}$"
    key = schema("createItem header Idempotency-Key")
    assert create_item._KEY.fullmatch("!" * key["maxLength"])
    assert create_item._KEY.fullmatch("!" * key["minLength"])
    assert not create_item._KEY.fullmatch("!" * (key["maxLength"] + 1))
    assert re.match(key["pattern"], "!~")
    assert not re.match(key["pattern"], "a b")
    for name in ("updateItem header If-Match", "deleteItem header If-Match", "getItem header If-None-Match"):
        tags = schema(name)
        assert tags["maxLength"] == etags._LONGEST_FIELD
        ten = ", ".join(['W/"1"'] * etags._MOST_TAGS)
        for value, good in (
            ("*", True),
            ('"1"', True),
            (ten, True),
            (ten + ', "1"', False),
            ("1", False),
            ('"', False),
        ):
            assert bool(re.match(tags["pattern"], value)) == good, value
    identifiers = {name: schema(name) for name in PARAMETERS if name.endswith("path id")}
    assert len(identifiers) >= 5
    for each in identifiers.values():
        for text in ("019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10", "019AB5C4-7D2E-7A31-9C55-0B8E6F4D2A10", "x", "0" * 36):
            assert bool(re.match(each["pattern"], text)) == (uuid7.canonical(text) is not None)


@pytest.mark.parametrize("query", [{"view": ""}, {"category": ""}, {"limit": ""}, {"cursor": ""}])
def test_an_empty_parameter_is_not_an_absent_one(application: Application, query: dict[str, Any]) -> None:
    assert application.call("list_items", query=query).status == 400


@pytest.mark.parametrize(("length", "status"), [(etags._LONGEST_FIELD, 412), (etags._LONGEST_FIELD + 1, 400)])
def test_a_condition_has_the_contracts_length(application: Application, length: int, status: int) -> None:
    item = application.call("create_item", body=INPUT).body
    condition = f'"{"x" * (length - 2)}"'
    assert application.call("delete_item", item_id=item["id"], headers={"If-Match": condition}).status == status


FUNCTIONS = {
    name: operation["x-function"].replace("-", "_") for name, operation in OPERATIONS.items() if operation["security"]
}


@pytest.mark.parametrize("header", CONDITIONS)
@pytest.mark.parametrize("operation", FUNCTIONS)
def test_conditions_are_declared_where_they_count(events: Application, operation: str, header: str) -> None:
    """A handler that reads one of these headers refuses a malformed one; one that does not read it cannot."""
    item = events.call("create_item", body=INPUT).body
    item_id = item["id"] if operation not in {"createItem", "listItems"} else None
    body = {"createItem": INPUT, "updateItem": INPUT, "createUpload": {"contentType": "image/png"}}.get(operation)
    answer = events.call(FUNCTIONS[operation], item_id=item_id, body=body, headers={header: MALFORMED})
    declared = f"{operation} header {header}" in PARAMETERS
    assert (answer.status == 400) == declared, answer.text
    assert CONDITIONS[header] <= set(OPERATIONS[operation]["responses"]) or not declared


def test_browsers_may_send_every_declared_header() -> None:
    body = gateway_body()
    for path in CONTRACT["paths"]:
        found = [operation for each, _, operation in operations(CONTRACT) if each == path]
        wanted = {
            parameter["name"]
            for operation in found
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "header"
        }
        wanted |= {"X-Correlation-Id"}
        wanted |= {"Authorization", "X-Api-Key"} if any(operation["security"] for operation in found) else set()
        wanted |= {"Content-Type"} if any("requestBody" in operation for operation in found) else set()
        preflight = body["paths"][path]["options"]
        answer = preflight["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        allowed = answer["method.response.header.Access-Control-Allow-Headers"].strip("'").split(",")
        assert set(allowed) == wanted, path
        names = {name.rpartition(".")[2] for name in answer}
        assert names == set(preflight["responses"]["204"]["headers"])


def test_a_decision_of_the_authorizer_is_kept_for_minutes_and_one_about_nobody_never() -> None:
    """What a token grants is asked again after five minutes; without an identity source nothing tells callers apart."""
    schemes = gateway_body()["components"]["securitySchemes"]
    kept = {
        name: scheme["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"]
        for name, scheme in schemes.items()
        if "x-amazon-apigateway-authorizer" in scheme
    }
    assert kept == {"caller": 300, "caller_or_anonymous": 0}
    assert schemes["caller"]["name"] == "Authorization"


def test_clean_up_waits_longer_than_any_attempt_to_process_an_upload() -> None:
    """A derivative is written before its item names it: one that an attempt may still name is no orphan."""
    attempts = (ROOT / "functions" / "function" / "variables.tf").read_text(encoding="utf-8")
    processors = (ROOT / "functions" / "processors.tf").read_text(encoding="utf-8")
    block = re.search(r"^    image-processor = \{\n(.*?)^    \}", processors, re.MULTILINE | re.DOTALL)
    usual = re.search(
        r"attempts = optional\(number, (\d+)\), maximum_age_seconds = optional\(number, (\d+)\)", attempts
    )
    assert block is not None
    assert usual is not None
    assert "retries" not in block[1], "the usual retries are what this counts with"
    timeout = re.search(r"timeout_seconds = (\d+)", block[1])
    assert timeout is not None
    longest = int(usual[2]) + (int(usual[1]) + 1) * int(timeout[1])
    assert timedelta(seconds=longest) < GRACE
    # Lambda keeps an event for 6 hours at most ("Asynchronous invocation"), whatever the retries are set to.
    assert timedelta(hours=6) < GRACE <= timedelta(days=2)
