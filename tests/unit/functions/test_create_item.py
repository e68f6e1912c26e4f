"""POST /items."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from crud_api import create_item
from domain.callers import Caller
from storage.conditions import ConditionFailed
from storage.item_records import from_record
from storage.items_writer import put_new
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, BOB, INPUT, Context, event
from web.requests import parse


def test_answers_201_with_location_and_etag(application: Application) -> None:
    answer = application.call("create_item", body={**INPUT, "description": "Brass\nand glass", "tags": ["a", "b"]})
    assert answer.status == 201
    assert answer.headers["Location"] == f"/prod/items/{answer.body['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["owner"] == "alice"
    assert answer.body["price"] == 49.9
    assert answer.body["version"] == 1
    assert answer.body["images"] == []
    assert answer.body["createdAt"] == answer.body["updatedAt"]


def test_what_may_be_left_out_has_a_default(application: Application) -> None:
    item = application.create(ALICE)
    assert (item["description"], item["tags"], item["visibility"]) == ("", [], "private")


def test_clock_and_randomness_make_the_item(application: Application) -> None:
    moment = 1_795_428_942_123_456_789
    request = parse(event("create_item"), Context())
    settings = create_item.Settings(
        powertools_service_name="unit",
        powertools_metrics_namespace="unit",
        cors_origin="*",
        items_table=ITEMS_TABLE,
        idempotency_table="none",
    )
    answer = create_item.respond(
        request, Caller("alice", frozenset()), settings, now_ns=lambda: moment, entropy=lambda count: b"\xff" * count
    )
    assert '"createdAt":"2026-11-23T10:15:42.123Z"' in answer.body
    assert answer.headers["Location"] == "/prod/items/01a207e7-812b-774f-bfff-ffffffffffff"


@pytest.mark.parametrize(
    "price", ["0", "0.1", "0.01", "19.99", "1e2", "1E-2", "999999999.99", "1000000000", "-0.0", "5.10"]
)
def test_prices_come_back_as_they_went(application: Application, price: str) -> None:
    text = f'{{"name": "Lamp", "category": "home", "price": {price}}}'
    answer = application.call("create_item", text=text)
    assert answer.status == 201
    shown = re.search(r'"price":([^,]+)', answer.text)
    assert shown is not None
    assert Decimal(shown[1]) == Decimal(price)
    stored = application.rows()[0]["price"]["N"]
    assert Decimal(stored) == Decimal(price)
    assert application.call("get_item", item_id=answer.body["id"]).body["price"] == answer.body["price"]


def test_only_public_items_are_in_the_public_partition(application: Application) -> None:
    private, public = application.create(ALICE), application.create(ALICE, visibility="public")
    rows = {row["id"]["S"]: row for row in application.rows()}
    assert "publicPartition" not in rows[private["id"]]
    assert rows[public["id"]]["publicPartition"] == {"S": "public"}


def test_a_repeated_key_gives_the_first_answer(application: Application) -> None:
    first = application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"})
    again = application.call("create_item", body=INPUT, headers={"idempotency-key": "order-1"})
    assert first.status == again.status == 201
    assert again.text == first.text
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(application.rows()) == 1


def test_the_same_key_with_another_body_is_refused(application: Application) -> None:
    application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"})
    answer = application.call("create_item", body={**INPUT, "price": 50}, headers={"Idempotency-Key": "order-1"})
    assert (answer.status, answer.kind) == (422, "idempotency-key-reused")
    assert len(application.rows()) == 1


def test_a_differently_written_body_is_the_same_request(application: Application) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = application.call("create_item", text='{"name":"A","category":"b","price":1.50}', headers=headers)
    again = application.call("create_item", text='{ "price": 1.5, "category": "b", "name": "A" }', headers=headers)
    assert again.text == first.text


def test_a_key_belongs_to_its_caller(application: Application) -> None:
    headers = {"Idempotency-Key": "order-1"}
    mine = application.call("create_item", body=INPUT, headers=headers, caller=ALICE)
    theirs = application.call("create_item", body=INPUT, headers=headers, caller=BOB)
    assert theirs.status == 201
    assert theirs.body["id"] != mine.body["id"]
    assert theirs.body["owner"] == "bob"


def test_while_the_first_request_runs_the_second_is_refused(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def meanwhile(*arguments: object) -> None:
        if not seen:
            seen.append(application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"}).status)
        put_new(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(create_item, "put_new", meanwhile)
    first = application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"})
    assert seen == [409]
    assert first.status == 201
    assert len(application.rows()) == 1


def test_a_failed_request_frees_its_key(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(create_item, "put_new", fail)
        assert application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"}).status == 500
    assert application.idempotency_rows() == []
    assert application.call("create_item", body=INPUT, headers={"Idempotency-Key": "order-1"}).status == 201


def test_an_idempotency_record_holds_the_answer_hashes_and_an_end(application: Application) -> None:
    answer = application.call("create_item", body=INPUT, headers={"Idempotency-Key": "secret-order-1"})
    (record,) = application.idempotency_rows()
    assert set(record) == {"id", "status", "expiration", "in_progress_expiration", "data", "validation"}
    assert "secret-order-1" not in str(record)
    assert re.fullmatch(r"once#[0-9a-f]{64}", record["id"]["S"])
    row = application.dynamodb.get_item(TableName=ITEMS_TABLE, Key={"id": {"S": answer.body["id"]}})["Item"]
    created = int(row["id"]["S"].replace("-", "")[:12], 16) / 1000
    assert int(record["expiration"]["N"]) - created == pytest.approx(24 * 3600, abs=5)


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb"])
def test_malformed_keys_are_refused(application: Application, key: str) -> None:
    answer = application.call("create_item", body=INPUT, headers={"Idempotency-Key": key})
    assert (answer.status, answer.kind) == (400, "invalid-parameter")
    assert application.rows() == []


def test_a_lost_acknowledgement_is_not_a_failure(application: Application) -> None:
    """The SDK repeats a write whose answer it has not got; the item that is then there already is this one."""
    application.create(ALICE)
    item = from_record(application.rows()[0])
    put_new(ITEMS_TABLE, item, "journey-1")
    other = type(item)(**{**vars(item), "owner": "bob"})
    with pytest.raises(ConditionFailed):
        put_new(ITEMS_TABLE, other, "journey-1")
