"""Uploads to S3: what becomes of them, of their items, and of what their owners hear."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from aws.buckets.uploads import stored_upload, upload_versions
from aws.clients import Unavailable, client
from aws.items import image_list as item_images
from aws.items.item_records import from_record
from domain.items import Item
from processors import image_processor
from processors.imaging import formats, safely, storing
from tests.hostile_images import FILES
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.bus import Bus
from tests.unit.functions.support.cloud import ENVIRONMENT, IMAGES_BUCKET, UPLOADS_BUCKET
from tests.unit.functions.support.events import ALICE, INPUT, Context
from tests.unit.functions.support.pictures import (
    BAD,
    CORRELATION_ID,
    GOOD,
    IMAGE_ID,
    frames,
    held,
    loaded,
    photo,
    put,
    saved,
)
from tools.access.listing import everything

FUNCTION = "image-processor"
ROOT = Path(__file__).resolve().parents[3]
OTHER_ID = "019ab5c5-2f60-7c44-8d21-5e7f60a1b2c4"


@pytest.fixture
def bus(events: Application, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus(monkeypatch)


@pytest.fixture
def item(events: Application) -> dict[str, Any]:
    """An item of Alice's."""
    return events.create(ALICE)


def _objects() -> dict[str, Any]:
    listed = everything(client("s3"), "list_objects_v2", Bucket=IMAGES_BUCKET)
    return {entry["Key"]: client("s3").get_object(Bucket=IMAGES_BUCKET, Key=entry["Key"]) for entry in listed}


def _names(keys: Iterable[str]) -> set[str]:
    """Return keys without what in them stands for their content."""
    return {re.sub(r"-[0-9a-f]{32}(?=\.)", "", key) for key in keys}


def _row(application: Application) -> dict[str, Any]:
    (row,) = application.rows()
    return row


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the last log line of an event."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found: dict[str, Any] = [line for line in lines if line.get("message") == "event"][-1]
    return found


def _failing(operation: str, error: Exception, monkeypatch: pytest.MonkeyPatch, service: str = "s3") -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client(service), operation, fail)


