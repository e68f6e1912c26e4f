"""A real browser for pages that the project makes: the system's Chromium, driven by Playwright.

`tests/conftest.py` makes the fixture `page` known to every ring.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because CI runs as root; and nothing that a browser does by itself, least of all over the network.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome on the `PATH`, or nothing."""
    return next((path for program in PROGRAMS if (path := shutil.which(program))), None)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of 1280 x 900 CSS pixels in a browser of its own; skips where there is no browser."""
    browser_path = find_browser()
    if browser_path is None:
        pytest.skip(f"no browser: none of {', '.join(PROGRAMS)} is on the PATH (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make setup-dev)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 900})
        finally:
            browser.close()
