"""Whatever a caller sets of an item is stored: it comes back from each operation that shows items."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import yaml

from aws.items.item_records import from_record, to_record
from domain.item_changes import Change, event_of
from domain.items import SETTABLE, Item, draft_from, representation
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import Application

# Nothing here is a default.
FIRST: dict[str, Any] = {
    "name": "Desk lamp",
    "description": "Warm light.",
    "category": "home-office",
    "price": 49.9,
    "tags": ["metal", "black"],
    "visibility": "public",
}
SECOND: dict[str, Any] = {
    "name": "Floor lamp",
    "description": "Cold light.",
    "category": "living-room",
    "price": 0.01,
    "tags": ["wood"],
    "visibility": "private",
}
DEFAULTS: dict[str, Any] = {"description": "", "tags": [], "visibility": "private"}


@pytest.fixture(scope="module")
def settable() -> dict[str, Any]:
    """The contract's properties of what a caller sets."""
    contract = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text(encoding="utf-8"))
    return dict(contract["components"]["schemas"]["ItemInput"]["properties"])


def _shown(application: Application, item_id: str) -> list[dict[str, Any]]:
    """Return the item as one is read and as it stands in a list."""
    [listed] = application.call("list_items").body["items"]
    return [application.call("get_item", item_id=item_id).body, listed]


def test_every_property_is_tried(settable: dict[str, Any]) -> None:
    assert set(FIRST) == set(SECOND) == set(settable)
    assert all(FIRST[name] != SECOND[name] for name in settable)
    assert all(FIRST[name] != default for name, default in DEFAULTS.items())


def test_what_is_set_comes_back(application: Application) -> None:
    created = application.call("create_item", body=FIRST)
    item_id = created.body["id"]
    for shown in (created.body, *_shown(application, item_id)):
        assert shown == created.body
        assert {name: shown[name] for name in FIRST} == FIRST
    updated = application.call("update_item", item_id=item_id, body=SECOND)
    for shown in (updated.body, *_shown(application, item_id)):
        assert shown == updated.body
        assert {name: shown[name] for name in SECOND} == SECOND
    kept = {"id", "owner", "createdAt", "images"}
    assert {name: updated.body[name] for name in kept} == {name: created.body[name] for name in kept}


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_left_out_has_its_default_again(application: Application, name: str) -> None:
    """A PUT replaces the item: nothing of the version before is left."""
    item_id = application.call("create_item", body=FIRST).body["id"]
    partial = {key: value for key, value in SECOND.items() if key != name}
    answer = application.call("update_item", item_id=item_id, body=partial)
    for shown in (answer.body, *_shown(application, item_id)):
        assert {key: shown[key] for key in SECOND} == {**partial, name: DEFAULTS[name]}


def test_a_row_from_before_a_property_was_added_is_read_with_its_default() -> None:
    item = replace(draft_item(), **{SETTABLE[name].name: value for name, value in DEFAULTS.items()})
    record = {name: value for name, value in to_record(item, "id").items() if name not in {*DEFAULTS, "images"}}
    assert from_record({**record, "unknown": {"S": "ignored"}}) == replace(item, tags=(), images=())


def test_a_change_of_every_property_reaches_the_event() -> None:
    before = draft_item()
    for name, settable in SETTABLE.items():
        after = replace(before, **{settable.name: settable.metadata["rule"](_decimal(SECOND[name]))})
        event = event_of(
            Change(id="1", occurred_at="", correlation_id="", before=before, after=from_record(to_record(after, "id")))
        )
        assert event is not None
        assert (event.changes, event.item[name]) == ((name,), representation(after)[name])


def draft_item() -> Item:
    """Return an item with nothing that is a default."""
    draft = draft_from({name: _decimal(value) for name, value in FIRST.items()})
    return Item(**vars(draft), id="1", owner="alice", created_at="2026-11-27T00:00:00.000Z", updated_at="")


def _decimal(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) else value
