"""GET /items/{id}/images."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import IMAGES_BUCKET
from tests.unit.functions.support.events import ADMIN, ALICE, ANONYMOUS, BOB
from tests.unit.functions.support.pictures import GOOD, loaded, put

MISSING = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"


@pytest.fixture
def pictured(events: Application) -> dict[str, Any]:
    """A private item of Alice's with an image."""
    item = events.create(ALICE)
    events.run("image-processor", put(item["id"], GOOD["png"]()))
    found: dict[str, Any] = events.call("get_item", item_id=item["id"]).body
    return found


def test_images_come_with_urls_that_work(events: Application, pictured: dict[str, Any]) -> None:
    answer = events.call("list_images", item_id=pictured["id"])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    (image,) = answer.body["images"]
    bare = [{name: value for name, value in size.items() if name != "url"} for size in image["sizes"]]
    assert [{**image, "sizes": bare}] == pictured["images"]
    for size in image["sizes"]:
        got = requests.get(size["url"], timeout=5)
        assert (got.status_code, got.headers["Content-Type"]) == (200, "image/webp")
        assert len(got.content) == size["bytes"]
        assert loaded(got.content).size == (size["width"], size["height"])


def test_urls_end_when_the_answer_says(events: Application, pictured: dict[str, Any]) -> None:
    answer = events.call("list_images", item_id=pictured["id"])
    url = urlsplit(answer.body["images"][0]["sizes"][0]["url"])
    query = parse_qs(url.query)
    assert url.netloc == f"{IMAGES_BUCKET}.s3.eu-west-1.amazonaws.com"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    left = datetime.fromisoformat(answer.body["expiresAt"]) - datetime.now(UTC)
    assert 890 < left.total_seconds() <= 900


def test_an_item_without_images_has_an_empty_list(events: Application) -> None:
    assert events.call("list_images", item_id=events.create(ALICE)["id"]).body["images"] == []


def test_who_may_read_the_item_may_see_its_images(events: Application, pictured: dict[str, Any]) -> None:
    def seen(item_id: str, caller: dict[str, str]) -> int:
        return events.call("list_images", item_id=item_id, caller=caller).status

    assert [seen(pictured["id"], caller) for caller in (ALICE, ADMIN, BOB, ANONYMOUS)] == [200, 200, 404, 401]
    public = events.create(ALICE, visibility="public")
    assert seen(public["id"], BOB) == 200
    assert seen(MISSING, ALICE) == 404


def test_no_url_is_logged(events: Application, pictured: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    answer = events.call("list_images", item_id=pictured["id"])
    logged = capsys.readouterr().out
    for size in answer.body["images"][0]["sizes"]:
        assert parse_qs(urlsplit(size["url"]).query)["X-Amz-Signature"][0] not in logged
        assert size["key"] not in logged
