"""GET, PUT and DELETE /items/{id}: conditional requests and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from aws.attributes import to_attribute
from aws.items.writing import replace
from crud_api import update_item
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, BOB, INPUT

MISSING = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
MALFORMED_TAGS = ["1", "", ",", " , ", '"1', "W/", '"1" "2"', '"1",x', "'1'", "*,*", ",".join(['"1"'] * 11)]


def test_an_item_is_read_back(application: Application) -> None:
    item = application.create(ALICE, tags=["a"], description="d")
    answer = application.call("get_item", item_id=item["id"])
    assert (answer.status, answer.body, answer.headers["ETag"]) == (200, item, '"1"')
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_an_upper_case_id_is_the_same_item(application: Application) -> None:
    item = application.create(ALICE)
    assert application.call("get_item", item_id=item["id"].upper()).body == item


# Elements of a list may be empty, and a comma may be part of a tag (RFC 9110, sections 5.6.1.2 and 8.8.3).
LISTS = [', "1"', '"1",', '"7",, "1" ,', '"a,b","1"', '"7"\t,\t"1"', '",", "1"']


@pytest.mark.parametrize("field", ['"1"', 'W/"1"', "*", '"7", "1"', ' "1" ', *LISTS])
def test_who_has_the_version_gets_304(application: Application, field: str) -> None:
    item = application.create(ALICE)
    answer = application.call("get_item", item_id=item["id"], headers={"If-None-Match": field})
    assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "", '"1"')


@pytest.mark.parametrize("field", ['"2"', '"01"', '"one"', '""', '"a,1"', '"1,a"', '"1,2"'])
def test_who_has_another_version_gets_the_item(application: Application, field: str) -> None:
    item = application.create(ALICE)
    assert application.call("get_item", item_id=item["id"], headers={"If-None-Match": field}).status == 200


@pytest.mark.parametrize("operation", ["get_item", "update_item", "delete_item"])
@pytest.mark.parametrize("item_id", [MISSING, "1", "", "x" * 36, "{" + MISSING + "}", MISSING + "\n", "é", "../items"])
def test_what_is_no_item_is_404(application: Application, operation: str, item_id: str) -> None:
    answer = application.call(operation, item_id=item_id)
    assert (answer.status, answer.kind) == (404, "item-not-found")


@pytest.mark.parametrize(
    ("operation", "header"), [("get_item", "If-None-Match"), ("update_item", "If-Match"), ("delete_item", "If-Match")]
)
@pytest.mark.parametrize("field", MALFORMED_TAGS)
def test_malformed_entity_tags_are_refused(application: Application, operation: str, header: str, field: str) -> None:
    item = application.create(ALICE)
    answer = application.call(operation, item_id=item["id"], headers={header: field})
    assert (answer.status, answer.kind) == (400, "invalid-parameter")
    assert application.call("get_item", item_id=item["id"]).body == item


def test_put_replaces_what_a_caller_sets(application: Application) -> None:
    item = application.create(ALICE, tags=["a"], description="d", visibility="public")
    answer = application.call("update_item", item_id=item["id"], body={**INPUT, "name": "Other", "price": 1})
    assert answer.status == 200
    assert answer.headers["ETag"] == '"2"'
    kept = ("id", "owner", "createdAt", "images")
    assert {name: answer.body[name] for name in kept} == {name: item[name] for name in kept}
    assert (answer.body["name"], answer.body["price"], answer.body["version"]) == ("Other", 1, 2)
    assert (answer.body["tags"], answer.body["description"], answer.body["visibility"]) == ([], "", "private")
    assert application.call("get_item", item_id=item["id"]).body == answer.body


def test_visibility_moves_an_item_in_and_out_of_the_public_partition(application: Application) -> None:
    item = application.create(ALICE)
    application.call("update_item", item_id=item["id"], body={**INPUT, "visibility": "public"})
    assert application.rows()[0]["publicPartition"] == {"S": "public"}
    application.call("update_item", item_id=item["id"], body=INPUT)
    assert "publicPartition" not in application.rows()[0]


@pytest.mark.parametrize("field", ['"1"', "*", '"9", "1"', None, *LISTS])
def test_the_expected_version_may_be_written_and_deleted(application: Application, field: str | None) -> None:
    headers = {"If-Match": field} if field else None
    item, other = application.create(ALICE), application.create(ALICE)
    assert application.call("update_item", item_id=item["id"], body=INPUT, headers=headers).status == 200
    answer = application.call("delete_item", item_id=other["id"], headers=headers)
    assert (answer.status, answer.text) == (204, "")
    assert [row["id"]["S"] for row in application.rows()] == [item["id"]]


@pytest.mark.parametrize(
    "field", ['"1"', 'W/"2"', '"foreign"', '"3", "4"', '"0"', '"99999999999999999999999"', '"2,3"']
)
def test_a_lost_update_is_412_and_changes_nothing(application: Application, field: str) -> None:
    item = application.create(ALICE)
    newer = application.call("update_item", item_id=item["id"], body={**INPUT, "name": "Newer"}).body
    for operation in ("update_item", "delete_item"):
        answer = application.call(operation, item_id=item["id"], body=INPUT, headers={"If-Match": field})
        assert (answer.status, answer.kind) == (412, "version-mismatch")
    assert application.call("get_item", item_id=item["id"]).body == newer


def test_of_two_writers_with_one_version_one_wins(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    item = application.create(ALICE)
    statuses: list[int] = []

    def meanwhile(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(update_item, "replace", replace)
        other = {**INPUT, "price": 5}
        inner = application.call("update_item", item_id=item["id"], body=other, headers={"If-Match": '"1"'})
        statuses.append(inner.status)
        return replace(*arguments, **named)

    monkeypatch.setattr(update_item, "replace", meanwhile)
    outer = application.call("update_item", item_id=item["id"], body=INPUT, headers={"If-Match": '"1"'})
    assert [*statuses, outer.status] == [200, 412]
    assert application.rows()[0]["version"] == {"N": "2"}


@pytest.mark.parametrize("if_match", ['"1"', '"7", "1"'])
def test_an_update_whose_answer_was_lost_is_answered_when_it_is_repeated(
    application: Application, if_match: str
) -> None:
    item = application.create(ALICE)
    update: dict[str, Any] = {"item_id": item["id"], "body": {**INPUT, "price": 5}, "headers": {"If-Match": if_match}}
    first, again = (application.call("update_item", **update) for _ in range(2))
    assert (again.status, again.text, again.headers["ETag"]) == (200, first.text, first.headers["ETag"])
    assert application.rows()[0]["version"] == {"N": "2"}


def test_what_only_looks_like_a_repeated_update_is_412(application: Application) -> None:
    item = application.create(ALICE, visibility="public")
    body = {**INPUT, "visibility": "public", "price": 5}
    for written in (body, {**body, "price": 6}, body):
        application.call("update_item", item_id=item["id"], body=written)

    def status(caller: dict[str, str], if_match: str, **changes: Any) -> int:
        headers = {"If-Match": if_match}
        return application.call(
            "update_item", item_id=item["id"], body=body | changes, headers=headers, caller=caller
        ).status

    assert status(ALICE, '"1"') == 412, "others have written since"
    assert status(ALICE, '"3"', price=6) == 412, "it says something else"
    assert status(ALICE, '"3"', tags=["new"]) == 412
    assert status(BOB, '"3"') == 403
    assert application.rows()[0]["version"] == {"N": "4"}
    assert status(ALICE, '"3"') == 200


def test_a_precondition_on_a_missing_item_is_404(application: Application) -> None:
    for operation in ("update_item", "delete_item"):
        assert application.call(operation, item_id=MISSING, headers={"If-Match": '"1"'}).status == 404


def test_images_survive_an_update(application: Application) -> None:
    item = application.create(ALICE)
    image = {
        "id": item["id"],
        "contentType": "image/jpeg",
        "width": 640,
        "height": 480,
        "sizes": [{"name": "thumb", "key": "images/a/b/thumb.jpg", "width": 160, "height": 120, "bytes": 4711}],
    }
    application.dynamodb.update_item(
        TableName="unit-items",
        Key={"id": {"S": item["id"]}},
        UpdateExpression="SET images = :images",
        ExpressionAttributeValues={":images": to_attribute([image])},
    )
    assert application.call("update_item", item_id=item["id"], body=INPUT).body["images"] == [image]
