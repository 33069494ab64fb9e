"""Times in a zone: by its name, without an offset, or as the clock of each row's project shows them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pandas
import pyarrow as pa
import pytest

from procore_jupyter import Procore
from procore_jupyter.errors import ParameterError, ProcoreWarning
from procore_jupyter.tables.arrow.types import TIMESTAMP
from procore_jupyter.tables.frames.frames import to_pandas
from tests.session.conftest import Server
from tests.tables.small_api import COMPANIES, COMPANY, PROJECTS, SmallApi, projects, rfis, rfis_of

UTC = datetime.UTC
SUMMER = datetime.datetime(2026, 7, 1, 2, 30, 5, 123456, UTC)
WINTER = datetime.datetime(2026, 12, 1, 2, 30, tzinfo=UTC)
ROWS = pa.table(
    {
        "project_id": [1, 2, 1, 2],
        "at": pa.array([SUMMER, SUMMER, WINTER, None], TIMESTAMP),
        "by": pa.array([{"on": SUMMER}, None, None, None], pa.struct([("on", TIMESTAMP)])),
    }
)
ZONES = {1: "America/New_York", 2: "Asia/Kolkata"}


def never() -> dict[int, str]:
    raise AssertionError("nobody needs the projects' zones")


def test_a_zones_name_keeps_the_moment() -> None:
    found = to_pandas(ROWS, tz="America/New_York", of_projects=never)
    assert str(found["at"].dtype) == str(found["by.on"].dtype) == "datetime64[us, America/New_York]"
    assert found["at"][0] == found["by.on"][0] == SUMMER
    assert found["at"][0].isoformat() == "2026-06-30T22:30:05.123456-04:00"
    assert found["at"][2].isoformat() == "2026-11-30T21:30:00-05:00"


def test_none_is_utc_without_an_offset() -> None:
    found = to_pandas(ROWS, tz=None, of_projects=never)
    assert str(found["at"].dtype) == "datetime64[us]"
    assert found["at"][0] == pandas.Timestamp("2026-07-01 02:30:05.123456") and found["at"].isna()[3]


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("backend", [None, "pyarrow"])
def test_each_row_has_the_clock_of_its_project(flatten: bool, backend: Any) -> None:
    found = to_pandas(ROWS, flatten, tz="project", dtype_backend=backend, of_projects=lambda: ZONES)
    assert [str(one) for one in found["at"][:3]] == [
        "2026-06-30 22:30:05.123456",
        "2026-07-01 08:00:05.123456",
        "2026-11-30 21:30:00",
    ]
    assert found["at"].isna()[3]


def test_a_table_without_projects_or_without_times() -> None:
    with pytest.raises(ParameterError, match='tz="project" needs a project_id in every row'):
        to_pandas(ROWS.drop_columns(["project_id"]), tz="project", of_projects=never)
    some = ROWS.set_column(0, "project_id", pa.array([1, None, 1, 2]))
    with pytest.raises(ParameterError, match='tz="project" needs a project_id in every row'):
        to_pandas(some, tz="project", of_projects=never)
    assert to_pandas(ROWS.select(["project_id"]), tz="project", of_projects=never).shape == (4, 1)

    with pytest.raises(KeyError):  # rather than no time at all
        to_pandas(ROWS, tz="project", of_projects=lambda: {1: "America/New_York"})


# Where the zones of projects are from


@pytest.fixture
def api() -> SmallApi:
    listed = projects(4711, 4712)
    listed[0] |= {"tz_name": "America/Los_Angeles", "time_zone": "Pacific Time (US & Canada)"}
    listed[1] |= {"time_zone": "America/Boise"}
    lists = {rfis_of(4711): rfis(2), rfis_of(4712): rfis(1, 9)}
    return SmallApi({COMPANIES: [{"id": COMPANY, "name": "Skyline"}], PROJECTS: listed, **lists})


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url)


def asked_for_projects(server: Server) -> list[dict[str, list[str]]]:
    parts = [urlsplit(one.path) for one in server.arrived]
    return [parse_qs(one.query) for one in parts if one.path == PROJECTS]


def test_the_zones_of_projects_take_one_request(procore: Procore, server: Server) -> None:
    table = procore.table("rfis", project_id=[4711, 4712])
    found = table.to_pandas(tz="project")
    assert [str(one) for one in found["created_at"]] == [
        "2026-11-23 09:04:05",
        "2026-11-23 09:04:05",
        "2026-11-23 10:04:05",
    ]
    [query] = asked_for_projects(server)
    assert query["filters[id][]"] == ["4711", "4712"] and query["filters[by_status]"] == ["All"]
    table.to_pandas(tz="project")
    procore.table("rfis", project_id=[4711, 4712]).to_pandas(tz="project")
    assert len(asked_for_projects(server)) == 1


def test_files_have_the_clock_of_each_rows_project(procore: Procore, server: Server, tmp_path: Path) -> None:
    table = procore.table("rfis", project_id=[4711, 4712])
    table.to_csv(tmp_path / "rfis.csv", tz="project")
    found = pandas.read_csv(tmp_path / "rfis.csv")
    local = ["2026-11-23 09:04:05"] * 2 + ["2026-11-23 10:04:05"]
    assert [*found["created_at"]] == local
    assert [query["filters[id][]"] for query in asked_for_projects(server)] == [["4711", "4712"]]
    table.to_excel(tmp_path / "rfis.xlsx", tz="project")
    book = openpyxl.load_workbook(tmp_path / "rfis.xlsx")
    head, *rows = book["rfis"].iter_rows(values_only=True)
    assert [str(row[head.index("created_at")]) for row in rows] == local
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["Times"] == "as the clocks of the rows' projects show them"
    assert len(asked_for_projects(server)) == 1
    for write in (procore.table("users").to_csv, procore.table("users").to_excel):
        with pytest.raises(ParameterError, match='users: tz="project" needs a project_id in every row'):
            write(tmp_path / "users.xlsx", tz="project")
    with pytest.raises(ParameterError, match='or "project"; not'):
        table.to_csv(tmp_path / "rfis.csv", tz="projekt")


def test_a_list_of_projects_that_is_there_has_their_zones(procore: Procore, server: Server) -> None:
    found = procore.table("rfis", project_id="all active").to_pandas(tz="project")
    assert str(found["created_at"][2]) == "2026-11-23 10:04:05" and len(asked_for_projects(server)) == 1


def test_no_other_zone_asks_for_projects(procore: Procore, server: Server) -> None:
    table = procore.table("rfis", project_id=[4711, 4712])
    for tz in ("UTC", "Europe/Berlin", None):
        table.to_pandas(tz=tz)
    with pytest.raises(ParameterError, match="tz is a zone's name"):
        procore.table("submittals", project_id=4711).to_pandas(tz="Mars/Olympus")
    assert asked_for_projects(server) == [] and not any("submittals" in one.path for one in server.arrived)


@pytest.mark.parametrize("zone", [None, "Pacific Time (US & Canada)", "../../etc/passwd"])
def test_a_zone_that_is_not_known_is_never_guessed(procore: Procore, api: SmallApi, zone: str | None) -> None:
    api.lists[PROJECTS][1]["time_zone"] = zone
    with pytest.raises(ParameterError, match="gives no usable time zone for Project 4712. Give one"):
        procore.table("rfis", project_id=[4711, 4712]).to_pandas(tz="project")
    api.lists[PROJECTS] = api.lists[PROJECTS][:1]
    procore.forget()
    with pytest.raises(ParameterError, match="gives no usable time zone for 4712. Give one"):
        procore.table("rfis", project_id=[4711, 4712]).to_pandas(tz="project")


def test_a_table_without_rows_needs_no_zone(procore: Procore, api: SmallApi, server: Server) -> None:
    api.lists[rfis_of(4711)] = []
    assert len(procore.table("rfis", project_id=4711).to_pandas(tz="project")) == 0
    assert asked_for_projects(server) == []


def test_amounts_that_stay_decimal_are_told_with_the_tables_name(procore: Procore, api: SmallApi) -> None:
    [row] = rfis(1)
    row["cost_impact"] = {"status": "yes_known", "value": "12345678901234.5678"}
    api.lists[rfis_of(4711)] = [row]
    with pytest.warns(ProcoreWarning, match=r"rfis: cost_impact\.value: some numbers have more") as caught:
        found = procore.table("rfis", project_id=4711).to_pandas()
    assert found["cost_impact.value"][0] == Decimal("12345678901234.5678")
    assert [one.filename for one in caught] == [__file__]
