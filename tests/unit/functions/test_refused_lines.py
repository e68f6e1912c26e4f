"""The log line of a refused request names the error's class, and holds nothing of what was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, ANONYMOUS, BOB, INPUT

SENT = "input-that-nobody-logs"
SECOND_KEY = {"Idempotency-Key": f"{SENT}-key"}
UNKNOWN = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"

# Operation, parts of the request, status, class
REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "a body that is not JSON": ("create_item", {"text": f'{{"{SENT}'}, 400, "Problem"),
    "a media type": ("create_item", {"body": INPUT, "headers": {"Content-Type": f"text/{SENT}"}}, 415, "Problem"),
    "a body too long": ("create_item", {"text": json.dumps({"name": SENT * 4000})}, 413, "Problem"),
    "a value that breaks its rule": ("create_item", {"body": {**INPUT, "category": f"{SENT} !"}}, 400, "InvalidInput"),
    "a property nobody knows": ("update_item", {"item_id": UNKNOWN, "body": {**INPUT, SENT: 1}}, 400, "InvalidInput"),
    "a header": ("create_item", {"body": INPUT, "headers": {"Idempotency-Key": f"{SENT} 1"}}, 400, "Problem"),
    "a condition": ("delete_item", {"item_id": UNKNOWN, "headers": {"If-Match": SENT}}, 400, "Problem"),
    "an id that is none": ("get_item", {"item_id": SENT}, 404, "ItemNotFound"),
    "a query": ("list_items", {"query": {"category": f"{SENT}_"}}, 400, "Problem"),
    "a cursor": ("list_items", {"query": {"cursor": SENT}}, 400, "InvalidCursor"),
    "no identity": ("get_item", {"item_id": UNKNOWN, "caller": None}, 401, "Problem"),
    "the anonymous one's own list": (
        "list_items",
        {"caller": ANONYMOUS, "query": {"view": "mine"}},
        401,
        "CredentialNeeded",
    ),
    "a scope": ("get_item", {"item_id": UNKNOWN, "caller": {**ALICE, "scope": SENT}}, 403, "Problem"),
    "a content type of an upload": (
        "create_upload",
        {"item_id": UNKNOWN, "body": {"contentType": f"image/{SENT}"}},
        400,
        "InvalidInput",
    ),
}


def _line(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.out.splitlines()]
    [line] = [line for line in lines if line.get("message") == "request"]
    return line, written.out + written.err


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_logged_by_its_class_alone(
    application: Application, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    operation, parts, status, error = REFUSALS[name]
    assert application.call(operation, **parts).status == status
    line, written = _line(capsys)
    assert (line["status"], line["error"]) == (status, error)
    assert SENT not in written


@pytest.mark.parametrize(
    ("parts", "status", "error"),
    [
        ({"caller": BOB}, 403, "NotTheOwner"),
        ({"headers": {"If-Match": f'"{SENT}"'}}, 412, "VersionMismatch"),
    ],
)
def test_a_refused_write_is_too(
    application: Application,
    capsys: pytest.CaptureFixture[str],
    parts: dict[str, Any],
    status: int,
    error: str,
) -> None:
    item = application.create(ALICE, visibility="public")
    capsys.readouterr()
    answer = application.call("update_item", item_id=item["id"], body=INPUT, **parts)
    assert answer.status == status
    line, written = _line(capsys)
    assert (line["status"], line["error"]) == (status, error)
    assert SENT not in written


def test_a_reused_key_is_too(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    application.call("create_item", body=INPUT, headers=SECOND_KEY)
    capsys.readouterr()
    assert application.call("create_item", body={**INPUT, "name": SENT}, headers=SECOND_KEY).status == 422
    line, written = _line(capsys)
    assert (line["status"], line["error"]) == (422, "Problem")
    assert SENT not in written


def test_an_answered_request_has_no_error(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    application.call("list_items")
    line, _ = _line(capsys)
    assert "error" not in line
