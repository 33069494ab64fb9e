"""The name of its project stands beside each row's project_id: known already, or asked for once, and beside the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from procore_jupyter import Procore
from procore_jupyter.tables.location.project_names import column
from procore_jupyter.tables.location.project_table import ProjectTable
from tests.session.conftest import Answer, Server
from tests.tables.small_api import COMPANY, PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT, CLOSED = 4711, 4712, 4713
ASKING = ProjectTable.first_page
REFUSED = Answer(403, b'{"errors": "You do not have permission"}')


@pytest.fixture
def api() -> SmallApi:
    closed = {"id": CLOSED, "name": "Closed", "active": False}
    lists: dict[str, Any] = {PROJECTS: [*projects(HARBOR, DEPOT), closed]}
    lists |= {rfis_of(HARBOR): rfis(25), rfis_of(DEPOT): rfis(2, 100), rfis_of(CLOSED): rfis(1, 200)}
    return SmallApi(lists)


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore], monkeypatch: pytest.MonkeyPatch) -> Procore:
    monkeypatch.setattr(ProjectTable, "first_page", ASKING)
    return connect_to(server.url, PageSize=20)


def listings(server: Server) -> int:
    """Return how often projects were listed, and forget it."""
    found = [one for one in server.arrived if urlsplit(one.path).path == PROJECTS]
    server.arrived.clear()
    return len(found)


def names(table: Any) -> set[str | None]:
    return {*table.to_arrow()["project_name"].to_pylist()}


def test_names_cost_one_request_a_session(procore: Procore, server: Server) -> None:
    table = procore.table("rfis", project_id=HARBOR)
    assert table.columns[:4] == ["id", "company_id", "project_id", "project_name"]
    assert names(table) == {"Project 4711"} and listings(server) == 1
    assert table.columns[:4] == ["id", "company_id", "project_id", "project_name"]
    assert names(procore.table("rfis", project_id=[CLOSED, DEPOT])) == {"Closed", "Project 4712"}
    assert names(procore.table("rfis", project_id=DEPOT).head(1)) == {"Project 4712"}
    assert names(procore.get_all(rfis_of(DEPOT))) == {"Project 4712"} and listings(server) == 0
    assert len(procore.table("projects", by_status="All").fetch()) == 3 and listings(server) == 0


@pytest.mark.parametrize("project", ["all active", "Project 4712", ["project 4711"]])
def test_a_name_that_is_known_is_not_asked_for(project: Any, procore: Procore, server: Server) -> None:
    found = names(procore.table("rfis", project=project))
    assert found <= {"Project 4711", "Project 4712"} and listings(server) == 1, "to find the projects"


@pytest.mark.parametrize("answer", [REFUSED, Answer(500, b"{}"), Answer(drop=True)])
def test_names_that_can_not_be_had_are_missing_and_asked_for_once(
    answer: Answer, procore: Procore, api: SmallApi, server: Server
) -> None:
    api.refused[PROJECTS] = answer
    table = procore.table("rfis", project_id=HARBOR)
    assert names(table) == {None} and len(table) == 25 and table.incomplete == []
    assert [note for note in table.notes if note.startswith("project_name is empty: the list of projects")]
    assert listings(server) >= 1
    assert names(procore.table("rfis", project_id=DEPOT)) == {None} and listings(server) == 0


def test_names_are_in_files_and_frames(procore: Procore, tmp_path: Path) -> None:
    several = procore.table("rfis", project_id=[HARBOR, DEPOT])
    several.to_parquet(tmp_path / "rfis.parquet")
    found = pq.read_table(tmp_path / "rfis.parquet")
    assert found.column_names[:4] == ["id", "company_id", "project_id", "project_name"]
    counts = found.to_pandas().groupby("project_name").size().to_dict()
    assert counts == {"Project 4711": 25, "Project 4712": 2}
    procore.table("rfis", project_id=DEPOT).to_csv(tmp_path / "rfis.csv")
    assert {*pandas.read_csv(tmp_path / "rfis.csv")["project_name"]} == {"Project 4712"}
    assert {*several.to_pandas()["project_name"]} == {"Project 4711", "Project 4712"}
    assert "project_name" in str(several) and "Project 4712" in str(
        procore.table("rfis", project_id=DEPOT).head(1)
    )


def test_a_name_that_a_row_says_itself_counts(procore: Procore, api: SmallApi) -> None:
    api.lists[rfis_of(DEPOT)] = [{"id": 1, "project_name": "Its own"}, {"id": 2, "project_id": HARBOR}]
    rows = procore.table("rfis", project_id=DEPOT).to_arrow()
    assert rows["project_name"].to_pylist() == ["Its own", "Project 4711"]
    assert rows.column_names.count("project_name") == 1


def test_nobody_asks_for_names_of_tables_without_projects(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    api.lists["/rest/v1.0/things"] = [{"id": 1, "project_id": HARBOR}]
    assert procore.get_all("/rest/v1.0/things").to_arrow().column_names == ["id", "project_id"]
    assert listings(server) == 0 and COMPANY


def test_a_query_says_whether_it_wants_names(procore: Procore, server: Server) -> None:
    from tests.tables.fetch.test_kept_rows import place, selected

    reader, wanted = procore.tables.reader, selected(procore)
    bare = reader.rows_at(wanted, [place(DEPOT)])
    assert (
        bare.rows["project_name"].to_pylist() == [None, None] and bare.notes == () and listings(server) == 0
    )
    named = reader.rows_at(wanted, [place(DEPOT)], names=True)
    assert {*named.rows["project_name"].to_pylist()} == {"Project 4712"} and listings(server) == 1


class _Looked(dict[int, str]):
    """Names that tell which of them were looked at."""

    def __init__(self, names: dict[int, str]) -> None:
        super().__init__(names)
        self.at: list[int] = []

    def get(self, number: int, default: Any = None) -> Any:
        self.at.append(number)
        return super().get(number, default)

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("all names were gone through")

    items = __iter__  # type: ignore[assignment]


@pytest.mark.parametrize(
    "ids", [pa.array([7, 7, None, 9, 7]), pa.chunked_array([["7", "7", None], ["9", "7"]])]
)
def test_of_thousands_of_projects_only_those_in_a_batch_are_looked_at(ids: pa.Array) -> None:
    names = _Looked({number: f"Tower {number}" for number in range(1, 5000)} | {9: ""})
    assert column(ids, names).to_pylist() == ["Tower 7", "Tower 7", None, None, "Tower 7"]
    assert sorted(names.at) == [0, 7, 9]
