"""The page itself, in a real browser, against an API of the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.toolkit.api import Api, Reply
from tests.unit.toolkit.sockets import Sockets
from tools.deployment.smoke.picture import png
from tools.operations.demo import DemoServer, Deployment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows nothing of the others'."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what the browser's console has complained about."""
    return []


@contextmanager
def _shown(page: Page, api: Api, url: str | None, complaints: list[str]) -> Iterator[Page]:
    """Open the page of a deployment; afterwards, the browser has complained about nothing."""
    outputs = {"api_url": api.url, "websocket_url": url}
    deployment = Deployment("local", outputs, "alice", lambda: "token", api.url.removesuffix("/prod"))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    with DemoServer(deployment, 0) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        page.goto(server.url)
        yield page
        page.goto("about:blank")
        server.shutdown()
        thread.join()
    assert complaints == []


@pytest.fixture
def opened(page: Page, api: Api, sockets: Sockets, complaints: list[str]) -> Iterator[Page]:
    """Return the page, opened and connected."""
    api.sockets = sockets
    with _shown(page, api, sockets.url, complaints):
        page.get_by_text("connected", exact=True).wait_for()
        yield page


def _create(page: Page, name: str) -> Locator:
    page.get_by_role("button", name="New item").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Category").fill("lighting")
    page.get_by_label("Price").fill("29.9")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name))
    row.wait_for()
    return row


def test_an_item_from_its_creation_to_its_end(opened: Page, api: Api, tmp_path: Path) -> None:
    row = _create(opened, "Lamp <b>&")
    opened.get_by_role("log").get_by_text("ItemCreated").wait_for()
    assert "29.90 · lighting · private · version 1" in row.inner_text()

    (tmp_path / "p.png").write_bytes(png())
    row.get_by_label("Add an image").set_input_files(tmp_path / "p.png")
    picture = row.get_by_role("img", name="Image 1 of Lamp <b>&")
    picture.wait_for()
    opened.wait_for_function("document.querySelector('.images img').naturalWidth > 0")
    opened.get_by_role("log").get_by_text("images").wait_for()

    row.get_by_role("button", name="Edit Lamp").click()
    opened.get_by_label("Name").fill("Shade")
    opened.get_by_label("Tags").fill("desk, brass, desk")
    opened.get_by_label("Visible to").select_option("public")
    opened.get_by_role("button", name="Save").click()
    opened.get_by_role("heading", name="Shade").wait_for()
    (item,) = api.items.values()
    assert (item["tags"], item["visibility"], item["version"]) == (["desk", "brass"], "public", 3)

    opened.get_by_role("button", name="Delete Shade").click()
    opened.get_by_text("There are none yet.").wait_for()
    opened.get_by_role("log").get_by_text("ItemDeleted").wait_for()
    assert api.items == {}


def test_what_somebody_else_does_comes_by_itself(opened: Page, api: Api) -> None:
    api.answer("POST", "/prod/items", {"Authorization": "x"}, {"name": "Mug", "category": "kitchen", "price": 12})
    opened.get_by_role("heading", name="Mug").wait_for()
    (item,) = api.items.values()
    changed = {"name": "Cup", "category": "kitchen", "price": 12}
    api.answer("PUT", f"/prod/items/{item['id']}", {"Authorization": "x", "If-Match": '"1"'}, changed)
    opened.get_by_role("heading", name="Cup").wait_for()
    api.answer("DELETE", f"/prod/items/{item['id']}", {"Authorization": "x"}, None)
    opened.get_by_text("There are none yet.").wait_for()


def test_a_push_that_comes_late_changes_nothing_back(opened: Page, api: Api, sockets: Sockets) -> None:
    row = _create(opened, "Lamp")
    (item,) = api.items.values()
    newer = item | {"name": "Newer", "version": 3}
    for push in (newer, item | {"name": "Older", "version": 2}):
        sockets.push({"type": "ItemUpdated", "item": push, "changes": ["name"]})
    opened.get_by_role("log").get_by_text("Older").wait_for()
    assert opened.get_by_role("heading", level=3).all_inner_texts() == ["Newer"]
    sockets.push({"type": "ItemDeleted", "item": newer})
    sockets.push({"type": "ItemUpdated", "item": newer | {"version": 4, "name": "Ghost"}})
    opened.get_by_role("log").get_by_text("Ghost").wait_for()
    assert row.count() == 0


def test_what_is_pushed_while_a_list_is_on_its_way_stays(opened: Page, api: Api, sockets: Sockets) -> None:
    _create(opened, "First")
    item = next(iter(api.items.values()))
    dropped = list(sockets.open)

    def overtaken(reply: Reply) -> Reply:
        with sockets.changed:
            assert sockets.changed.wait_for(lambda: sockets.open and not set(dropped) & set(sockets.open), 10)
        sockets.push({"type": "ItemCreated", "item": item | {"id": "new", "name": "New"}})
        time.sleep(0.5)  # the push has to be first
        return reply

    api.wrong["GET 200"] = overtaken
    with opened.expect_response(lambda answer: "/items?" in answer.url) as listed:
        sockets.drop()
    listed.value.finished()
    opened.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    opened.get_by_role("heading", name="New").wait_for()
    assert opened.get_by_role("heading", level=3).all_inner_texts() == ["New", "First"]


