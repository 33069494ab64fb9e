"""Apps of the embedded Procore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.demo.apps import REDIRECT, App, Clock


@pytest.fixture
def clock(demo: DemoProcore) -> Clock:
    """Give the demo's clock into the test's hands."""
    one = Clock()
    demo.clock = one
    return one


@pytest.fixture
def app(demo: DemoProcore) -> Iterator[App]:
    """Give the demo's own app."""
    one = App(demo, demo.client_id, demo.client_secret)
    yield one
    one.browser.close()


@pytest.fixture
def other_app(demo: DemoProcore) -> Iterator[App]:
    """Give another app, with the same redirect URI."""
    registered = demo.add_application("another app", [REDIRECT])
    one = App(demo, registered.client_id, registered.client_secret)
    yield one
    one.browser.close()
