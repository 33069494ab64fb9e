"""An embedded Procore that a file's tests share, small servers, and sessions for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.session import retries
from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.location.project_table import ProjectTable
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS
from tests.session.conftest import servers

__all__ = ["servers"]  # a fixture of theirs, for these tests too


@pytest.fixture(scope="module")
def company() -> Iterator[DemoProcore]:
    """Give an embedded Procore without limits, of which no test changes anything."""
    demo = DemoProcore(parameters=DemoParameters(hourly_limit=None, spike_limit=None))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def procore(company: DemoProcore) -> Iterator[Procore]:
    """Give a session of the company's service account."""
    text = text_for(company, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS))
    session = connect(text, person=False)
    yield session
    session.close()


@pytest.fixture
def connect_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Procore]]:
    """Give a maker of sessions for a server's address, which send no token, try again without a wait, and ask for no names."""
    monkeypatch.setattr(retries, "pause", lambda *given: 0.0)  # how long is its own test's
    monkeypatch.setattr(ProjectTable, "first_page", lambda table, company: Directory())  # so are the names
    made: list[Procore] = []

    def make(url: str, **properties: Any) -> Procore:
        given = {"AuthScheme": "NONE", "LoginURL": url, "APIURL": url, "CompanyId": "1234", **properties}
        made.append(connect(";".join(f"{name}={value}" for name, value in given.items())))
        return made[-1]

    yield make
    for session in made:
        session.close()
