"""The report as a person sees it: charts that are there, in light, in dark, and without any style."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from scheduled.report.page import render_page
from scheduled.report.summary import summarise
from tests.unit.functions.support.reports import NAMES, WEEK, busy_week

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHARTS = ("days", "categories", "prices")
# The browser decodes its own screenshot, so that nothing else has to know PNG.
COLOURS = """
async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = {};
  for (const pixel of pixels) counts[pixel] = (counts[pixel] || 0) + 1;
  return counts;
}
"""


@pytest.fixture
def report(page: Page) -> Page:
    """The report of a busy week, open in the browser."""
    page.set_content(render_page(busy_week()))
    return page


def colours(page: Page, selector: str) -> Counter[int]:
    """Return how many pixels of each colour a screenshot of an element has, as little-endian RGBA."""
    picture = base64.b64encode(page.locator(selector).screenshot()).decode()
    # The report's own policy lets it load nothing, not even this picture.
    blank = page.context.new_page()
    try:
        counts: dict[str, int] = blank.evaluate(COLOURS, f"data:image/png;base64,{picture}")
    finally:
        blank.close()
    return Counter({int(pixel): count for pixel, count in counts.items()})


def rgba(colour: str) -> int:
    """Return "#rrggbb" as a pixel of `colours`."""
    return int.from_bytes(bytes.fromhex(colour.removeprefix("#")) + b"\xff", "little")


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize(("scheme", "bar", "paper"), [("light", "#2563eb", "#ffffff"), ("dark", "#60a5fa", "#111827")])
def test_charts_are_drawn(report: Page, chart: str, scheme: Any, bar: str, paper: str) -> None:
    report.emulate_media(color_scheme=scheme)
    box = report.locator(f"#{chart}").bounding_box()
    assert box is not None
    assert box["width"] > 500
    assert box["height"] > 150
    bars = report.locator(f"#{chart} .bar")
    boxes = [bars.nth(position).bounding_box() for position in range(bars.count())]
    assert len([found for found in boxes if found and found["width"] > 5 and found["height"] > 5]) >= 6
    seen = colours(report, f"#{chart}")
    assert seen[rgba(bar)] > 2_000, "no bar has its colour"
    assert seen[rgba(paper)] > 10_000, "the paper has another colour"
    assert len(seen) > 20, "labels leave no trace"


def test_a_chart_of_nothing_has_no_bars(page: Page) -> None:
    page.set_content(render_page(summarise(WEEK, [])))
    for chart in CHARTS:
        assert colours(page, f"#{chart}")[rgba("#2563eb")] == 0
        assert page.locator(f"#{chart}").get_by_text("No items", exact=True).is_visible()


def test_the_page_asks_for_nothing_and_runs_nothing(page: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_content(render_page(busy_week()))
    page.wait_for_load_state("networkidle")
    assert (asked, said) == ([], [])


def test_what_people_write_is_shown_as_they_wrote_it(report: Page) -> None:
    shown = report.locator("td bdi").all_text_contents()
    assert set(NAMES) <= set(shown)


def test_a_small_screen_needs_no_scrolling_sideways(report: Page) -> None:
    report.set_viewport_size({"width": 360, "height": 640})
    width, screen = report.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= screen


def test_without_style_it_is_still_a_report(page: Page) -> None:
    page.set_content(re.sub(r"<style>.*?</style>", "", render_page(busy_week()), flags=re.DOTALL))
    for chart in CHARTS:
        assert colours(page, f"#{chart}")[rgba("#2563eb")] > 2_000
    assert page.locator("h1").inner_text() == "Items in week 2026-W47"


def test_charts_have_names_and_descriptions_for_those_who_do_not_see_them(report: Page) -> None:
    for title in ("Items created per day", "Items per category", "Items by price"):
        picture = report.get_by_role("img", name=title)
        assert picture.count() == 1
        assert picture.locator("desc").text_content()
