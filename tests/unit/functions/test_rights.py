"""Who may do what with whose item, in each handler whatever the authorizer has let through."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ADMIN, ALICE, ANONYMOUS, BOB, EXP, INPUT

READS = ["get_item", "list_items", "list_images"]
WRITES = ["create_item", "update_item", "delete_item", "create_upload"]
OPERATIONS = [*READS, *WRITES]


def _try(application: Application, operation: str, item: dict[str, Any], caller: dict[str, str] | None) -> int:
    item_id = None if operation in ("create_item", "list_items") else item["id"]
    return application.call(operation, item_id=item_id, caller=caller).status


@pytest.mark.parametrize("operation", ["get_item", "update_item", "delete_item"])
def test_anothers_private_item_does_not_exist(application: Application, operation: str) -> None:
    item = application.create(ALICE)
    answer = application.call(operation, item_id=item["id"], caller=BOB)
    missing = application.call(operation, item_id="019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10", caller=BOB)
    assert answer.status == 404
    assert answer.body == missing.body
    assert application.call("get_item", item_id=item["id"]).body == item


def test_anothers_public_item_may_be_read_and_no_more(application: Application) -> None:
    item = application.create(ALICE, visibility="public")
    assert _try(application, "get_item", item, BOB) == 200
    for operation in ("update_item", "delete_item"):
        answer = application.call(operation, item_id=item["id"], caller=BOB)
        assert (answer.status, answer.kind) == (403, "not-the-owner")
    assert application.call("get_item", item_id=item["id"]).body == item


def test_an_administrator_reads_and_deletes_anybodys_item_but_edits_none(application: Application) -> None:
    item = application.create(ALICE)
    assert _try(application, "get_item", item, ADMIN) == 200
    assert _try(application, "update_item", item, ADMIN) == 403
    stale = application.call("delete_item", item_id=item["id"], caller=ADMIN, headers={"If-Match": '"2"'})
    assert stale.status == 412
    assert _try(application, "delete_item", item, ADMIN) == 204
    assert _try(application, "delete_item", item, ADMIN) == 404
    assert application.rows() == []


def test_an_administrator_has_items_of_their_own(application: Application) -> None:
    item = application.create(ADMIN)
    assert _try(application, "update_item", item, ADMIN) == 200


def test_lists_show_ones_own_and_the_public_items(application: Application) -> None:
    mine = application.create(ALICE)
    public = application.create(ALICE, visibility="public")
    theirs = application.create(BOB)

    def listed(caller: dict[str, str], **query: Any) -> list[str]:
        answer = application.call("list_items", caller=caller, query=query)
        return [item["id"] for item in answer.body["items"]]

    assert listed(ALICE) == [public["id"], mine["id"]]
    assert listed(BOB) == [theirs["id"]]
    assert listed(BOB, view="public") == listed(ANONYMOUS) == listed(ANONYMOUS, view="public") == [public["id"]]
    assert listed(ADMIN) == []


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "caller",
    [
        None,
        {**ADMIN, "sub": ""},
        {**ADMIN, "kind": ""},
        {"sub": "alice", "scope": "items:admin", "exp": EXP},
        {**ADMIN, "kind": "service"},
    ],
)
def test_no_identity_is_401(application: Application, operation: str, caller: dict[str, str] | None) -> None:
    item = application.create(ALICE)
    assert _try(application, operation, item, caller) == 401
    assert len(application.rows()) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("caller", [ALICE, ADMIN])
def test_a_kept_answer_of_the_authorizer_does_not_outlive_the_token(
    application: Application, operation: str, caller: dict[str, str]
) -> None:
    """API Gateway keeps it for up to five minutes, whatever the token says."""
    item = application.create(ALICE)
    for seconds, good in ((60, True), (-20, True), (-31, False), (-300, False)):
        status = _try(application, operation, item, {**caller, "exp": str(int(time.time()) + seconds)})
        assert (status == 401) is not good, seconds
        if status == 204:
            item = application.create(ALICE)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_identity_without_an_end_is_401(application: Application, operation: str) -> None:
    item = application.create(ALICE)
    without = {name: value for name, value in ALICE.items() if name != "exp"}
    assert _try(application, operation, item, without) == 401
    for exp in ("", "never", "1e12", "-1", "4102444800.5", "NaN", "\u0664\u0661" * 5, "9" * 13):
        assert _try(application, operation, item, {**ALICE, "exp": exp}) == 401, exp


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_anonymous_may_list_and_nothing_else(application: Application, operation: str) -> None:
    item = application.create(ALICE, visibility="public")
    claims = {**ANONYMOUS, "scope": "items:read items:write items:admin"}
    expected = 200 if operation == "list_items" else 401
    assert _try(application, operation, item, claims) == expected


def test_the_anonymous_have_no_items_of_their_own(application: Application) -> None:
    answer = application.call("list_items", caller=ANONYMOUS, query={"view": "mine"})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("scope", ["", "items:read", "items:write", "items", "items:readx", "items:read,items:write"])
def test_scopes_are_checked_in_the_handler_too(application: Application, operation: str, scope: str) -> None:
    item = application.create(ALICE)
    granted = {"items:read": READS, "items:write": WRITES}.get(scope, [])
    status = _try(application, operation, item, {**ALICE, "scope": scope})
    assert (status == 403) == (operation not in granted)
    assert status in ({403} if operation not in granted else {200, 201, 204})


@pytest.mark.parametrize("name", ["id", "owner", "version", "images", "createdAt", "updatedAt", "publicPartition"])
@pytest.mark.parametrize("operation", ["create_item", "update_item"])
def test_what_is_not_a_callers_cannot_be_set(application: Application, operation: str, name: str) -> None:
    item = application.create(ALICE)
    item_id = item["id"] if operation == "update_item" else None
    answer = application.call(operation, item_id=item_id, body={**INPUT, name: "bob"})
    assert answer.status == 400
    detail = "is not a known property" if name == "publicPartition" else "is read-only"
    assert answer.body["errors"] == [{"pointer": f"/{name}", "detail": detail}]
    assert len(application.rows()) == 1
