"""One POST and one upload, followed through everything that happens by itself."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.integration.api import ITEM, Caller
from tests.integration.conftest import eventually
from tests.integration.listeners import Message, Queue, log_lines, on_bus, socket
from tests.integration.pictures import animated_gif, jpeg, png_bomb, truncated_jpeg, upload
from tools.access.listing import everything

pytestmark = pytest.mark.needs("authorizer", "events")

ON_THE_WAY = ("create-item", "create-upload", "image-processor", "data-transformer", "notification-sender")


def _images(caller: Caller, item_id: str) -> dict[str, Any] | None:
    """Return the item once it has an image."""
    item = dict(caller.get(f"/items/{item_id}").json())
    return item if item["images"] else None


def _kinds(bus: Queue, correlation_id: str, count: int) -> list[str]:
    """Return the kinds of a request's events once there are so many."""
    kinds = [event["detail-type"] for event in bus.receive() if event["detail"]["correlationId"] == correlation_id]
    return sorted(kinds) if len(kinds) == count else []


def test_an_upload_is_made_smaller_and_told_on_the_bus(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    """What happens where nobody listens; the next test listens."""
    alice, correlation_id = caller(f"owner-{uuid.uuid4()}"), f"quiet-{uuid.uuid4()}"
    with on_bus(aws, outputs["event_bus"]) as bus:
        created = alice.post("/items", ITEM, {"X-Correlation-Id": correlation_id})
        assert created.status == 201, created
        item_id = created.json()["id"]
        upload(alice, item_id, truncated_jpeg(), correlation_id=f"bad-{correlation_id}")
        image_id = upload(alice, item_id, jpeg(800, 600), correlation_id=correlation_id)
        item = eventually(partial(_images, alice, item_id), seconds=20)
        assert eventually(partial(_kinds, bus, correlation_id, 2)) == ["ItemCreated", "ItemUpdated"]
        assert eventually(partial(_kinds, bus, f"bad-{correlation_id}", 1)) == ["ImageRefused"]
    (image,) = item["images"]
    assert (image["id"], image["width"], image["height"]) == (image_id, 800, 600)
    for size in image["sizes"]:
        stored = aws("s3").head_object(Bucket=outputs["buckets"]["images"], Key=size["key"])
        assert stored["ContentLength"] == size["bytes"] > 0
    for name in ON_THE_WAY:
        function = outputs["functions"][name]
        assert eventually(partial(log_lines, aws, function, correlation_id=correlation_id)), f"{name} has no line of it"


@pytest.mark.needs("websocket")
def test_an_upload_travels_the_whole_picture(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    owner, other = f"owner-{uuid.uuid4()}", f"other-{uuid.uuid4()}"
    alice, bob = caller(owner), caller(other)
    correlation_id = f"journey-{uuid.uuid4()}"
    picture = jpeg()
    with (
        on_bus(aws, outputs["event_bus"]) as bus,
        socket(outputs["websocket_url"], str(alice.token)) as hers,
        socket(outputs["websocket_url"], str(bob.token)) as his,
    ):
        created = alice.post("/items", ITEM, {"X-Correlation-Id": correlation_id})
        assert created.status == 201, created
        item_id = created.json()["id"]
        started = time.monotonic()
        image_id = upload(alice, item_id, picture, correlation_id=correlation_id)

        item = eventually(partial(_images, alice, item_id), seconds=10)
        pushed_created = hers.until(lambda message: message["type"] == "ItemCreated")
        pushed_updated = hers.until(lambda message: message["type"] == "ItemUpdated")
        assert time.monotonic() - started < 10

        (image,) = item["images"]
        assert (image["id"], image["width"], image["height"]) == (image_id, 4000, 3000)
        assert len(image["sizes"]) == 3
        for size in image["sizes"]:
            stored = aws("s3").head_object(Bucket=outputs["buckets"]["images"], Key=size["key"])
            assert stored["ContentLength"] == size["bytes"] > 0
            assert stored["ContentType"] == image["contentType"]

        assert (pushed_created["item"]["id"], pushed_created["item"]["images"]) == (item_id, [])
        assert pushed_updated["item"] == json.loads(json.dumps(item))
        assert pushed_updated["changes"] == ["images", "updatedAt", "version"]
        assert {pushed_created["correlationId"], pushed_updated["correlationId"]} == {correlation_id}

        assert eventually(partial(_kinds, bus, correlation_id, 2)) == ["ItemCreated", "ItemUpdated"]
        assert his.silence(0.5) == []
        # A standard queue does not keep the order.
        assert sorted(message["type"] for message in hers.silence(0)) == ["ItemCreated", "ItemUpdated"]

    for name in ON_THE_WAY:
        function = outputs["functions"][name]
        assert eventually(partial(log_lines, aws, function, correlation_id=correlation_id)), f"{name} has no line of it"


@pytest.mark.needs("websocket")
def test_what_nobody_should_decode_is_refused_and_holds_up_nothing(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    alice = caller(f"hostile-{uuid.uuid4()}")
    item_id = alice.create()["id"]
    hostile = {
        "bomb": (png_bomb(), "image/png"),
        "truncated": (truncated_jpeg(), "image/jpeg"),
        "animated": (animated_gif(), "image/gif"),
        "text": (b"This is no picture at all.\n", "image/jpeg"),
    }
    function = outputs["functions"]["image-processor"]
    with socket(outputs["websocket_url"], str(alice.token)) as hers:
        for name, (content, content_type) in hostile.items():
            upload(alice, item_id, content, content_type, f"{name}-{item_id}")
        upload(alice, item_id, jpeg(800, 600), correlation_id=f"good-{item_id}")
        assert eventually(lambda: alice.get(f"/items/{item_id}").json()["images"], seconds=20), "the queue moves on"
        for name in hostile:
            refusal = hers.until(partial(_is_of, f"{name}-{item_id}"))
            assert refusal["type"] == "ImageRefused"
            lines = log_lines(aws, function, correlation_id=f"{name}-{item_id}", outcome="refused")
            assert [line["reason"] for line in lines] == [refusal["reason"]]
    assert len(alice.get(f"/items/{item_id}").json()["images"]) == 1


def _is_of(correlation_id: str, message: Message) -> bool:
    return bool(message["correlationId"] == correlation_id)


@pytest.mark.needs("websocket")
def test_a_subscriber_hears_of_a_public_item_until_it_is_private(
    caller: Callable[..., Caller], outputs: dict[str, Any]
) -> None:
    alice, bob = caller(f"owner-{uuid.uuid4()}"), caller(f"reader-{uuid.uuid4()}")
    item = alice.create(visibility="public")
    path, topic = f"/items/{item['id']}", f"item:{item['id']}"
    with socket(outputs["websocket_url"], str(bob.token)) as his:
        his.send(action="subscribe", topic=topic)
        his.until(lambda message: message["type"] == "subscribed" and message["topic"] == topic)
        his.send(action="subscribe", topic=f"item:{alice.create()['id']}")
        assert his.until(lambda message: message["type"] == "error")["code"] == "not-found"

        assert alice.put(path, ITEM | {"name": "Seen by all", "visibility": "public"}).status == 200
        seen = his.until(lambda message: message["type"] == "ItemUpdated")
        assert (seen["item"]["name"], seen["changes"]) == ("Seen by all", ["name", "updatedAt", "version"])
        assert alice.put(path, ITEM | {"name": "A secret", "visibility": "private"}).status == 200
        turned = his.until(lambda message: message["type"] == "ItemUpdated" and message is not seen)
        assert turned["item"] == {"id": item["id"]}
        assert alice.put(path, ITEM | {"name": "Another secret", "visibility": "private"}).status == 200
        assert alice.delete(path).status == 204
        assert all("secret" not in json.dumps(message) for message in his.silence(2))


@pytest.mark.needs("websocket")
def test_a_bad_token_opens_no_socket(caller: Callable[..., Caller], outputs: dict[str, Any], aws: Any) -> None:
    from websockets.exceptions import InvalidStatus

    with (
        pytest.raises(InvalidStatus) as refused,
        socket(outputs["websocket_url"], f"{caller('mallory').token}x"),
    ):
        pass
    assert refused.value.response.status_code == 401
    rows = everything(aws("dynamodb"), "scan", TableName=outputs["connections_table"])
    assert [row for row in rows if "mallory" in str(row)] == []