def test_public_items_are_followed_while_they_are_shown(opened: Page, sockets: Sockets) -> None:
    opened.get_by_label("Show").select_option("public")
    others = {"id": "o1", "name": "Theirs", "owner": "bob", "visibility": "public", "version": 1, "images": []}
    others |= {"description": "", "tags": [], "category": "x", "price": 1}
    _until_received(opened, sockets, {"action": "subscribe", "topic": "public"})
    sockets.push({"type": "ItemCreated", "item": others})
    opened.get_by_role("heading", name="Theirs").wait_for()
    assert opened.get_by_role("button", name="Edit Theirs").count() == 0
    # Turned private: its id is all that is told.
    sockets.push({"type": "ItemUpdated", "item": {"id": "o1"}})
    opened.get_by_text("There are none yet.").wait_for()
    opened.get_by_label("Show").select_option("mine")
    _until_received(opened, sockets, {"action": "unsubscribe", "topic": "public"})


def _until_received(page: Page, sockets: Sockets, message: dict[str, str]) -> None:
    deadline = time.monotonic() + 10
    while message not in sockets.received:
        assert time.monotonic() < deadline, f"{message} was never sent: {sockets.received}"
        page.wait_for_timeout(20)  # lets the browser go on, as time.sleep would not


def test_a_lost_update_is_told_and_can_be_saved_after(opened: Page, api: Api, complaints: list[str]) -> None:
    row = _create(opened, "Lamp")
    row.get_by_role("button", name="Edit Lamp").click()
    (item,) = api.items.values()
    api.items[item["id"]] = item | {"version": 7}
    opened.get_by_label("Name").fill("Mine")
    opened.get_by_role("button", name="Save").click()
    opened.get_by_text("Somebody changed it meanwhile.").wait_for()
    opened.get_by_role("button", name="Save").click()
    opened.get_by_role("heading", name="Mine").wait_for()
    assert api.items[item["id"]]["version"] == 8
    _only(complaints, "412")


def _only(complaints: list[str], status: str) -> None:
    """Take away what the browser itself notes about an answer that is an error."""
    assert complaints
    assert [text for text in complaints if status not in text] == []
    complaints.clear()


def test_a_refusal_is_told_in_the_editor(opened: Page, api: Api, complaints: list[str]) -> None:
    api.wrong["POST 201"] = lambda _: (400, {"detail": "price has three places", "requestId": "r"})
    opened.get_by_role("button", name="New item").click()
    for label, text in (("Name", "Lamp"), ("Category", "lighting"), ("Price", "1")):
        opened.get_by_label(label).fill(text)
    opened.get_by_role("button", name="Save").click()
    opened.get_by_text("price has three places").wait_for()
    _only(complaints, "400")


def test_a_refused_image_is_told_beside_its_item(opened: Page, api: Api, sockets: Sockets) -> None:
    row = _create(opened, "Lamp")
    (item,) = api.items.values()
    sockets.push({"type": "ImageRefused", "item": item, "reason": "too-many-pixels"})
    row.get_by_text("The image was refused: too-many-pixels.").wait_for()


def test_a_dropped_connection_comes_back_with_what_was_missed(
    opened: Page, api: Api, sockets: Sockets, complaints: list[str]
) -> None:
    sockets.token, sockets.refusal = "another", HTTPStatus.BAD_GATEWAY
    sockets.drop()
    opened.get_by_text("not connected; trying again").wait_for()
    sockets.mute = {"ItemCreated"}
    api.answer("POST", "/prod/items", {"Authorization": "x"}, {"name": "Missed", "category": "x", "price": 1})
    sockets.token = "token"
    opened.get_by_text("connected", exact=True).wait_for()
    opened.get_by_role("heading", name="Missed").wait_for()
    complaints.clear()


def test_a_narrow_and_dark_page_fits(opened: Page) -> None:
    _create(opened, "L" * 200)
    opened.emulate_media(color_scheme="dark")
    opened.set_viewport_size({"width": 320, "height": 640})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320
    colours = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours == "rgb(22, 24, 28)"


def test_the_keyboard_alone_is_enough(opened: Page, api: Api) -> None:
    opened.get_by_role("button", name="New item").focus()
    opened.keyboard.press("Enter")
    opened.get_by_label("Name").focus()
    opened.keyboard.type("Lamp")
    opened.keyboard.press("Tab")
    opened.keyboard.type("lighting")
    opened.keyboard.press("Tab")
    opened.keyboard.type("3")
    opened.keyboard.press("Enter")
    opened.get_by_role("heading", name="Lamp").wait_for()
    assert len(api.items) == 1


def test_without_a_websocket_api_items_and_images_work_and_the_page_says_so(
    page: Page, api: Api, complaints: list[str], tmp_path: Path
) -> None:
    with _shown(page, api, None, complaints):
        page.get_by_text("this deployment pushes nothing").wait_for()
        page.get_by_text("has no WebSocket API").wait_for()
        row = _create(page, "Lamp")
        (tmp_path / "p.png").write_bytes(png())
        row.get_by_label("Add an image").set_input_files(tmp_path / "p.png")
        row.get_by_role("img", name="Image 1 of Lamp").wait_for()
        row.get_by_role("button", name="Delete Lamp").click()
        page.get_by_text("There are none yet.").wait_for()
