"""Apps of the embedded Procore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import REDIRECT, App, Clock
from tests.demo.listing import HARBOR_TOWER, Lists, records_of, whole_lists


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


# A large project, one that hasn't begun, an inactive one, and one of another company in a newer region.
@pytest.fixture(scope="session", params=[HARBOR_TOWER, 4716, 4720, 562949953430001])
def site(request: pytest.FixtureRequest, records: Records) -> Site:
    """Give a project's records."""
    found = records.site(request.param)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def held(records: Records, site: Site) -> dict[str, list[Row]]:
    """Give all rows of all lists of the project and its company, by the lists' paths."""
    return {one.path: rows for one, rows in whole_lists(records, site)}
