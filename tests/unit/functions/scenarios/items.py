"""Every path of the functions behind the items API, and of its authorizer, that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import TOKEN_SECRET
from tests.unit.functions.support.events import ALICE, BOB, INPUT, recorded

ID = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"


def _create_item(application: Application) -> None:
    application.call("create_item", body=INPUT)
    headers = {"Idempotency-Key": "1"}
    for price in (1, 1, 2):
        application.call("create_item", body={**INPUT, "price": price}, headers=headers)


def _get_item(application: Application) -> None:
    for item_id in (application.create(ALICE)["id"], application.create(BOB)["id"], ID):
        application.call("get_item", item_id=item_id)


def _list_items(application: Application) -> None:
    for _ in range(2):
        application.create(ALICE, visibility="public")
    for view in ("mine", "public"):
        query = {"view": view, "limit": "1", "category": INPUT["category"]}
        cursor = application.call("list_items", query=query).body["nextCursor"]
        application.call("list_items", query={**query, "cursor": cursor})


def _write(operation: str) -> Callable[[Application], None]:
    def scenario(application: Application) -> None:
        for item_id in (application.create(ALICE)["id"], application.create(BOB)["id"], ID):
            for version in ('"9"', "*"):
                application.call(operation, item_id=item_id, headers={"If-Match": version})

    return scenario


def _rest_authorizer(application: Application) -> None:
    event = recorded("authorizer_token")
    kid = application.secrets.get_secret_value(SecretId=TOKEN_SECRET)["VersionId"]
    event["authorizationToken"] = f"Bearer {tokens.shared(kid)}"
    application.run("rest-authorizer", event)


SCENARIOS: dict[str, Callable[[Application], None]] = {
    "create-item": _create_item,
    "get-item": _get_item,
    "list-items": _list_items,
    "update-item": _write("update_item"),
    "delete-item": _write("delete_item"),
    "rest-authorizer": _rest_authorizer,
}
