"""POST /items/{id}/images."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from aws.clients import client
from crud_api import create_upload
from domain.images import UPLOAD_TYPES, upload_key_of
from tests.unit.functions.support.application import Answer, Application
from tests.unit.functions.support.cloud import UPLOADS_BUCKET
from tests.unit.functions.support.events import ADMIN, ALICE, BOB, event
from tests.unit.functions.support.pictures import GOOD
from web.requests import parse

MISSING = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
CORRELATION_ID = "journey.2026-11-23.1"


def _asked(events: Application, item_id: str, caller: dict[str, str] = ALICE, **parts: Any) -> Answer:
    return events.call(
        "create_upload", item_id=item_id, caller=caller, **{"body": {"contentType": "image/png"}} | parts
    )


def _policy(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(answer.body["fields"]["policy"]))
    return found


def test_the_owner_gets_a_form(events: Application) -> None:
    item = events.create(ALICE)
    answer = _asked(events, item["id"])
    assert answer.status == 201
    assert answer.headers["Location"] == f"/prod/items/{item['id']}/images"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["maxBytes"] == 26214400
    key = answer.body["fields"]["key"]
    assert key == f"uploads/{item['id']}/{answer.body['imageId']}"
    assert upload_key_of(key) is not None
    assert answer.body["imageId"][14] == "7"
    left = datetime.fromisoformat(answer.body["expiresAt"]) - datetime.now(UTC)
    assert 890 < left.total_seconds() <= 900


def test_the_form_is_good_for_one_object_of_one_type_and_size(events: Application) -> None:
    answer = _asked(events, events.create(ALICE)["id"])
    policy = _policy(answer)
    conditions = {json.dumps(condition) for condition in policy["conditions"]}
    wanted: list[Any] = [
        {"bucket": UPLOADS_BUCKET},
        {"key": answer.body["fields"]["key"]},
        {"Content-Type": "image/png"},
        {"x-amz-meta-correlation-id": CORRELATION_ID},
        ["content-length-range", 1, 26214400],
    ]
    assert conditions >= {json.dumps(condition) for condition in wanted}
    # Nothing is left to whoever has the form: no "starts-with", and no field that a condition does not fix.
    assert not any("starts-with" in condition for condition in conditions)
    fixed = {name for condition in policy["conditions"] if isinstance(condition, dict) for name in condition}
    assert set(answer.body["fields"]) - {"policy", "x-amz-signature"} <= fixed
    expires = datetime.fromisoformat(policy["expiration"])
    assert abs((expires - datetime.fromisoformat(answer.body["expiresAt"])).total_seconds()) < 5


def test_the_form_is_signed_as_encrypted_buckets_of_a_region_want_it(events: Application) -> None:
    """KMS refuses an older signature, and the bucket's global name may redirect, which no form survives."""
    answer = _asked(events, events.create(ALICE)["id"])
    assert answer.body["url"] == f"https://{UPLOADS_BUCKET}.s3.eu-west-1.amazonaws.com/"
    assert answer.body["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_a_form_works_as_it_is(events: Application) -> None:
    item = events.create(ALICE)
    form = _asked(events, item["id"]).body
    content = GOOD["png"]()
    sent = requests.post(form["url"], data=form["fields"], files={"file": ("cat.png", content)}, timeout=5)
    assert sent.status_code == 204
    stored = client("s3").get_object(Bucket=UPLOADS_BUCKET, Key=form["fields"]["key"])
    assert stored["Body"].read() == content
    assert stored["ContentType"] == "image/png"
    assert stored["Metadata"]["correlation-id"] == CORRELATION_ID


def test_each_form_is_for_another_image(events: Application) -> None:
    item = events.create(ALICE)
    assert _asked(events, item["id"]).body["imageId"] != _asked(events, item["id"]).body["imageId"]


def test_clock_and_randomness_make_the_image_id(events: Application) -> None:
    item = events.create(ALICE)
    request = parse(event("create_upload", item_id=item["id"]), None)  # type: ignore[arg-type]
    assert request.caller is not None
    settings = create_upload.Settings(
        powertools_service_name="unit",
        powertools_metrics_namespace="unit",
        cors_origin="*",
        items_table="unit-items",
        uploads_bucket=UPLOADS_BUCKET,
        upload_max_bytes=7,
    )
    answer = create_upload.respond(
        request,
        request.caller,
        settings,
        now_ns=lambda: 1_795_428_942_123_456_789,
        entropy=lambda count: b"\xff" * count,
    )
    body = json.loads(answer.body)
    assert body["imageId"] == "01a207e7-812b-774f-bfff-ffffffffffff"
    assert body["expiresAt"] == "2026-11-23T10:30:42.123Z"
    assert body["maxBytes"] == 7


@pytest.mark.parametrize("content_type", UPLOAD_TYPES)
def test_each_type_that_is_decoded_may_be_uploaded(events: Application, content_type: str) -> None:
    answer = _asked(events, events.create(ALICE)["id"], body={"contentType": content_type})
    assert answer.body["fields"]["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "/contentType", "is required"),
        ({"contentType": "image/svg+xml"}, "/contentType", "must be one of"),
        ({"contentType": "IMAGE/PNG"}, "/contentType", "must be one of"),
        ({"contentType": ["image/png"]}, "/contentType", "must be one of"),
        ({"contentType": None}, "/contentType", "must be one of"),
        ({"contentType": "image/png", "key": "uploads/x"}, "/key", "is not a known property"),
    ],
)
def test_anything_else_is_refused(events: Application, body: Any, pointer: str, detail: str) -> None:
    answer = _asked(events, events.create(ALICE)["id"], body=body)
    assert answer.status == 400
    (fault,) = answer.body["errors"]
    assert (fault["pointer"], fault["detail"].startswith(detail)) == (pointer, True)


@pytest.mark.parametrize("caller", [BOB, ADMIN])
def test_only_the_owner_adds_images_to_a_public_item(events: Application, caller: dict[str, str]) -> None:
    answer = _asked(events, events.create(ALICE, visibility="public")["id"], caller)
    assert (answer.status, answer.kind) == (403, "not-the-owner")


def test_anothers_private_item_does_not_exist(events: Application) -> None:
    answer = _asked(events, events.create(ALICE)["id"], BOB)
    assert answer.status == 404
    assert answer.body == _asked(events, MISSING, BOB).body
    assert answer.body == _asked(events, "no-uuid", BOB).body


def test_a_reader_gets_no_form(events: Application) -> None:
    reader = {**ALICE, "scope": "items:read"}
    assert _asked(events, events.create(ALICE)["id"], reader).status == 403


def test_no_part_of_a_form_is_logged(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    fields = _asked(events, events.create(ALICE)["id"]).body["fields"]
    logged = capsys.readouterr().out
    for name in ("policy", "x-amz-signature", "x-amz-security-token", "key"):
        assert fields[name] not in logged
