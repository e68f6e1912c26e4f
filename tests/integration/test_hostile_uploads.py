"""Uploads that are made to do harm, through the deployed API: each is answered, and nothing waits for it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import pytest
import urllib3
from PIL import Image

from tests.hostile_images import FILES, MADE
from tests.integration.api import Caller
from tests.integration.conftest import eventually
from tests.integration.listeners import Message, log_lines, socket
from tests.integration.pictures import form, jpeg, send, upload

pytestmark = pytest.mark.needs("authorizer", "events", "websocket")

MIB = 1024 * 1024
# A little below what may be uploaded: what is around the many parts comes on top.
LARGEST = 20 * MIB - 100_000
# One of each format; two megabytes are more than any of them may have.
SOME = (
    "jpeg of small Exif segments",
    "png of empty texts",
    "gif with a comment of two bytes a time",
    "webp of empty chunks",
    "avif of properties",
    "webp of many codes",
)


def _is_of(correlation_id: str, message: Message) -> bool:
    return bool(message["correlationId"] == correlation_id)


def _each_is_answered(
    names: list[str], size: int, alice: Caller, aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    """Upload files of which each is refused; their owner hears why, and the good picture behind them is made."""
    item_id = alice.create()["id"]
    function = outputs["functions"]["image-processor"]
    with socket(outputs["websocket_url"], str(alice.token)) as hers:
        for position, name in enumerate(names):
            maker, _ = FILES[name]
            upload(alice, item_id, maker(size), f"image/{name.split()[0]}", f"{position}-{item_id}")
        upload(alice, item_id, jpeg(800, 600), correlation_id=f"good-{item_id}")
        images = eventually(lambda: alice.get(f"/items/{item_id}").json()["images"], seconds=60)
        assert [(image["width"], image["height"]) for image in images] == [(800, 600)]
        for position, name in enumerate(names):
            correlation_id = f"{position}-{item_id}"
            refusal = hers.until(partial(_is_of, correlation_id))
            assert (refusal["type"], refusal["reason"]) == ("ImageRefused", FILES[name][1]), name
            (line,) = eventually(partial(log_lines, aws, function, correlation_id=correlation_id))
            assert (line["outcome"], line["reason"]) == ("refused", FILES[name][1]), name
            assert line["cpu_ms"] < 10_000, name
            assert line["peak_mb"] < 300, name


def test_hostile_files_are_refused_and_told_of(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    _each_is_answered(list(SOME), 2 * MIB, caller(f"hostile-{uuid.uuid4()}"), aws, outputs)


@pytest.mark.full
def test_the_whole_corpus_is_refused_and_told_of(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    refused = [name for name, (_, outcome) in FILES.items() if outcome != MADE]
    _each_is_answered(refused, LARGEST, caller(f"hostile-{uuid.uuid4()}"), aws, outputs)


@pytest.mark.full
def test_what_is_only_large_is_made(caller: Callable[..., Caller]) -> None:
    alice = caller(f"large-{uuid.uuid4()}")
    item_id = alice.create()["id"]
    names = [name for name, (_, outcome) in FILES.items() if outcome == MADE]
    assert len(names) <= 20
    ids = [upload(alice, item_id, FILES[name][0](LARGEST), f"image/{name.split()[0]}") for name in names]

    def made() -> bool:
        return {image["id"] for image in alice.get(f"/items/{item_id}").json()["images"]} == set(ids)

    assert eventually(made, seconds=120)


def test_the_first_upload_by_a_form_wins(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    """The second is ready long before the first: it is small, and comes while that is being made."""
    alice = caller(f"owner-{uuid.uuid4()}")
    item_id = alice.create()["id"]
    correlation_id = f"twice-{uuid.uuid4()}"
    signed = form(alice, item_id, correlation_id=correlation_id)
    send(signed, jpeg())
    time.sleep(0.3)
    send(signed, jpeg(40, 50))
    function = outputs["functions"]["image-processor"]

    def both() -> bool:
        return len(log_lines(aws, function, correlation_id=correlation_id)) >= 2

    assert eventually(both, seconds=30)
    (image,) = alice.get(f"/items/{item_id}/images").json()["images"]
    assert (image["id"], image["width"], image["height"]) == (signed["imageId"], 4000, 3000)
    for size in image["sizes"]:
        answer = urllib3.request("GET", size["url"])
        assert (answer.status, len(answer.data)) == (200, size["bytes"])
        assert Image.open(BytesIO(answer.data)).size == (size["width"], size["height"])
