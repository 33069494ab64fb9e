"""What every test stands on: a home folder of its own, and an embedded Procore when it asks for one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from procore_jupyter.demo.app import DemoProcore
from tests.soak import SOAK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would each process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A seeded tenth in `make test`, the whole in `make soak`.
settings.register_profile(
    "test", max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("soak" if SOAK else "test")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home folder of its own, and nothing of the developer's environment that we would read."""
    folder = tmp_path_factory.mktemp("home")
    for name in [*os.environ]:
        ours = name.startswith(("PROCORE_", "JUPYTER", "JPY_", "IPYTHON", "XDG_")) and name != "PROCORE_SOAK"
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    # VIRTUAL_ENV: of another environment than this one IPython warns, and a warning is an error.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


@pytest.fixture
def demo() -> Iterator[DemoProcore]:
    """Give a running embedded Procore that knows the redirect URIs ``http://localhost`` and oob; more with ``add_redirect_uri``."""
    server = DemoProcore()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give a Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.chromium import launch_chromium

    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Give a browser profile of its own: no cookie of another test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()
