"""Apps of the embedded Procore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company.records import Records
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import REDIRECT, App, Clock
from tests.demo.listing import Lists, records_of


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


@pytest.fixture
def lists(demo: DemoProcore) -> Iterator[Lists]:
    """Give a signed-in client, and a demo without limits to the number of requests."""
    demo.parameters = DemoParameters(hourly_limit=None, spike_limit=None)
    one = Lists(demo)
    yield one
    one.browser.close()


@pytest.fixture(scope="session")
def records() -> Records:
    """Give the records that every demo has by default."""
    return records_of()
