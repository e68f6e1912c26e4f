"""POST /items."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import yaml
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from botocore.exceptions import ClientError

from aws.clients import client
from aws.items.conditions import ConditionFailed
from aws.items.item_records import from_record
from aws.items.writing import put_new
from crud_api import create_item
from domain.callers import Caller
from domain.json_text import to_json
from tests.unit.functions.conftest import ROOT
from tests.unit.functions.support.application import Answer, Application
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import IDEMPOTENCY_TABLE, ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, BOB, INPUT, Context, event
from web.requests import parse
from web.responses import json_response

_EXAMPLE = yaml.safe_load((ROOT / "docs" / "api-examples.yaml").read_text(encoding="utf-8"))["Item"]


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


def _cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return client("dynamodb").exceptions.TransactionCanceledException(answer, "TransactWriteItems")


@pytest.fixture
def cancelling(application: Application, monkeypatch: pytest.MonkeyPatch) -> list[ClientError]:
    """What the next transactions are cancelled with, one each."""
    real, left = client("dynamodb").transact_write_items, list[ClientError]()

    def write(**parameters: Any) -> Any:
        if left:
            raise left.pop(0)
        return real(**parameters)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", write)
    Clock(monkeypatch)
    return left


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(monkeypatch)
    monkeypatch.setattr(create_item, "respond", partial(create_item.respond, now_ns=time.time_ns))
    return clock


def _keyed(application: Application, **changes: Any) -> Answer:
    return application.call("create_item", body=INPUT | changes, headers={"Idempotency-Key": "order-1"})


@pytest.mark.parametrize("codes", [("TransactionConflict", "None"), ("None", "TransactionConflict")])
def test_requests_that_meet_are_tried_again(
    application: Application, cancelling: list[ClientError], codes: tuple[str, str]
) -> None:
    first = _keyed(application)
    cancelling.append(_cancelled(*codes))
    assert _keyed(application).text == first.text
    assert len(application.rows()) == 1


def test_requests_that_meet_all_the_time_are_409(application: Application, cancelling: list[ClientError]) -> None:
    cancelling += [_cancelled("TransactionConflict", "None")] * 4
    answer = _keyed(application)
    assert (answer.status, answer.kind) == (409, "idempotency-key-in-progress")
    assert answer.headers["Retry-After"] == "1"
    assert application.rows() == []
    assert _keyed(application).status == 201


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingError", 503), ("ProvisionedThroughputExceeded", 503), ("ValidationError", 500)],
)
def test_a_transaction_that_is_cancelled_otherwise_leaves_nothing(
    application: Application, cancelling: list[ClientError], code: str, status: int
) -> None:
    cancelling.append(_cancelled("None", code))
    assert _keyed(application).status == status
    assert application.rows() == application.idempotency_rows() == []


def test_a_transaction_that_was_carried_out_and_is_repeated_gives_its_answer(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should DynamoDB not know the SDK's token any more, the request finds its own record."""
    real = client("dynamodb").transact_write_items
    tokens = []

    def twice(**parameters: Any) -> Any:
        real(**parameters)
        return real(**parameters)

    def remember(params: dict[str, Any], **_: Any) -> None:
        tokens.append(json.loads(params["body"]).get("ClientRequestToken"))

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", twice)
    client("dynamodb").meta.events.register("before-call.dynamodb.TransactWriteItems", remember)
    answer = _keyed(application)
    client("dynamodb").meta.events.unregister("before-call.dynamodb.TransactWriteItems", remember)
    (row,) = application.rows()
    assert (answer.status, answer.body["id"]) == (201, row["id"]["S"])
    assert all(tokens), "attempts of one call are known by its token"


def test_an_item_of_the_same_id_is_not_overwritten(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    item = application.create(ALICE)
    monkeypatch.setattr("domain.items.uuid7", lambda *_: item["id"])
    assert _keyed(application, price=5).status == 500
    assert application.idempotency_rows() == []
    assert application.call("get_item", item_id=item["id"]).body == item


def test_a_key_is_free_again_after_a_day_whether_or_not_its_record_is_deleted(
    application: Application, clock: Clock
) -> None:
    first = _keyed(application)
    clock.advance(create_item.KEPT_SECONDS - 5)
    assert _keyed(application).text == first.text
    clock.advance(10)
    second = _keyed(application)
    assert second.body["id"] != first.body["id"]
    assert _keyed(application).text == second.text


def test_a_failed_request_frees_its_key(application: Application) -> None:
    assert _keyed(application, price=-1).status == 400
    assert application.idempotency_rows() == []
    assert _keyed(application).status == 201


def test_a_record_holds_the_answer_hashes_and_an_end(application: Application) -> None:
    answer = application.call("create_item", body=INPUT, headers={"Idempotency-Key": "secret-order-1"})
    (record,) = application.idempotency_rows()
    assert set(record) == {"id", "status", "expiration", "data", "validation"}
    assert "secret-order-1" not in str(record)
    assert re.fullmatch(r"once#[0-9a-f]{64}", record["id"]["S"])
    row = application.dynamodb.get_item(TableName=ITEMS_TABLE, Key={"id": {"S": answer.body["id"]}})["Item"]
    created = int(row["id"]["S"].replace("-", "")[:12], 16) / 1000
    assert int(record["expiration"]["N"]) - created == pytest.approx(24 * 3600, abs=5)


def _older(application: Application, **attributes: Any) -> dict[str, Any]:
    """Return an answer, and leave the record of it as Powertools' Idempotency writes one for the same request."""
    persistence = DynamoDBPersistenceLayer(table_name=IDEMPOTENCY_TABLE, boto3_client=client("dynamodb"))
    persistence.configure(
        IdempotencyConfig(
            event_key_jmespath="scope",
            payload_validation_jmespath="payload",
            expires_after_seconds=create_item.KEPT_SECONDS,
            hash_function="sha256",
        ),
        key_prefix="once",
    )
    draft = {"name": "Desk lamp", "category": "home-office", "price": Decimal("49.9")}
    request = {
        "scope": ["createItem", "alice", "order-1"],
        "payload": {name: to_json(value) for name, value in draft.items()},
    }
    answer = asdict(json_response(201, _EXAMPLE, {"Location": "/prod/items/first"}))
    persistence.save_inprogress(request, remaining_time_in_millis=10_000)
    if attributes.get("done", True):
        persistence.save_success(request, answer)
    return answer


def test_a_record_of_powertools_is_honoured(application: Application) -> None:
    answer = _older(application)
    again = _keyed(application)
    assert (again.status, again.text) == (201, answer["body"])
    assert again.headers["Location"] == "/prod/items/first"
    assert _keyed(application, price=5).status == 422
    assert application.rows() == []


def test_a_request_that_powertools_has_begun_is_waited_for_until_its_time_is_over(
    application: Application, clock: Clock
) -> None:
    _older(application, done=False)
    assert (_keyed(application).status, _keyed(application, price=5).status) == (409, 422)
    clock.advance(11)
    assert _keyed(application).status == 201


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
