"""The items API through the real gateway, authorizer, IAM and table."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localcloud import ports
from tests.integration.api import ITEM, Caller, assert_problem
from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tests.integration.throttling import api_id, throttled

pytestmark = pytest.mark.needs("authorizer")


def test_an_item_lives_through_create_read_update_and_delete(caller: Callable[..., Caller]) -> None:
    alice = caller("alice")
    created = alice.post("/items", ITEM | {"tags": ["brass"]})
    item = created.json()
    assert created.status == 201
    assert created.headers["location"].endswith(f"/items/{item['id']}")
    assert created.headers["etag"] == '"1"'
    path = f"/items/{item['id']}"

    read = alice.get(path)
    assert (read.status, read.json()) == (200, item)
    assert alice.get(path, {"If-None-Match": read.headers["etag"]}).status == 304

    changed = alice.put(path, ITEM | {"name": "Brighter lamp"}, {"If-Match": '"1"'})
    assert (changed.status, changed.json()["version"], changed.headers["etag"]) == (200, 2, '"2"')
    assert changed.json()["tags"] == []
    assert_problem(alice.put(path, ITEM, {"If-Match": '"1"'}), 412)
    assert_problem(alice.delete(path, {"If-Match": '"1"'}), 412)

    assert alice.delete(path, {"If-Match": '"2"'}).status == 204
    assert_problem(alice.get(path), 404)
    assert_problem(alice.delete(path), 404)
    assert_problem(alice.put(path, ITEM), 404)


def test_nobody_reaches_another_callers_private_item(caller: Callable[..., Caller], anonymous: Caller) -> None:
    alice, bob = caller("alice"), caller("bob")
    item = alice.create(name="Alice's secret")
    path = f"/items/{item['id']}"
    assert_problem(bob.get(path), 404)
    assert_problem(bob.put(path, ITEM), 404)
    assert_problem(bob.delete(path), 404)
    for lister, view in ((bob, "mine"), (bob, "public"), (anonymous, "public")):
        listed = lister.get(f"/items?view={view}&limit=100")
        assert listed.status == 200
        assert item["id"] not in [one["id"] for one in listed.json()["items"]]
    assert alice.get(path).json() == item


def test_a_public_item_is_read_by_all_and_changed_by_its_owner_alone(
    caller: Callable[..., Caller], anonymous: Caller
) -> None:
    alice, bob = caller("alice"), caller("bob")
    item = alice.create(name="For all", visibility="public")
    path = f"/items/{item['id']}"
    assert bob.get(path).json() == item
    assert item["id"] in [one["id"] for one in anonymous.get("/items?limit=100").json()["items"]]
    assert bob.put(path, ITEM).status in {403, 404}
    assert bob.delete(path).status in {403, 404}
    assert alice.get(path).json() == item
    assert alice.put(path, ITEM | {"visibility": "private"}).status == 200
    assert item["id"] not in [one["id"] for one in anonymous.get("/items?limit=100").json()["items"]]
    assert_problem(bob.get(path), 404)


@pytest.mark.needs("gateway-responses")
def test_without_a_token_only_the_public_list_is_open(anonymous: Caller) -> None:
    assert_problem(anonymous.post("/items", ITEM), 401)
    assert_problem(anonymous.get("/items/0192f0c1-0000-7000-8000-000000000000"), 401)
    listed = anonymous.get("/items")
    assert listed.status == 200
    assert {item["visibility"] for item in listed.json()["items"]} <= {"public"}
    assert_problem(anonymous.get("/items?view=mine"), 401)


@pytest.mark.needs("gateway-responses")
@pytest.mark.parametrize("token", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."])
def test_a_wrong_token_is_refused_everywhere(outputs: dict[str, Any], token: str) -> None:
    impostor = Caller(outputs["api_url"], token)
    for answer in (impostor.get("/items"), impostor.post("/items", ITEM), impostor.get("/items/x")):
        assert_problem(answer, 401)


def test_one_token_is_allowed_on_one_path_and_refused_on_another(caller: Callable[..., Caller]) -> None:
    item = caller("carol").create()
    reader = caller("carol", "items:read")
    path = f"/items/{item['id']}"
    # In this order the authorizer's answer for the first comes from its cache for the rest.
    assert reader.get(path).status == 200
    assert_problem(reader.post("/items", ITEM), 403)
    assert_problem(reader.put(path, ITEM), 403)
    assert_problem(reader.delete(path), 403)
    assert reader.get("/items").status == 200
    assert_problem(caller("carol", "items:write").get(path), 403)


def test_a_repeated_idempotency_key_gives_the_first_answer(caller: Callable[..., Caller]) -> None:
    dave = caller("dave")
    first = dave.post("/items", ITEM, {"Idempotency-Key": "order-1"})
    again = dave.post("/items", ITEM, {"Idempotency-Key": "order-1"})
    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert_problem(dave.post("/items", ITEM | {"price": 1}, {"Idempotency-Key": "order-1"}), 422)
    assert caller("erin").post("/items", ITEM, {"Idempotency-Key": "order-1"}).json()["id"] != first.json()["id"]
    assert len([item for item in dave.get("/items").json()["items"] if item["id"] == first.json()["id"]]) == 1


def test_parallel_posts_with_one_key_create_one_item(caller: Callable[..., Caller]) -> None:
    frank = caller("frank")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: frank.post("/items", ITEM, {"Idempotency-Key": "once"}), range(4)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len(frank.get("/items").json()["items"]) == 1


def test_parallel_updates_lose_nothing(caller: Callable[..., Caller]) -> None:
    alice = caller("alice")
    item = alice.create()
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda price: alice.put(f"/items/{item['id']}", ITEM | {"price": price}, {"If-Match": '"1"'}), range(4)
            )
        )
    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412]


def test_a_list_is_paged_to_its_end_newest_first(caller: Callable[..., Caller]) -> None:
    grace = caller("grace")
    made = [grace.create(name=f"Item {number}", category="odd" if number % 2 else "even")["id"] for number in range(7)]
    for query, expected in (("limit=3", made[::-1]), ("limit=2&category=even", made[::-1][::2])):
        seen, path = [], f"/items?{query}"
        while True:
            page = grace.get(path).json()
            seen += [item["id"] for item in page["items"]]
            if "nextCursor" not in page:
                break
            path = f"/items?{query}&cursor={page['nextCursor']}"
        assert seen == expected


def test_a_cursor_is_good_for_its_caller_and_its_list_alone(caller: Callable[..., Caller]) -> None:
    heidi = caller("heidi")
    for _ in range(2):
        heidi.create()
    cursor = heidi.get("/items?limit=1").json()["nextCursor"]
    assert heidi.get(f"/items?limit=1&cursor={cursor}").status == 200
    assert_problem(caller("ivan").get(f"/items?limit=1&cursor={cursor}"), 400)
    assert_problem(heidi.get(f"/items?limit=1&view=public&cursor={cursor}"), 400)
    assert_problem(heidi.get(f"/items?limit=1&category=lighting&cursor={cursor}"), 400)
    assert_problem(heidi.get(f"/items?limit=1&cursor={cursor[:-2]}AA"), 400)
    assert_problem(heidi.get("/items?cursor=eyJpZCI6MX0"), 400)


BAD_BODIES = {
    "not JSON": (b"{", 400),
    "empty": (b"", 400),
    "an array": (b"[]", 400),
    "no name": (json.dumps({"category": "a", "price": 1}).encode(), 400),
    "a name too long": (json.dumps(ITEM | {"name": "x" * 201}).encode(), 400),
    "a price that is text": (json.dumps(ITEM | {"price": "1"}).encode(), 400),
    "a price below zero": (json.dumps(ITEM | {"price": -1}).encode(), 400),
    "three decimal places": (json.dumps(ITEM | {"price": 1.001}).encode(), 400),
    "a huge price": (b'{"name":"x","category":"a","price":1e999}', 400),
    "not a number": (b'{"name":"x","category":"a","price":NaN}', 400),
    "a key twice": (b'{"name":"x","name":"y","category":"a","price":1}', 400),
    "an unknown field": (json.dumps(ITEM | {"colour": "red"}).encode(), 400),
    "a read-only field": (json.dumps(ITEM | {"owner": "mallory"}).encode(), 400),
    "a bad category": (json.dumps(ITEM | {"category": "No Slug"}).encode(), 400),
    "too many tags": (json.dumps(ITEM | {"tags": [str(n) for n in range(21)]}).encode(), 400),
    "a bad visibility": (json.dumps(ITEM | {"visibility": "secret"}).encode(), 400),
    "a lone surrogate": (b'{"name":"\\ud800","category":"a","price":1}', 400),
    "deep nesting": (b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
    "not UTF-8": (b'{"name":"\xff","category":"a","price":1}', 400),
    "oversized": (json.dumps(ITEM | {"description": "x" * 200_000}).encode(), 413),
}


@pytest.mark.needs("gateway-responses")
@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_and_writes_nothing(caller: Callable[..., Caller], name: str) -> None:
    body, status = BAD_BODIES[name]
    judy = caller("judy")
    for answer in (judy.post("/items", body), judy.put("/items/0192f0c1-0000-7000-8000-000000000000", body)):
        assert_problem(answer, status)
    assert judy.get("/items").json() == {"items": []}


@pytest.mark.needs("gateway-responses")
def test_a_refusal_says_what_is_wrong(caller: Callable[..., Caller]) -> None:
    judy = caller("judy")
    answer = judy.post("/items", {**ITEM, "name": "", "price": -1, 'a"b': 1})
    assert_problem(answer, 400)
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/name", "/price", '/a"b'}
    answer = judy.post("/items", b"[]", {"Content-Type": "application/json"})
    assert_problem(answer, 400)
    assert answer.json()["detail"] == "The body is not a JSON object."


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=101", 400),
        ("limit=x", 400),
        ("view=all", 400),
        ("category=No+Slug", 400),
        ("x=1", 200),
    ],
)
def test_a_bad_query_is_refused(caller: Callable[..., Caller], query: str, status: int) -> None:
    answer = caller().get(f"/items?{query}")
    assert answer.status == status, answer
    if status >= 400:
        assert_problem(answer, status)


@pytest.mark.needs("gateway-responses")
def test_unknown_ids_paths_methods_and_types_are_problems(caller: Callable[..., Caller]) -> None:
    alice = caller()
    for path in (
        "/items/x",
        "/items/0192f0c1-0000-7000-8000-000000000000",
        "/items/%F0%9F%92%A9",
        "/items/x%2fy",
    ):
        assert_problem(alice.get(path), 404)
    assert_problem(alice.get("/nothing"), 404)
    assert_problem(alice.put("/items", ITEM), 404)
    answer = alice.post("/items", b"name=Lamp", {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status in {400, 415}
    assert_problem(answer, answer.status)
    assert_problem(alice.put(f"/items/{alice.create()['id']}", ITEM, {"If-Match": "1"}), 400)


@pytest.mark.needs("gateway-responses")
def test_cors_headers_stand_on_answers_preflights_and_refusals(
    checkout: Checkout, caller: Callable[..., Caller], anonymous: Caller
) -> None:
    from tools.access.http import call

    page = f"http://127.0.0.1:{ports.page(checkout.project)}"
    preflight = call("OPTIONS", anonymous.url + "/items", headers={"Origin": page})
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]
    for answer in (caller().get("/items"), anonymous.post("/items", ITEM), anonymous.get("/nothing"), preflight):
        assert answer.headers["access-control-allow-origin"] == page, answer


@pytest.mark.needs("throttle", "gateway-responses")
def test_beyond_the_throttle_callers_are_told_to_slow_down(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    alice = caller()
    with throttled(aws("apigateway"), api_id(outputs), rate=1, burst=1):
        refused = eventually(
            lambda: next((a for a in (alice.get("/items") for _ in range(5)) if a.status == 429), None)
        )
        assert_problem(refused, 429)
    eventually(lambda: alice.get("/items").status == 200)
