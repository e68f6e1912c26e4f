"""The demo's page against the deployment, in a real browser: everything that happens by itself, seen by a person."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.checkout import Checkout, clean_environment
from tools.access.environments import Environment
from tools.access.http import call
from tools.access.tokens import mint
from tools.deployment.smoke.picture import png

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.needs("authorizer", "websocket")

_PATIENCE_MS = 30_000  # an upload passes S3, a function, the table, its stream, the bus, a queue and another function


@pytest.fixture
def demo(checkout: Checkout) -> Iterator[str]:
    """Run the command and return where the page is; Ctrl-C ends it, quietly."""
    arguments = checkout.command("demo", "--sub", "demo-page")
    with subprocess.Popen(
        arguments,
        cwd=checkout.root,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        url = process.stdout.readline().strip()
        try:
            assert url, process.stderr.read()
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            try:
                said = process.communicate(timeout=10)[1]
            finally:
                process.kill()
            assert process.returncode == 0, said
    assert "Traceback" not in said


def _fill(page: Page, **texts: str) -> None:
    for label, text in texts.items():
        page.get_by_label(label).fill(text)


def test_an_item_and_its_image_in_a_browser(
    page: Page, demo: str, environment: Environment, outputs: dict[str, Any], tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(demo)
    page.get_by_text("connected", exact=True).wait_for()
    pushed = page.get_by_role("log")

    page.get_by_role("button", name="New item").click()
    _fill(page, Name="Brass lamp", Category="lighting", Price="29.9", Description="Warm <light>")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Brass lamp"))
    row.wait_for()
    pushed.get_by_text("ItemCreated").wait_for()

    picture = tmp_path / "picture.jpg"
    picture.write_bytes(_jpeg(page))
    row.get_by_label("Add an image").set_input_files(picture)
    row.get_by_role("img", name="Image 1 of Brass lamp").wait_for()
    page.wait_for_function("document.querySelector('.images img').naturalWidth > 0")
    sizes = row.get_by_role("img").get_attribute("srcset") or ""
    assert len(sizes.split(", ")) >= 2, sizes
    pushed.get_by_text("images").wait_for()

    row.get_by_role("button", name="Edit Brass lamp").click()
    _fill(page, Name="Brass lamp with a shade")
    page.get_by_label("Visible to").select_option("public")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Brass lamp with a shade").wait_for()
    pushed.get_by_text("name, ").wait_for()
    token = mint(environment, outputs, "demo-page")
    (item,) = call("GET", f"{outputs['api_url']}/items?view=mine", token=token).json()["items"]
    assert (item["name"], item["visibility"]) == ("Brass lamp with a shade", "public")

    page.get_by_role("button", name="Delete Brass lamp with a shade").click()
    page.get_by_text("There are none yet.").wait_for()
    pushed.get_by_text("ItemDeleted").wait_for()
    assert call("GET", f"{outputs['api_url']}/items/{item['id']}", token=token).status == 404
    assert complaints == []


def _jpeg(page: Page) -> bytes:
    """Return a picture as the browser's own encoder makes it."""
    encoded = page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(1600, 1200);
          const context = canvas.getContext("2d");
          const colours = context.createLinearGradient(0, 0, 1600, 1200);
          colours.addColorStop(0, "gold");
          colours.addColorStop(1, "navy");
          context.fillStyle = colours;
          context.fillRect(0, 0, 1600, 1200);
          const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
          return Array.from(new Uint8Array(await blob.arrayBuffer()));
        }"""
    )
    content = bytes(encoded)
    assert content.startswith(b"\xff\xd8\xff")
    return content


def test_a_file_that_is_no_image_is_refused_beside_its_item(page: Page, demo: str, tmp_path: Path) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(demo)
    page.get_by_text("connected", exact=True).wait_for()
    page.get_by_role("button", name="New item").click()
    _fill(page, Name="Vase", Category="kitchen", Price="5")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Vase"))
    (tmp_path / "text.png").write_bytes(b"this is no picture" + png(8, 8)[18:])
    row.get_by_label("Add an image").set_input_files(tmp_path / "text.png")
    row.get_by_text("The image was refused: ").wait_for()
    row.get_by_role("button", name="Delete Vase").click()
    row.wait_for(state="detached")
