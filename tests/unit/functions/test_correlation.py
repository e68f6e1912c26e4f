"""A caller's correlation id reaches the stream with each of its writes, and no answer."""

from __future__ import annotations

import pytest

from aws.clients import client
from aws.items import writing as items_writer
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, BOB, INPUT
from tests.unit.functions.support.stream import Stream


def _journey(name: str) -> dict[str, str]:
    return {"X-Correlation-Id": name}


def test_each_write_leaves_its_id_on_the_row(application: Application) -> None:
    stream = Stream()
    created = application.call("create_item", body=INPUT, headers=_journey("create.1"))
    item_id = created.body["id"]
    updated = application.call("update_item", item_id=item_id, body=INPUT, headers=_journey("update.1"))
    shown = application.call("get_item", item_id=item_id)
    application.call("delete_item", item_id=item_id, headers=_journey("delete.1"))
    images = [(record["eventName"], record["dynamodb"]) for record in stream.records()]
    assert images[0][1]["NewImage"]["correlationId"] == {"S": "create.1"}
    assert images[1][1]["NewImage"]["correlationId"] == {"S": "update.1"}
    assert images[-1][0] == "REMOVE"
    assert images[-1][1]["OldImage"]["correlationId"] == {"S": "delete.1"}
    for answer in (created, updated, shown):
        assert "correlation" not in answer.text.lower()


def test_a_write_without_one_leaves_the_request_id(application: Application) -> None:
    answer = application.call("create_item", body=INPUT)
    assert application.rows()[0]["correlationId"] == {"S": answer.headers["X-Request-Id"]}


def test_marking_a_deletion_changes_nothing_else(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second of a deletion's two writes fails, the item is there as before."""
    item = application.create(ALICE, visibility="public")
    before = application.rows()

    def fail(**_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(client("dynamodb"), "delete_item", fail)
        assert application.call("delete_item", item_id=item["id"], headers=_journey("delete.1")).status == 500
    assert application.rows() == [{**before[0], "correlationId": {"S": "delete.1"}}]
    assert application.call("get_item", item_id=item["id"]).body == item


@pytest.mark.parametrize(
    ("caller", "headers", "status"), [(BOB, {}, 403), (ALICE, {"If-Match": '"2"'}, 412)], ids=["rights", "version"]
)
def test_a_refused_deletion_leaves_no_mark(
    application: Application, caller: dict[str, str], headers: dict[str, str], status: int
) -> None:
    item = application.create(ALICE, visibility="public")
    before = application.rows()
    assert application.call("delete_item", item_id=item["id"], caller=caller, headers=headers).status == status
    assert application.rows() == before


def test_an_update_between_mark_and_deletion_is_not_lost(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = application.create(ALICE)
    write = items_writer._write

    def meanwhile(operation: str, **parameters: object) -> object:
        if operation == "delete_item":
            monkeypatch.setattr(items_writer, "_write", write)
            application.call("update_item", item_id=item["id"], body={**INPUT, "name": "Newer"})
        return write(operation, **parameters)

    monkeypatch.setattr(items_writer, "_write", meanwhile)
    answer = application.call("delete_item", item_id=item["id"], headers={"If-Match": '"1"'})
    assert (answer.status, answer.kind) == (412, "version-mismatch")
    assert application.call("get_item", item_id=item["id"]).body["name"] == "Newer"


def test_a_deletion_whose_answer_was_lost_is_one(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK repeats a write whose answer it has not got, and finds nothing to delete any more."""
    item = application.create(ALICE)
    write = items_writer._write

    def again(operation: str, **parameters: object) -> object:
        if operation == "delete_item":
            write(operation, **parameters)
        return write(operation, **parameters)

    monkeypatch.setattr(items_writer, "_write", again)
    assert application.call("delete_item", item_id=item["id"]).status == 204
    assert application.rows() == []
    assert application.call("delete_item", item_id=item["id"]).status == 404