def test_an_upload_becomes_an_image_of_its_item(
    events: Application, item: dict[str, Any], bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    events.run(FUNCTION, put(item["id"], held(6)))
    shown = events.call("get_item", item_id=item["id"]).body
    (image,) = shown["images"]
    assert {name: image[name] for name in image if name != "sizes"} == {
        "id": IMAGE_ID,
        "contentType": "image/webp",
        "width": 400,
        "height": 300,
    }
    assert [(size["name"], size["width"], size["height"]) for size in image["sizes"]] == [
        ("large", 400, 300),
        ("small", 400, 300),
        ("thumb", 160, 120),
    ]
    assert (shown["version"], shown["updatedAt"] > item["updatedAt"]) == (2, True)
    assert {**shown, "images": [], "version": 1, "updatedAt": item["updatedAt"]} == item
    assert _row(events)["correlationId"] == {"S": CORRELATION_ID}
    assert bus.envelopes == []
    line = _line(capsys)
    expected = {
        "kind": "upload",
        "outcome": "done",
        "correlation_id": CORRELATION_ID,
        "item_id": item["id"],
        "image_id": IMAGE_ID,
        "width": 400,
        "height": 300,
        "version": 2,
    }
    assert {name: line[name] for name in expected} == expected
    assert line["bytes"] > 1000


def test_sizes_are_stored_as_ours(events: Application, item: dict[str, Any]) -> None:
    events.run(FUNCTION, put(item["id"], GOOD["png"]()))
    stored = _objects()
    assert _names(stored) == {f"images/{item['id']}/{IMAGE_ID}/{name}.webp" for name in ("large", "small", "thumb")}
    named = {size["key"]: size for size in events.call("get_item", item_id=item["id"]).body["images"][0]["sizes"]}
    for key, answer in stored.items():
        content = answer["Body"].read()
        assert answer["ContentType"] == "image/webp"
        assert "immutable" in answer["CacheControl"]
        assert answer["Metadata"] == {"correlation-id": CORRELATION_ID}
        assert loaded(content).format == "WEBP"
        assert named[key]["bytes"] == len(content)
        assert (named[key]["width"], named[key]["height"]) == loaded(content).size


@pytest.mark.parametrize(("kind", "extension"), [("", "jpg"), ("jpeg", "jpg"), ("avif", "avif")])
def test_sizes_and_format_are_settings(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: str, extension: str
) -> None:
    monkeypatch.setenv("IMAGE_FORMAT", kind)
    monkeypatch.setenv("IMAGE_SIZES", "tiny:20 wide:64")
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    assert _names(_objects()) == {f"images/{item['id']}/{IMAGE_ID}/{name}.{extension}" for name in ("tiny", "wide")}


def test_the_same_event_twice_gives_one_result(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    events.run(FUNCTION, event)
    once = (_row(events), {key: answer["ETag"] for key, answer in _objects().items()})
    events.run(FUNCTION, event)
    assert (_row(events), {key: answer["ETag"] for key, answer in _objects().items()}) == once
    assert (_line(capsys)["outcome"], _row(events)["version"]) == ("skipped", {"N": "2"})


def test_another_upload_to_the_same_place_changes_nothing(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    before = (_row(events), {key: answer["ETag"] for key, answer in _objects().items()})
    events.run(FUNCTION, put(item["id"], saved(photo(80, 90), "PNG")))
    assert (_row(events), {key: answer["ETag"] for key, answer in _objects().items()}) == before
    assert _line(capsys)["reason"] == "already-done"


def test_a_delivery_that_stopped_half_way_is_finished_by_the_next(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    with monkeypatch.context() as patch:
        _failing("update_item", EndpointConnectionError(endpoint_url="https://table"), patch, "dynamodb")
        with pytest.raises(Unavailable):
            events.run(FUNCTION, event)
    assert len(_objects()) == 3
    line = _line(capsys)
    assert (line["outcome"], line["error"], line["correlation_id"]) == ("failed", "Unavailable", CORRELATION_ID)
    events.run(FUNCTION, event)
    assert [image["id"] for image in events.call("get_item", item_id=item["id"]).body["images"]] == [IMAGE_ID]


def test_uploads_at_once_are_all_in_the_item(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is being processed, another is, and the owner edits the item."""
    first, second = put(item["id"], GOOD["jpeg"](), image_id=OTHER_ID), put(item["id"], GOOD["png"]())
    add = item_images.add_image
    begun: list[object] = []

    def meanwhile(*arguments: Any, **named: Any) -> Item | None:
        if not begun:
            begun.append(True)
            image_processor.handler(second, Context())
            events.call("update_item", item_id=item["id"], body=INPUT | {"name": "Edited"})
        return add(*arguments, **named)

    monkeypatch.setattr(image_processor, "add_image", meanwhile)
    events.run(FUNCTION, first)
    shown = events.call("get_item", item_id=item["id"]).body
    assert [image["id"] for image in shown["images"]] == [IMAGE_ID, OTHER_ID]
    assert (shown["name"], shown["version"]) == ("Edited", 4)


def test_two_deliveries_at_the_same_time_give_one_image(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does a write that the SDK repeats because its answer was lost."""
    event = put(item["id"], GOOD["jpeg"]())
    add = item_images.add_image

    def twice(*arguments: Any, **named: Any) -> Item | None:
        assert add(*arguments, **named) is not None
        return add(*arguments, **named)

    monkeypatch.setattr(image_processor, "add_image", twice)
    events.run(FUNCTION, event)
    shown = events.call("get_item", item_id=item["id"]).body
    assert ([image["id"] for image in shown["images"]], shown["version"]) == ([IMAGE_ID], 2)


def test_an_item_is_not_fought_over_for_ever(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    current = from_record(_row(events))
    monkeypatch.setattr(item_images, "_written", lambda *_: (False, current))
    with pytest.raises(Unavailable, match="contention"):
        events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))


@pytest.mark.parametrize("name", ["nothing", "text called .jpg", "gif of 500 frames", "truncated jpeg"])
def test_bad_input_is_refused_and_its_owner_told(
    events: Application, item: dict[str, Any], bus: Bus, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, reason = BAD[name]
    event = put(item["id"], content())
    for _ in range(2):
        events.run(FUNCTION, event)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    lines = [line for line in written if line.get("message") == "event"]
    metrics = [line for line in written if line.get("kind") == "upload" and "_aws" in line]
    assert [(line["outcome"], line["reason"], line["correlation_id"]) for line in lines] == [
        ("refused", reason, CORRELATION_ID)
    ] * 2
    assert [(line["outcome"], line["Events"]) for line in metrics] == [("refused", [1.0])] * 2
    assert _objects() == {}
    assert events.call("get_item", item_id=item["id"]).body == item
    first, again = bus.envelopes
    assert first["detail-type"] == "ImageRefused"
    assert first["detail"]["reason"] == reason
    assert first["detail"]["correlationId"] == CORRELATION_ID
    assert first["detail"]["item"] == item
    assert first["detail"]["id"] == again["detail"]["id"]
    assert first["detail"]["id"].startswith(IMAGE_ID)


def test_each_refused_upload_to_a_place_is_told_of(events: Application, item: dict[str, Any], bus: Bus) -> None:
    """One event for both would be taken for a second delivery, and the owner would wait for the second answer."""
    for sequencer in ("0068", "0069"):
        event = put(item["id"], b"no image")
        event["Records"][0]["s3"]["object"]["sequencer"] = sequencer
        events.run(FUNCTION, event)
    first, second = bus.envelopes
    assert first["detail"]["id"] != second["detail"]["id"]


def test_a_file_over_the_limit_is_not_even_read(
    events: Application, item: dict[str, Any], bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = GOOD["jpeg"]()
    monkeypatch.setenv("UPLOAD_MAX_BYTES", str(len(content) - 1))
    monkeypatch.setattr("aws.buckets.uploads.StoredUpload.copy_to", lambda *_: pytest.fail("read"))
    event = put(item["id"], content)
    # What the event says of the size is only a hint.
    event["Records"][0]["s3"]["object"]["size"] = 1
    events.run(FUNCTION, event)
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == ["too-large"]


def test_a_file_of_just_the_limit_is_taken(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = GOOD["jpeg"]()
    monkeypatch.setenv("UPLOAD_MAX_BYTES", str(len(content)))
    events.run(FUNCTION, put(item["id"], content))
    assert len(_objects()) == 3


def test_an_item_has_at_most_twenty_images(events: Application, item: dict[str, Any], bus: Bus) -> None:
    ids = [f"019ab5c5-2f60-7c44-8d21-5e7f60a1b{number:03x}" for number in range(21)]
    for image_id in ids:
        events.run(FUNCTION, put(item["id"], GOOD["one pixel"](), image_id=image_id))
    shown = events.call("get_item", item_id=item["id"]).body
    assert [image["id"] for image in shown["images"]] == ids[:20]
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == ["too-many-images"]
    answer = events.call("create_upload", item_id=item["id"], body={"contentType": "image/png"})
    assert (answer.status, answer.kind) == (409, "too-many-images")


def test_the_last_place_may_be_taken_meanwhile(
    events: Application, item: dict[str, Any], bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.images.MAX_IMAGES", 1)
    other = put(item["id"], GOOD["png"](), image_id=OTHER_ID)
    add = item_images.add_image

    def meanwhile(*arguments: Any, **named: Any) -> Item | None:
        monkeypatch.setattr(image_processor, "add_image", add)
        image_processor.handler(other, Context())
        return add(*arguments, **named)

    monkeypatch.setattr(image_processor, "add_image", meanwhile)
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    assert [image["id"] for image in events.call("get_item", item_id=item["id"]).body["images"]] == [OTHER_ID]
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == ["too-many-images"]


def test_a_deleted_upload_is_skipped(
    events: Application, item: dict[str, Any], bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    client("s3").delete_object(Bucket=UPLOADS_BUCKET, Key=f"uploads/{item['id']}/{IMAGE_ID}")
    events.run(FUNCTION, event)
    line = _line(capsys)
    assert (line["outcome"], line["reason"]) == ("skipped", "object-gone")
    assert line["correlation_id"] == Context().aws_request_id
    assert (_objects(), bus.envelopes) == ({}, [])


def test_a_missing_right_is_not_taken_for_a_missing_upload(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    _failing("get_object", ClientError(refusal, "GetObject"), monkeypatch)
    with pytest.raises(ClientError, match="AccessDenied"):
        events.run(FUNCTION, event)


def test_a_deleted_item_is_skipped(
    events: Application, item: dict[str, Any], bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    events.call("delete_item", item_id=item["id"])
    events.run(FUNCTION, event)
    line = _line(capsys)
    assert (line["outcome"], line["reason"], line["correlation_id"]) == ("skipped", "item-gone", CORRELATION_ID)
    assert (_objects(), events.rows(), bus.envelopes) == ({}, [], [])


def test_an_item_deleted_meanwhile_does_not_come_back(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add = item_images.add_image

    def meanwhile(*arguments: Any, **named: Any) -> Item | None:
        events.call("delete_item", item_id=item["id"])
        return add(*arguments, **named)

    monkeypatch.setattr(image_processor, "add_image", meanwhile)
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    assert events.rows() == []
    assert _line(capsys)["reason"] == "item-gone"


@pytest.mark.parametrize(
    "call", ["s3.list_object_versions", "s3.get_object", "dynamodb.get_item", "s3.put_object", "dynamodb.update_item"]
)
def test_what_is_no_fault_of_the_upload_is_tried_again(
    events: Application, item: dict[str, Any], bus: Bus, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    with monkeypatch.context() as patch:
        service, _, operation = call.partition(".")
        _failing(operation, EndpointConnectionError(endpoint_url="https://aws"), patch, service)
        with pytest.raises(Unavailable):
            events.run(FUNCTION, event)
    assert bus.envelopes == []
    events.run(FUNCTION, event)
    assert len(events.call("get_item", item_id=item["id"]).body["images"]) == 1


def test_a_refusal_that_cannot_be_told_is_tried_again(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing("put_events", EndpointConnectionError(endpoint_url="https://bus"), monkeypatch, "events")
    with pytest.raises(Unavailable):
        events.run(FUNCTION, put(item["id"], b"text"))
    assert _line(capsys)["outcome"] == "failed"


@pytest.mark.parametrize(
    "parts",
    [
        {"bucket": IMAGES_BUCKET},
        {"bucket": "somebody-elses"},
        {"key": f"images/{IMAGE_ID}/{OTHER_ID}"},
        {"key": f"uploads/{IMAGE_ID}"},
        {"key": f"uploads/{IMAGE_ID}/{OTHER_ID}/large.webp"},
        {"key": f"uploads/../{OTHER_ID}"},
        {"key": f"uploads/{IMAGE_ID.upper()}/{OTHER_ID}"},
        {"key": f"uploads/{IMAGE_ID}/{OTHER_ID}\n"},
    ],
)
def test_what_is_not_an_upload_is_refused_unread(
    events: Application, bus: Bus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], parts: Any
) -> None:
    event = put(IMAGE_ID, GOOD["jpeg"](), **parts)
    monkeypatch.setattr(image_processor, "upload_versions", lambda *_: pytest.fail("looked for"))
    events.run(FUNCTION, event)
    line = _line(capsys)
    assert (line["outcome"], line["reason"]) == ("refused", "not-an-upload")
    assert (_objects(), bus.envelopes) == ({}, [])


def test_one_bucket_for_both_is_refused(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMAGES_BUCKET", UPLOADS_BUCKET)
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    assert _line(capsys)["reason"] == "not-an-upload"
    assert [entry["Key"] for entry in everything(client("s3"), "list_objects_v2", Bucket=UPLOADS_BUCKET)] == [
        f"uploads/{item['id']}/{IMAGE_ID}"
    ]


def test_what_it_writes_is_not_an_upload(events: Application, item: dict[str, Any]) -> None:
    """Even if the bucket of images sent events too."""
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    before = _row(events)
    for key in _objects():
        for bucket in (UPLOADS_BUCKET, IMAGES_BUCKET):
            events.run(FUNCTION, put(item["id"], GOOD["jpeg"](), key=key, bucket=bucket))
    assert _row(events) == before
    assert len(_objects()) == 3


def test_keys_are_decoded(events: Application, item: dict[str, Any]) -> None:
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"](), event_key=f"uploads%2F{item['id']}%2F{IMAGE_ID}"))
    assert len(_objects()) == 3


@pytest.mark.parametrize("said", ["", "a b", "x" * 129])
def test_a_strange_correlation_id_is_replaced(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str], said: str
) -> None:
    events.run(FUNCTION, put(item["id"], GOOD["jpeg"](), correlation_id=said))
    assert _line(capsys)["correlation_id"] == Context().aws_request_id
    assert _row(events)["correlationId"] == {"S": Context().aws_request_id}


def test_one_that_fails_holds_back_no_other_of_its_event(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = put(item["id"], GOOD["jpeg"]())
    both["Records"] += put(item["id"], GOOD["png"](), image_id=OTHER_ID)["Records"]

    def failing_once(bucket: str, key: str, version: str) -> Any:
        if key.endswith(IMAGE_ID):
            raise Unavailable("s3")
        return stored_upload(bucket, key, version)

    monkeypatch.setattr(image_processor, "stored_upload", failing_once)
    with pytest.raises(Unavailable):
        events.run(FUNCTION, both)
    assert [image["id"] for image in events.call("get_item", item_id=item["id"]).body["images"]] == [OTHER_ID]


def test_the_event_that_s3_sends_when_it_is_set_up_is_nothing_to_do(events: Application) -> None:
    events.run(FUNCTION, {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": UPLOADS_BUCKET})
    assert _objects() == {}


def test_a_setting_that_is_none_is_a_failure_and_no_refusal(
    events: Application, item: dict[str, Any], bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_SIZES", "large")
    with pytest.raises(Exception, match="IMAGE_SIZES"):
        events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()))
    assert bus.envelopes == []


def test_nothing_that_a_person_has_written_is_logged(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    item = events.create(ALICE, name="name-not-logged")
    for content in (held(1), frames(2), b"text-not-logged"):
        events.run(FUNCTION, put(item["id"], content))
    written = capsys.readouterr()
    logged = written.out + written.err
    for secret in ("not-logged", "alice", "SECRET", ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in logged


def _shown(application: Application, item: dict[str, Any]) -> dict[str, Any]:
    """Return the item's one image, after a check that each of its files is what the item says of it."""
    (image,) = application.call("get_item", item_id=item["id"]).body["images"]
    stored = _objects()
    for size in image["sizes"]:
        content = stored[size["key"]]["Body"].read()
        assert len(content) == size["bytes"]
        assert loaded(content).size == (size["width"], size["height"])
    return dict(image)


FIRST, SECOND = saved(photo(90, 60), "PNG"), saved(photo(40, 50), "PNG")


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1,), (1, 1, 0), (0, 0, 1)], ids=str)
def test_the_first_upload_wins_in_whatever_order_events_come(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str], order: tuple[int, ...]
) -> None:
    uploads = put(item["id"], FIRST), put(item["id"], SECOND)
    for position in order:
        events.run(FUNCTION, uploads[position])
        image = _shown(events, item)
        assert (image["width"], image["height"]) == (90, 60)
    assert _row(events)["version"] == {"N": "2"}
    if order == (1, 0):
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        reasons = [line.get("reason") for line in lines if line.get("message") == "event"]
        assert reasons == ["not-the-first", "already-done"]


def test_the_first_upload_wins_when_both_are_processed_at_once(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes 0.3 s later, while the first is being made, and is ready before it."""
    first = put(item["id"], FIRST)
    add = item_images.add_image

    def meanwhile(*arguments: Any, **named: Any) -> Item | None:
        monkeypatch.setattr(image_processor, "add_image", add)
        events.recorder.function = ""
        second = put(item["id"], SECOND)
        events.recorder.function = FUNCTION
        image_processor.handler(second, Context())
        return add(*arguments, **named)

    monkeypatch.setattr(image_processor, "add_image", meanwhile)
    events.run(FUNCTION, first)
    image = _shown(events, item)
    assert (image["width"], image["height"]) == (90, 60)


def test_the_next_upload_is_taken_where_the_first_is_refused(
    events: Application, item: dict[str, Any], bus: Bus
) -> None:
    uploads = put(item["id"], b"no image"), put(item["id"], SECOND)
    events.run(FUNCTION, uploads[1])
    assert bus.envelopes == [], "its own event tells of the first"
    events.run(FUNCTION, uploads[0])
    image = _shown(events, item)
    assert (image["width"], image["height"]) == (40, 50)


def test_an_upload_is_what_it_was_when_its_event_was_sent(events: Application, item: dict[str, Any], bus: Bus) -> None:
    first = put(item["id"], b"no image")
    put(item["id"], SECOND)
    events.run(FUNCTION, first)
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == ["unknown-format"]
    assert _objects() == {}


@pytest.mark.parametrize("step", range(8))
def test_whenever_it_dies_what_is_shown_is_what_the_item_says(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """It dies before its n-th write; another upload comes; the next delivery runs code that makes other files."""

    class Died(BaseException):
        pass

    first = put(item["id"], FIRST)
    left = [step]

    def dying(write: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return write(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(client("s3"), "put_object", dying(client("s3").put_object))
        patch.setattr(client("dynamodb"), "update_item", dying(client("dynamodb").update_item))
        if step < 4:
            with pytest.raises(Died):
                events.run(FUNCTION, first)
        else:
            events.run(FUNCTION, first)
    second = put(item["id"], SECOND)
    monkeypatch.setattr(
        "processors.imaging.formats.FORMATS", {**formats.FORMATS, "webp": _other_options(formats.FORMATS["webp"])}
    )
    for event in (second, first, second):
        events.run(FUNCTION, event)
        image = _shown(events, item)
        assert (image["width"], image["height"]) == (90, 60)


def test_two_deliveries_at_once_by_different_code_leave_what_the_item_says(
    events: Application, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is made, and another that began before has yet to write its files, which differ."""
    event = put(item["id"], FIRST)
    write = storing.put_derivatives

    def late(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(image_processor, "put_derivatives", write)
        with monkeypatch.context() as patch:
            patch.setattr(
                "processors.imaging.formats.FORMATS",
                {**formats.FORMATS, "webp": _other_options(formats.FORMATS["webp"])},
            )
            image_processor.handler(event, Context())
        return write(*arguments, **named)

    monkeypatch.setattr(image_processor, "put_derivatives", late)
    events.run(FUNCTION, event)
    assert len(_objects()) == 6
    _shown(events, item)


def _other_options(target: formats.Format) -> formats.Format:
    return replace(target, options={**target.options, "quality": 20})


def test_a_place_that_is_uploaded_to_again_and_again_is_refused_unread(
    events: Application, item: dict[str, Any], bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aws.buckets.uploads.MOST_VERSIONS", 3)
    uploads = [put(item["id"], GOOD["one pixel"]()) for _ in range(4)]
    monkeypatch.setattr("aws.buckets.uploads.StoredUpload.copy_to", lambda *_: pytest.fail("read"))
    events.run(FUNCTION, uploads[-1])
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == ["too-many-uploads"]


def test_an_upload_whose_version_is_gone_is_skipped(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = put(item["id"], FIRST)
    put(item["id"], SECOND)
    stored = event["Records"][0]["s3"]["object"]
    client("s3").delete_object(Bucket=UPLOADS_BUCKET, Key=stored["key"], VersionId=stored["versionId"])
    events.run(FUNCTION, event)
    assert _line(capsys)["reason"] == "object-gone"


def test_a_bucket_without_versions_will_do(events: Application, item: dict[str, Any]) -> None:
    client("s3").create_bucket(
        Bucket="plain", CreateBucketConfiguration={"LocationConstraint": ENVIRONMENT["AWS_REGION"]}
    )
    event = put(item["id"], FIRST)
    key = event["Records"][0]["s3"]["object"]["key"]
    client("s3").put_object(Bucket="plain", Key=key, Body=FIRST)
    assert upload_versions("plain", key) == ["null"]
    upload = stored_upload("plain", key, "null")
    assert upload is not None
    upload.close()


def test_what_one_upload_takes_is_in_its_line(
    events: Application, item: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for image_id, content in ((IMAGE_ID, GOOD["jpeg"]()), (OTHER_ID, FILES["png of empty texts"][0](2_000_000))):
        events.run(FUNCTION, put(item["id"], content, image_id=image_id))
        line = _line(capsys)
        assert line["cpu_ms"] > 0
        assert line["peak_mb"] > 20


def _endless(*_: object, **__: object) -> None:
    while True:
        pass


def _greedy(*_: object, **__: object) -> None:
    bytearray(1_000_000_000)


@pytest.mark.parametrize(("work", "reason"), [(_endless, "too-much-work"), (_greedy, "too-much-memory")])
def test_what_takes_too_much_is_refused_counted_and_told(  # noqa: PLR0917
    events: Application,
    item: dict[str, Any],
    bus: Bus,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    work: Callable[..., None],
    reason: str,
) -> None:
    monkeypatch.setattr("processors.imaging.safely.CPU_SECONDS", 1)
    monkeypatch.setattr("processors.imaging.safely.make", work)
    events.run(FUNCTION, put(item["id"], FIRST))
    assert [envelope["detail"]["reason"] for envelope in bus.envelopes] == [reason]
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in written if line.get("kind") == "upload" and "_aws" in line]
    assert metric["outcome"] == "refused"
    (line,) = [line for line in written if line.get("message") == "event"]
    assert line["reason"] == reason


def test_without_pillow_it_fails_and_the_upload_is_not_lost(
    events: Application,
    item: dict[str, Any],
    bus: Bus,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = put(item["id"], GOOD["jpeg"]())
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "PIL", None)
        with pytest.raises(ImportError):
            events.run(FUNCTION, event)
    assert (_line(capsys)["outcome"], bus.envelopes) == ("failed", [])
    events.run(FUNCTION, event)
    assert len(events.call("get_item", item_id=item["id"]).body["images"]) == 1


def test_without_time_it_fails(events: Application, item: dict[str, Any], bus: Bus) -> None:
    with pytest.raises(image_processor.NoTimeLeft):
        events.run(FUNCTION, put(item["id"], GOOD["jpeg"]()), Context(remaining_ms=10_000))
    assert bus.envelopes == []


def test_what_one_upload_may_take_ends_before_the_function_does() -> None:
    text = (ROOT / "functions" / "processors.tf").read_text(encoding="utf-8")
    settings = text[text.index("image-processor = {") :]
    timeout, memory = (int(re.findall(rf"{name} += (\d+)", settings)[0]) for name in ("timeout_seconds", "memory_mb"))
    assert timeout > image_processor.LONGEST_SECONDS + image_processor.RESERVED_SECONDS
    # 1,769 MB stand for one processor (Lambda Developer Guide, "Configure Lambda function memory").
    assert safely.CPU_SECONDS / (memory / 1769) < image_processor.LONGEST_SECONDS / 2
    assert memory > 300 * 2
