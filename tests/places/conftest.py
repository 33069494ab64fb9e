"""What the tests of places share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from procore_jupyter.demo.app import DemoProcore
from tests.browser.conftest import launch_chromium


@pytest.fixture(scope="module")
def provider() -> Iterator[DemoProcore]:
    """Give an embedded Procore that runs as long as the tests of one file."""
    with DemoProcore() as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give a Chromium."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Give a browser profile of its own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()
