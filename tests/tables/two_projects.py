"""Fixtures of the files that rows are written into: a small API with the RFIs of two projects, and a folder with nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter import Procore
from tests.session.conftest import Server
from tests.tables.small_api import PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT = 4711, 4712


@pytest.fixture
def api() -> SmallApi:
    return SmallApi(
        {PROJECTS: projects(HARBOR, DEPOT), rfis_of(HARBOR): rfis(45), rfis_of(DEPOT): rfis(5, 1000)}
    )


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url, PageSize=20)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Give a folder with nothing in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
