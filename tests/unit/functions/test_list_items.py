"""GET /items: pages, filters and cursors."""

from __future__ import annotations

from typing import Any

import pytest

from aws.secrets import signing_keys
from crud_api import list_items
from domain import paging
from domain.callers import Caller
from domain.errors import InvalidCursor
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CURSOR_SECRET, ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, ANONYMOUS, BOB, Context, event
from web.requests import parse


def _pages(application: Application, **query: Any) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        asked = query | ({"cursor": cursor} if cursor else {})
        answer = application.call("list_items", query=asked)
        assert answer.status == 200, answer.text
        pages.append([item["id"] for item in answer.body["items"]])
        cursor = answer.body.get("nextCursor")
        if cursor is None:
            return pages


def test_an_empty_list_is_a_list(application: Application) -> None:
    answer = application.call("list_items")
    assert (answer.status, answer.body) == (200, {"items": []})
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_pages_hold_every_item_once_newest_first(application: Application) -> None:
    ids = [application.create(ALICE)["id"] for _ in range(7)][::-1]
    assert _pages(application, limit="3") == [ids[0:3], ids[3:6], ids[6:]]
    assert _pages(application, limit="7") == [ids]
    assert _pages(application, limit="1") == [[item_id] for item_id in ids]
    assert _pages(application) == [ids]


def test_a_filtered_list_reads_on_until_the_page_is_full(application: Application) -> None:
    rare: list[str] = []
    for number in range(12):
        item = application.create(ALICE, category="rare" if number % 4 == 0 else "common")
        if number % 4 == 0:
            rare.insert(0, item["id"])
    assert _pages(application, limit="2", category="rare") == [rare[:2], rare[2:]]
    assert _pages(application, limit="3", category="rare") == [rare]
    assert _pages(application, limit="3", category="none") == [[]]


def test_a_filtered_list_reads_a_bounded_number_of_times(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "FILTERED_READ", 1)
    monkeypatch.setattr(paging, "MAX_READS", 2)
    oldest = application.create(ALICE, category="rare")["id"]
    for _ in range(5):
        application.create(ALICE)
    pages = _pages(application, category="rare")
    assert pages[0] == [], "the page may be empty, but the cursor goes on"
    assert [item_id for page in pages for item_id in page] == [oldest]
    assert len(pages) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "101", "-1", "1.0", "ten", "", " 1", "\u0661", "1e2", "9" * 400)],
        *[("view", value) for value in ("all", "MINE", "mine ")],
        *[("category", value) for value in ("A", "a b", "-a", "a--b", "x" * 51, "a\n", "\ud800")],
        ("limit", ["1", "2"]),
        ("view", ["mine", "public"]),
        ("cursor", ["a", "b"]),
    ],
)
def test_malformed_parameters_are_refused(application: Application, name: str, value: Any) -> None:
    answer = application.call("list_items", query={name: value})
    assert (answer.status, answer.kind) == (400, "invalid-parameter")


def test_unknown_parameters_are_ignored(application: Application) -> None:
    assert application.call("list_items", query={"utm": "x"}).status == 200


def _cursor(application: Application, caller: dict[str, str] = ALICE, **query: Any) -> str:
    for _ in range(2):
        application.create(ALICE, visibility="public", category="lamps")
    answer = application.call("list_items", caller=caller, query={"limit": "1", **query})
    cursor: str = answer.body["nextCursor"]
    return cursor


@pytest.mark.parametrize(
    ("caller", "query"),
    [
        (BOB, {}),
        (ANONYMOUS, {}),
        (ALICE, {"view": "public"}),
        (ALICE, {"category": "lamps"}),
        (BOB, {"view": "public"}),
    ],
)
def test_a_cursor_is_bound_to_its_list(application: Application, caller: dict[str, str], query: dict[str, str]) -> None:
    cursor = _cursor(application)
    answer = application.call("list_items", caller=caller, query={**query, "cursor": cursor})
    assert (answer.status, answer.kind) == (400, "invalid-cursor")


def test_a_cursor_allows_another_page_length(application: Application) -> None:
    cursor = _cursor(application)
    assert len(application.call("list_items", query={"cursor": cursor, "limit": "50"}).body["items"]) == 1


def test_anonymous_pages_go_on(application: Application) -> None:
    cursor = _cursor(application, ANONYMOUS)
    assert len(application.call("list_items", caller=ANONYMOUS, query={"cursor": cursor}).body["items"]) == 1


def test_a_tampered_cursor_is_refused(application: Application) -> None:
    cursor = _cursor(application)
    for position in range(len(cursor)):
        letter = "A" if cursor[position] != "A" else "B"
        tampered = cursor[:position] + letter + cursor[position + 1 :]
        assert application.call("list_items", query={"cursor": tampered}).kind == "invalid-cursor"


@pytest.mark.parametrize("cursor", ["", "A", "AA==", "é", "x" * 2048, "\ud800", "a b", "A" * 76, '{"id":1}'])
def test_what_is_no_cursor_is_refused(application: Application, cursor: str) -> None:
    assert application.call("list_items", query={"cursor": cursor}).kind == "invalid-cursor"


def test_a_cursor_expires_after_an_hour(application: Application) -> None:
    settings = list_items.Settings(
        powertools_service_name="unit",
        powertools_metrics_namespace="unit",
        cors_origin="*",
        items_table=ITEMS_TABLE,
        cursor_secret_arn=CURSOR_SECRET,
    )
    alice = Caller("alice", frozenset())
    for _ in range(2):
        application.create(ALICE)
    first = parse(event("list_items", query={"limit": "1"}), Context())
    cursor = list_items.respond(first, alice, settings, now=lambda: 1_000_000.0).body.split('"nextCursor":"')[1][:76]
    second = parse(event("list_items", query={"cursor": cursor}), Context())
    assert list_items.respond(second, alice, settings, now=lambda: 1_003_600.0).status == 200
    with pytest.raises(InvalidCursor):
        list_items.respond(second, alice, settings, now=lambda: 1_003_601.0)


def test_a_rotated_key_leaves_cursors_good_until_the_next_rotation(application: Application) -> None:
    cursor = _cursor(application)
    for expected in (200, 400):
        application.secrets.put_secret_value(SecretId=CURSOR_SECRET, SecretString="n" * 31 + str(expected))
        signing_keys.cache_clear()
        assert application.call("list_items", query={"cursor": cursor}).status == expected


def test_a_list_without_cursors_needs_no_key(application: Application) -> None:
    application.create(ALICE)
    application.secrets.delete_secret(SecretId=CURSOR_SECRET, ForceDeleteWithoutRecovery=True)
    assert application.call("list_items").status == 200
    assert application.call("list_items", query={"cursor": "x"}).status == 503
