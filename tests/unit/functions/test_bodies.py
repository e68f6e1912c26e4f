"""Hostile bodies: each is refused by a problem document that says where, and nothing is written."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.items import draft_from
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, INPUT, Context, event
from web.bodies import json_object
from web.problems import Problem
from web.requests import parse

UNREADABLE = [
    "",
    "   ",
    "null",
    "[]",
    '"text"',
    "1",
    "{",
    '{"name": "a", "name": "b"}',
    '{"name": {"a": 1, "a": 2}}',
    '{"price": NaN}',
    '{"price": Infinity}',
    '{"price": -Infinity}',
    '{"price": 1e99999999999999999999}',
    '{"price": ' + "9" * 400 + "}",
    '{"price": 0.' + "1" * 60 + "}",
    "[" * 30_000,
    '{"a":' * 10_000 + "1" + "}" * 10_000,
    "\ufeff{}",
    "{'name': 1}",
    '{"name": "\x01"}',
]


def _cases(name: str, pointer: str, *values: Any) -> list[tuple[str, Any, str]]:
    return [(name, value, pointer) for value in values]


INVALID = [
    *_cases("name", "/name", "", " ", "x" * 201, 1, None, [], {}, "a\x00b", "a\nb", "\x7f", "\x85"),
    *_cases("description", "/description", 1, None, "x" * 2001, "\x00", "\x1b[31m"),
    *_cases("category", "/category", "", "A", "a b", "-a", "a-", "a--b", "x" * 51, "ü", "a\n", 1, None),
    *_cases("price", "/price", -1, -0.01, 0.001, 1.999, 1_000_000_001, 1e300, "1", True, None, [1]),
    *_cases("tags", "/tags", "a", None, {}, [str(number) for number in range(21)]),
    *_cases("tags", "/tags/1", ["ok", ""], ["ok", " "], ["ok", 1], ["ok", None], ["ok", "x" * 51], ["ok", "ok"]),
    *_cases("tags", "/tags/0", [[]], [{}], ["a\tb"]),
    *_cases("visibility", "/visibility", "", "PUBLIC", 1, None, [], {}, True),
    ("Name", "x", "/Name"),
    ("a/b~c", "x", "/a~1b~0c"),
    ("", "x", "/"),
]


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("operation", ["create_item", "update_item"])
def test_unreadable_bodies_are_refused(application: Application, operation: str, text: str) -> None:
    answer = application.call(operation, text=text)
    assert (answer.status, answer.kind) == (400, "invalid-input")
    assert [error["pointer"] for error in answer.body["errors"]] == [""]
    assert application.rows() == []


@pytest.mark.parametrize(("name", "value", "pointer"), INVALID)
@pytest.mark.parametrize("operation", ["create_item", "update_item"])
def test_invalid_properties_are_refused_by_name(
    application: Application, operation: str, name: str, value: Any, pointer: str
) -> None:
    answer = application.call(operation, body={**INPUT, name: value})
    assert (answer.status, answer.kind) == (400, "invalid-input")
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert application.rows() == []


@pytest.mark.parametrize("literal", ["1e999", "1E+400", "0.010000000000000000001", "1e-999", "100000000000"])
def test_numbers_that_no_price_has_are_refused(application: Application, literal: str) -> None:
    answer = application.call("create_item", text=f'{{"name": "a", "category": "b", "price": {literal}}}')
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/price")


@pytest.mark.parametrize("name", ["name", "description", "category", "tags"])
def test_half_a_surrogate_pair_is_refused(application: Application, name: str) -> None:
    value = r'["\ud800"]' if name == "tags" else r'"\udc00\ud800"'
    rest = {key: value for key, value in INPUT.items() if key != name}
    text = json.dumps(rest)[:-1] + f', "{name}": {value}}}'
    answer = application.call("create_item", text=text)
    assert (answer.status, answer.kind) == (400, "invalid-input")
    assert application.rows() == []


def test_a_name_that_cannot_be_encoded_is_reported_all_the_same(application: Application) -> None:
    answer = application.call("create_item", text=r'{"name":"a","category":"b","price":1,"\ud800x":1}')
    assert answer.body["errors"] == [{"pointer": "/?x", "detail": "is not a known property"}]


def test_what_is_missing_is_named(application: Application) -> None:
    answer = application.call("create_item", body={"colour": "red"})
    assert [(error["pointer"], error["detail"]) for error in answer.body["errors"]] == [
        ("/colour", "is not a known property"),
        ("/name", "is required"),
        ("/category", "is required"),
        ("/price", "is required"),
    ]


def test_the_list_of_errors_is_bounded(application: Application) -> None:
    answer = application.call("create_item", body={"x" * 500 + str(number): 1 for number in range(100)})
    assert len(answer.body["errors"]) == 20
    assert len(answer.text) < 4000


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ('application/json;charset="utf-8"', 201),
        ("application/json; charset=latin-1", 415),
        ('application/json; profile="a;b, charset=latin-1"; charset=utf-8', 201),
        ('application/json; profile="a\\"; charset=latin-1"', 201),
        ("application/json ; version=1 ; charset=utf-8 ;", 201),
        ("application/json;;charset=utf-8", 201),
        ("application/json; version=1; charset=latin-1", 415),
        ("application/json; charset=utf-8; charset=latin-1", 415),
        ("application/json; charset", 415),
        ('application/json; charset="utf-8', 415),
        ("application/json, text/plain", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("", 415),
    ],
)
def test_only_json_is_read(application: Application, content_type: str, status: int) -> None:
    assert application.call("create_item", body=INPUT, headers={"Content-Type": content_type}).status == status


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "gzip, identity", "identity, gzip", "unknown"])
def test_a_coded_body_is_refused_whether_it_is_coded_or_not(application: Application, coding: str) -> None:
    for text in (json.dumps(INPUT), gzip.compress(json.dumps(INPUT).encode()).decode("latin-1")):
        answer = application.call("create_item", text=text, headers={"Content-Encoding": coding})
        assert (answer.status, answer.headers["Accept-Encoding"]) == (415, "identity")


def test_a_body_that_says_it_has_no_coding_is_read(application: Application) -> None:
    assert application.call("create_item", body=INPUT, headers={"Content-Encoding": "identity"}).status == 201


def test_a_body_without_a_content_type_is_refused(application: Application) -> None:
    raw = event("create_item")
    del raw["headers"]["Content-Type"], raw["multiValueHeaders"]["Content-Type"]
    assert application.run("create-item", raw)["statusCode"] == 415


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_length_is_counted_in_bytes(application: Application, letter: str) -> None:
    width = len(letter.encode())
    fits = "{" + " " * (65536 - 2 - width * 2000) + letter * 2000 + "}"
    assert application.call("create_item", text=fits).status == 400
    too_long = "{" + " " * (65536 - 1 - width * 2000) + letter * 2000 + "}"
    assert application.call("create_item", text=too_long).status == 413
    assert application.call("update_item", text="x" * 1_000_000).status == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (base64.b64encode(json.dumps(INPUT).encode()).decode(), 201),
        (base64.b64encode(b"\xff\xfe").decode(), 400),
        ("not base64!", 400),
        ("é", 400),
        (base64.b64encode(b"x" * 65537).decode(), 413),
    ],
)
def test_a_body_that_the_gateway_has_encoded_is_decoded(application: Application, body: str, status: int) -> None:
    raw = event("create_item")
    raw["body"], raw["isBase64Encoded"] = body, True
    assert application.run("create-item", raw)["statusCode"] == status


def test_a_missing_body_is_refused(application: Application) -> None:
    raw = event("create_item")
    raw["body"] = None
    assert application.run("create-item", raw)["statusCode"] == 400


@pytest.mark.parametrize("price", [0, 0.01, 999999999.99, 1e9])
@pytest.mark.parametrize("name", ["x" * 200, "é" * 200, "\U0001f600" * 200, "a"])
def test_the_bounds_themselves_are_allowed(application: Application, price: float, name: str) -> None:
    tags = [f"{number:050d}" for number in range(20)]
    item = application.create(
        ALICE, name=name, price=price, tags=tags, description="\n\té" * 600, category="a" * 50, visibility="public"
    )
    assert application.call("get_item", item_id=item["id"]).body == item


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PROPERTIES = st.sampled_from(["name", "description", "category", "price", "tags", "visibility", "id", "other"])
NEAR = st.dictionaries(
    PROPERTIES,
    JSON
    | st.sampled_from(["home-office", "public", "private", 49.9, 0, 1_000_000_000, ["a", "b"]])
    | st.decimals(min_value=0, max_value=10, places=2).map(float)
    | st.text(alphabet=st.characters(exclude_categories=[]), max_size=210),
)


@settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=NEAR | JSON, raw=st.none() | st.binary(max_size=200))
def test_no_body_is_a_500(application: Application, body: object, raw: bytes | None) -> None:
    """Whatever is sent is either stored or refused, and is never a failure of ours."""
    text = json.dumps(body) if raw is None else raw.decode("latin-1")
    before = len(application.rows())
    answer = application.call("create_item", text=text)
    assert answer.status in {201, 400}
    assert len(application.rows()) == before + (answer.status == 201)


@settings(max_examples=150, deadline=None, database=None)
@given(body=NEAR)
def test_what_is_accepted_is_within_the_contract(body: dict[str, Any]) -> None:
    """A draft that the rules let through satisfies the gateway's model of an input."""
    complete = {**INPUT, **body}
    try:
        draft_from(json_object(parse(event("create_item", text=json.dumps(complete)), Context())))
    except (InvalidInput, Problem):
        return
    _model().validate(complete)


@cache
def _model() -> jsonschema.Draft4Validator:
    contract = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(contract["components"]["schemas"]["ItemInput"])
