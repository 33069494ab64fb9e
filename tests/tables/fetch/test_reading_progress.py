"""What a reading counts, and what it says before it asks for much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from procore_jupyter import Procore
from procore_jupyter.session.limits.ledger import Window
from procore_jupyter.session.limits.rate_limit import Pace
from procore_jupyter.tables.fetch import reading_progress
from procore_jupyter.tables.progress import Progress
from tests.session.conftest import Server
from tests.tables.small_api import PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT = 4711, 4712


@pytest.fixture
def server(servers: Callable[..., Server]) -> Server:
    replies = {f"{rfis_of(DEPOT)}/{rfi}/replies": [{"id": rfi}] for rfi in range(1000, 1005)}
    lists: dict[str, Any] = {PROJECTS: projects(HARBOR, DEPOT), rfis_of(HARBOR): rfis(45)}
    return servers(SmallApi({**lists, rfis_of(DEPOT): rfis(5, 1000), **replies}))


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url, PageSize=20, MaxConcurrency=1)


@pytest.fixture
def lines(procore: Procore) -> list[str]:
    """Give the lines that are drawn, in their order."""
    found: list[str] = []

    class Drawing:
        def __init__(self, progress: Progress) -> None:
            self.progress = progress

        def update(self) -> None:
            found.append(str(self.progress))

        def close(self) -> None:
            found.append("")

    procore.tables.reader._draw = lambda: Drawing
    return found


def test_the_rows_of_a_list_are_counted(procore: Procore, lines: list[str]) -> None:
    procore.table("rfis", project_id=HARBOR).fetch()
    assert [line for line in lines if "20 of 45 · 1 request" in line] and all(
        "project" not in line for line in lines
    )
    assert lines[-2].startswith("RFIs  ████████████  45 of 45 · 3 requests") and lines[-1] == ""


def test_projects_are_counted_with_those_that_were_here(procore: Procore, lines: list[str]) -> None:
    procore.table("rfis", project_id=DEPOT).fetch()
    lines.clear()
    procore.table("rfis", project_id=[HARBOR, DEPOT]).fetch()
    assert re.search(r"[█░]{12}  25 of 50 · project 2 of 2 · 1 request · 1 was here already", lines[0])


def test_what_is_below_rows_of_another_table_is_counted_by_these(procore: Procore, lines: list[str]) -> None:
    procore.table("rfi_replies", project_id=DEPOT, rfi_id=[1000, 1001]).fetch()
    lines.clear()
    table = procore.table("rfi_replies", project_id=DEPOT, rfi_id="all").fetch()
    assert [line for line in lines if "4 of 5 RFIs" in line and "2 were here already" in line]
    assert "2 of 5 RFIs were here already." in table.notes


def test_many_requests_are_told_first(
    procore: Procore,
    lines: list[str],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reading_progress, "MANY_REQUESTS", 2)
    procore.table("rfis", project_id=[HARBOR, DEPOT]).fetch()
    told = lines[-2].split("\n")
    assert re.fullmatch(r"RFIs: about 4 requests, which take about \d+ s\.", told[0]) and told[1].startswith(
        "RFIs  █"
    )
    assert len([line for line in lines if line and "about 4 requests" not in line]) <= 1, (
        "as soon as it is known"
    )
    del procore.tables.reader.__dict__["_draw"]
    assert capsys.readouterr().err == ""


def test_a_script_is_told_once_in_a_line_of_its_own(
    procore: Procore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading_progress, "MANY_REQUESTS", 2)
    procore.table("rfis", project_id=HARBOR).fetch()
    assert re.fullmatch(r"RFIs: about 3 requests, which take about \d+ s\.\n", capsys.readouterr().err)
    procore.table("rfis", project_id=HARBOR).to_pandas()
    assert capsys.readouterr().err == ""


def test_how_long_requests_take_is_what_the_limits_say() -> None:
    pace = Pace(clock=lambda: 1000.0)
    assert pace.seconds_for(10_000) == 0.0
    hour = Window(3600, 1000.0 + 1800, 3600.0, 3500, 3500, 0.0, 900.0)
    short = Window(25, 1000.0 + 5, 10.0, 25, 25, 900.0, 900.0)
    pace._file.last.windows.update({3600: hour, 25: short})
    assert pace.seconds_for(25) == 5.0
    assert pace.seconds_for(100) == 35.0
    assert pace.seconds_for(101) == 1800.0
    assert pace.seconds_for(100 + 3601) == 1800.0 + 3600.0
