"""A table is lazy, reads as little as it must, is kept for a while, and says what it lacks."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from procore_jupyter import Procore
from procore_jupyter.errors import ConfigurationError, ParameterError, ProcoreIncompleteWarning, TableNotFound
from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from procore_jupyter.tables.cache import KEPT
from procore_jupyter.tables.table import MANY, Table
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.hostile import ALLOWED, HOSTILE, elements
from tests.tables.small_api import COMPANIES, COMPANY, PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT, MILL = 4711, 4712, 4713
SWITCHED_OFF = Answer(403, b'{"errors": "The RFIs tool is not enabled for the project."}')


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api() -> SmallApi:
    return SmallApi(
        {
            COMPANIES: [{"id": COMPANY, "name": "Skyline"}],
            PROJECTS: projects(HARBOR, DEPOT, MILL),
            rfis_of(HARBOR): rfis(45),
            rfis_of(DEPOT): rfis(5, 1000),
            rfis_of(MILL): rfis(0),
        }
    )


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore], clock: Clock) -> Procore:
    session = connect_to(server.url, PageSize=20)
    session._cache.clock = clock
    return session


@pytest.fixture
def table(procore: Procore) -> Table:
    return procore.table("rfis", project_id=HARBOR)


def asked(server: Server) -> list[str]:
    """Return what was asked for, and forget it."""
    found = [request.path for request in server.arrived]
    server.arrived.clear()
    return found


@pytest.fixture
def no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# Nothing is fetched before somebody looks


def test_nothing_is_asked_for_by_making_one_or_by_who_only_looks_it_over(
    table: Table, server: Server
) -> None:
    assert bool(table) and table.name == "rfis" and not table.is_fetched
    assert table.incomplete == [] and table.notes == []
    assert {"id", "company_id", "project_id", "subject", "due_date"} <= {*table.columns}
    assert "not fetched yet" in repr(table) and "not fetched yet" in str(table)
    assert "Table rfis · RFIs · by project · " in repr(table) and "project_id=4711" in repr(table)
    assert "fetch" in dir(table) and callable(table.fetch)
    for name in (
        *dir(table),
        "_repr_html_",
        "_ipython_display_",
        "_ipython_key_completions_",
        "shape",
        "__dataframe__",
    ):
        inspect.getattr_static(table, name, None)
        getattr(table, name, None)
    with pytest.raises(TypeError, match=r"rfis has not been fetched.*\.fetch\(\)"):
        len(table)
    with pytest.raises(TypeError, match=r"rfis has not been fetched.*\.fetch\(\)"):
        assert table.num_rows
    assert not hasattr(table, "num_rows")
    assert asked(server) == []


def test_mistakes_are_told_at_once_and_without_asking(procore: Procore, server: Server) -> None:
    with pytest.raises(ParameterError, match="Did you mean status"):
        procore.table("rfis", statsu="open")
    with pytest.raises(TableNotFound, match="Did you mean rfis"):
        procore.table("RFIs")
    with pytest.raises(LookupError, match="Did you mean rfis"):
        procore.tables["RFIs"]
    with pytest.raises(ParameterError, match="must be a text, not int"):
        procore.tables[0]  # type: ignore[index]
    assert asked(server) == []


@pytest.mark.parametrize(
    "look",
    [
        Table.fetch,
        Table.to_arrow,
        Table.to_pandas,
        Table.to_polars,
        list,
        lambda table: table[0],
        lambda table: table[:1],
        pa.table,
        polars.DataFrame,
        getattr(pandas.DataFrame, "from_arrow", Table.to_pandas),  # pandas 3 has it
        Table._repr_mimebundle_,
    ],
)
def test_whoever_looks_fetches_all_rows_once(
    look: Callable[[Table], object], table: Table, server: Server
) -> None:
    look(table)
    assert len(asked(server)) == 3, "45 rows, 20 a page"
    assert table.is_fetched and len(table) == 45
    for again in (Table.fetch, Table.to_pandas, list, repr, Table._repr_mimebundle_):
        again(table)
    assert asked(server) == []


# What one gets


def test_rows_are_typed_and_told_where_they_are_from(table: Table) -> None:
    rows = table.to_arrow()
    assert rows.column_names[:3] == ["id", "company_id", "project_id"]
    assert table.columns == rows.column_names
    assert table.schema.equals(rows.schema) and table.num_rows == 45
    assert rows.schema.field("due_date").type == pa.date32()
    assert rows.schema.field("created_at").type == pa.timestamp("us", "UTC")
    row = table[44]
    assert row["id"] == 45 and row["company_id"] == 1234 and row["project_id"] == HARBOR
    assert row["cost_impact"]["value"] == Decimal("1234.5") and row["assignee"]["name"] == "Dana Reyes"


def test_columns_and_their_types_are_known_before_anything_is_fetched(
    table: Table, procore: Procore, server: Server
) -> None:
    before = table.schema
    assert before.names == table.columns
    for name, kind in (("id", pa.int64()), ("project_id", pa.int64()), ("due_date", pa.date32())):
        assert before.field(name).type == kind == table.to_arrow().schema.field(name).type
    asked(server)
    assert procore.get_all("/rest/v9.0/things").schema.names == [] and asked(server) == []


def test_the_tables_give_one_by_its_name_or_describe_it(procore: Procore, server: Server) -> None:
    procore.project_id = DEPOT
    assert procore.tables["rfis"].to_arrow().equals(procore.table("rfis").to_arrow())
    assert procore.tables.describe("rfis").names == ["rfis"]
    assert "rfis · RFIs · by project" in repr(procore.tables.describe("rfis"))
    assert "rfis" in procore.tables and "rfis" in [*procore.tables]
    assert "rfis" in procore.tables.search("rfi").names
    with pytest.raises(TableNotFound, match="Did you mean rfis"):
        procore.tables.describe("RFIs")


def test_a_path_in_place_of_a_name_is_any_list(procore: Procore, server: Server) -> None:
    for path in (rfis_of(DEPOT), rfis_of(DEPOT).lstrip("/")):
        found = procore.table(path)
        assert found.name == "rfis" and len(found.fetch()) == 5
    asked(server)
    assert procore.get_all(rfis_of(DEPOT)).fetch().to_arrow().equals(found.to_arrow()) and asked(server) == []


def test_parameters_of_a_path_are_sent_as_they_are(procore: Procore, server: Server) -> None:
    given: list[tuple[Any, dict[str, Any]]] = [
        ({"filters[status]": "open", "in": [1, 2]}, {}),
        ([("filters[status]", "open"), ("in", 1), ("in", 2)], {}),
        ({"filters[status]": "open"}, {"in": [1, 2], "nothing": None}),
    ]
    for params, more in given:
        for ask in (procore.get_all, procore.table):
            ask(rfis_of(DEPOT), params=params, **more).refresh()
            (path,) = asked(server)
            assert "?filters%5Bstatus%5D=open&in=1&in=2&per_page" in path
    with pytest.raises(ParameterError, match="in of rfis must be text, a number or a date, not object"):
        procore.get_all(rfis_of(DEPOT), {"in": object()})


def test_a_project_is_named_beside_its_id(procore: Procore) -> None:
    for given in ({"project": "project 4712"}, {"project_id": "Project 4712"}, {"project": float(DEPOT)}):
        assert len(procore.table("rfis", company=COMPANY, **given).fetch()) == 5


def test_a_table_is_read_as_a_sequence(table: Table) -> None:
    assert [row["id"] for row in table] == [*range(1, 46)]
    assert table[0]["id"] == 1 and table[-1]["id"] == 45
    assert [row["id"] for row in table[2:8:3]] == [3, 6]
    assert [row["id"] for row in table[::-1]][:2] == [45, 44]
    assert table[5:5] == [] and table[100:] == []
    for index in (45, -46):
        with pytest.raises(IndexError):
            table[index]


def test_a_column_is_had_by_its_name(table: Table) -> None:
    column = table["subject"]
    assert isinstance(column, pa.ChunkedArray) and column.equals(table.to_arrow()["subject"])
    assert table["id"].to_pylist() == [*range(1, 46)]
    with pytest.raises(KeyError, match=r"rfis has no column 'statsu'\. Did you mean 'status'\?"):
        table["statsu"]
    with pytest.raises(KeyError, match=r"Its columns are in \.columns"):
        table["zzz"]


@pytest.mark.parametrize("index", [1.5, None, ["id", "status"], ("id",)])
def test_what_is_no_index_is_refused_before_anything_is_fetched(
    index: Any, table: Table, server: Server
) -> None:
    with pytest.raises(TypeError, match="needs a row's number, a slice of rows, or a column's name"):
        table[index]
    assert asked(server) == []


def test_a_table_without_rows_has_its_columns_and_types(procore: Procore) -> None:
    table = procore.table("rfis", project_id=MILL).fetch()
    rows = table.to_arrow()
    assert len(table) == 0 and [*table] == [] and table[:] == []
    assert rows.schema.field("id").type == rows.schema.field("project_id").type == pa.int64()
    assert rows.schema.field("due_date").type == pa.date32()
    assert len(table.to_pandas()) == len(table.to_polars()) == 0
    assert "0 rows" in repr(table)


def test_libraries_take_it_as_it_is(table: Table) -> None:
    for frame in (
        table.to_pandas(flatten=False),
        table.to_pandas(flatten=False, dtype_backend="pyarrow"),
        table.to_polars(flatten=False),
        polars.DataFrame(table),
        pa.table(table),
    ):
        assert [*(frame.columns if not isinstance(frame, pa.Table) else frame.column_names)] == table.columns
        assert len(frame) == 45
    assert pa.table(table).equals(table.to_arrow())


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_without_a_library_the_way_to_get_it_is_told(
    module: str, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.fetch()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=f"%pip install {module}"):
        getattr(table, f"to_{module}")()


# A few rows


def test_the_first_rows_take_one_request(table: Table, server: Server) -> None:
    head = table.head(7)
    assert [row["id"] for row in head] == [*range(1, 8)]
    assert len(head) == 7 and head.is_fetched and not table.is_fetched
    (path,) = asked(server)
    assert "per_page=7" in path
    assert [row["id"] for row in table.head(25)] == [*range(1, 26)]
    assert len(asked(server)) == 2


@pytest.mark.usefixtures("no_warning")
def test_the_first_rows_of_few_are_all_of_them(procore: Procore) -> None:
    head = procore.table("rfis", project_id=DEPOT).head(10)
    assert len(head) == 5 and head.incomplete == [] and "Incomplete" not in repr(head)
    head = procore.table("rfis", project_id=HARBOR).head(10)
    assert "Incomplete" not in repr(head)


def test_the_first_rows_of_many_projects_take_no_more_requests_than_needed(
    procore: Procore, server: Server
) -> None:
    several = procore.table("rfis", project_id=[HARBOR, DEPOT, MILL])
    assert len(several.head(10)) == 10 and len(asked(server)) == 1
    assert len(several.head(48)) == 48 and len(asked(server)) == 4


def test_the_first_rows_of_what_another_table_fetched_ask_nobody(
    table: Table, procore: Procore, server: Server
) -> None:
    table.fetch()
    asked(server)
    assert len(procore.table("rfis", project_id=HARBOR).head(3)) == 3 and asked(server) == []


@pytest.mark.usefixtures("no_warning")
def test_the_first_rows_of_a_table_that_was_cut_are_no_cut(
    server: Server, connect_to: Callable[..., Procore]
) -> None:
    table = connect_to(server.url, MaxRows=30, PageSize=20).table("rfis", project_id=HARBOR)
    with pytest.warns(ProcoreIncompleteWarning):
        table.fetch()
    assert "Incomplete" not in repr(table.head(10)) and "cut at 30 rows" in repr(table.head(99))


def test_first_rows_that_are_read_anew_make_older_rows_no_newer(
    table: Table, procore: Procore, api: SmallApi
) -> None:
    table.fetch()
    api.lists[rfis_of(HARBOR)] = rfis(50)
    procore.forget()
    assert len(table.head(3)) == 3
    assert table.to_arrow().num_rows == 50


def test_the_first_rows_of_what_is_there_ask_nobody(table: Table, server: Server) -> None:
    table.fetch()
    asked(server)
    assert [row["id"] for row in table.head(3)] == [1, 2, 3] and len(table.head(99)) == 45
    assert asked(server) == []


# Kept for a while


def test_the_same_rows_are_used_again_for_a_quarter_of_an_hour(
    procore: Procore, server: Server, clock: Clock
) -> None:
    procore.table("rfis", project_id=HARBOR).fetch()
    asked(server)
    clock.now += KEPT - 1
    assert len(procore.table("rfis", project_id=HARBOR).to_pandas()) == 45
    assert asked(server) == []
    clock.now += 1
    assert len(procore.table("rfis", project_id=HARBOR).to_pandas()) == 45
    assert len(asked(server)) == 3


def test_rows_that_are_drawn_again_are_told_with_the_time_and_the_requests_that_fetched_them(
    procore: Procore, server: Server, clock: Clock
) -> None:
    first = repr(procore.table("rfis", project_id=HARBOR).fetch())
    assert re.search(r" · fetched 2026-09-2\d \d\d:\d\d \S+ with 3 requests$", first.splitlines()[0])
    asked(server)
    clock.now += 600
    again = procore.table("rfis", project_id=HARBOR)
    assert again._repr_mimebundle_()["text/plain"] == first
    assert asked(server) == []


def test_other_rows_are_asked_for(procore: Procore, server: Server) -> None:
    procore.table("rfis", project_id=HARBOR).fetch()
    for parameters in (
        {"project_id": DEPOT},
        {"project_id": HARBOR, "status": "open"},
        {"project_id": HARBOR, "company_id": 77},
    ):
        asked(server)
        procore.table("rfis", **parameters).fetch()
        assert len(asked(server)) in (1, 3)


def test_the_chosen_project_is_part_of_what_is_kept(procore: Procore, server: Server) -> None:
    procore.project_id = HARBOR
    assert len(procore.table("rfis").fetch()) == 45
    procore.project_id = DEPOT
    assert len(procore.table("rfis").fetch()) == 5
    procore.project_id = HARBOR
    asked(server)
    assert len(procore.table("rfis").fetch()) == 45 and asked(server) == []


def test_looking_at_companies_and_projects_or_choosing_one_forgets_no_rows(
    table: Table, procore: Procore, server: Server
) -> None:
    table.fetch()
    asked(server)
    looks: list[Callable[[], object]] = [
        procore.projects,
        procore.companies,
        lambda: procore.use(project="Project 4712"),
        lambda: procore.use(company=COMPANY),
    ]
    for look in looks:
        look()
    assert len(asked(server)) == 3, "the companies are known by then"
    assert table.to_arrow().num_rows == len(procore.table("rfis", project_id=HARBOR).fetch()) == 45
    assert asked(server) == []


def test_the_lists_of_companies_and_projects_are_asked_for_anew_each_time(
    procore: Procore, api: SmallApi
) -> None:
    assert (len(procore.projects()), len(procore.companies())) == (3, 1)
    api.lists[PROJECTS] = projects(HARBOR, DEPOT)
    api.lists[COMPANIES] = []
    assert (len(procore.projects()), len(procore.companies())) == (2, 0)
    api.lists[PROJECTS] = projects(HARBOR, 4799)
    assert procore.use(project="Project 4799").project_id == 4799


def test_rows_of_the_project_that_was_chosen_are_not_those_of_another(
    procore: Procore, server: Server
) -> None:
    procore.project_id = HARBOR
    rows = procore.table("rfis")
    assert rows.to_arrow().num_rows == 45
    procore.use(project="Project 4712")
    assert not rows.is_fetched and "not fetched yet" in repr(rows), "what was looked at is of another project"
    with pytest.raises(TypeError, match="rfis has not been fetched"):
        len(rows)
    assert rows.to_arrow().num_rows == 5
    asked(server)
    procore.project_id = HARBOR
    assert rows.to_arrow().num_rows == 45 and asked(server) == []


def test_a_table_that_is_refreshed_asks_anew(
    table: Table, procore: Procore, api: SmallApi, server: Server
) -> None:
    table.fetch()
    api.lists[rfis_of(HARBOR)] = rfis(50)
    assert len(table.fetch()) == 45
    assert len(table.refresh()) == 50
    asked(server)
    assert len(procore.table("rfis", project_id=HARBOR).fetch()) == 50 and asked(server) == []


def test_a_session_that_is_refreshed_forgets_all_that_was_fetched(
    table: Table, procore: Procore, api: SmallApi
) -> None:
    table.fetch()
    api.lists[rfis_of(HARBOR)] = rfis(50)
    procore.forget()
    assert len(procore.table("rfis", project_id=HARBOR).fetch()) == 50
    assert len(table) == 45, "what was looked at asks nobody"
    assert table.to_arrow().num_rows == len(table) == 50


def test_a_table_in_a_persons_hands_is_not_used_again_for_longer(
    table: Table, api: SmallApi, server: Server, clock: Clock
) -> None:
    table.fetch()
    api.lists[rfis_of(HARBOR)] = rfis(50)
    asked(server)
    clock.now += KEPT - 1
    assert table.to_arrow().num_rows == 45 and asked(server) == []
    clock.now += 1
    assert len(table) == 45 and "45 rows" in repr(table) and asked(server) == []
    assert "50 rows" in table._repr_mimebundle_()["text/plain"]
    assert len(table) == 50


def test_the_first_rows_are_a_table_like_any_other(
    table: Table, procore: Procore, api: SmallApi, server: Server, tmp_path: Path
) -> None:
    first = table.head(3)
    asked(server)
    assert first.to_arrow()["id"].to_pylist() == [1, 2, 3] and asked(server) == []
    assert [row["id"] for row in first.head(2)] == [1, 2] and first.columns == first.to_arrow().column_names
    api.lists[rfis_of(HARBOR)] = rfis(50)[::-1]
    assert [row["id"] for row in first.refresh()] == [50, 49, 48]
    procore.forget()
    first.to_parquet(tmp_path / "first.parquet")
    assert pq.read_table(tmp_path / "first.parquet")["id"].to_pylist() == [50, 49, 48]
    assert len(table.head(0)) == 0 == len(table.fetch().head(0))


def test_a_failure_is_not_kept(table: Table, procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(HARBOR)] = SWITCHED_OFF
    with pytest.raises(PermissionDenied):
        table.fetch()
    assert not table.is_fetched
    del api.refused[rfis_of(HARBOR)]
    assert len(table.fetch()) == 45
    assert len(procore.table("rfis", project_id=HARBOR).fetch()) == 45


# Several projects, of which some don't answer


def of_all(procore: Procore, **parameters: Any) -> Table:
    return procore.table("rfis", project_id="all active", **parameters)


def test_rows_of_several_projects_stand_one_project_after_the_other(procore: Procore) -> None:
    table = of_all(procore).fetch()
    assert [row["project_id"] for row in table] == [HARBOR] * 45 + [DEPOT] * 5
    assert {row["company_id"] for row in table} == {1234}
    assert "rfis · 3 projects · 50 rows" in repr(table)
    assert [row["id"] for row in procore.table("rfis", project_id=["Project 4712", HARBOR]).head(6)][:6] == [
        *range(1000, 1005),
        1,
    ]


def test_a_project_that_does_not_answer_is_told_of_wherever_the_rows_go(
    procore: Procore, api: SmallApi
) -> None:
    api.refused[rfis_of(DEPOT)] = SWITCHED_OFF
    table = of_all(procore)
    with pytest.warns(
        ProcoreIncompleteWarning, match="2 of 3 projects. Project 4712: the tool is off"
    ) as caught:
        frame = table.to_pandas()
    assert len(caught) == 1 and caught[0].filename == __file__
    assert len(frame) == 45
    (missing,) = table.incomplete
    assert (missing.project, missing.project_id, missing.status) == ("Project 4712", DEPOT, 403)
    assert (
        "rfis is off in this project, or you don't have access. The RFIs tool is not enabled"
        in missing.message
    )
    bundle = table._repr_mimebundle_()
    for drawn in (repr(table), bundle["text/plain"], bundle["text/html"]):
        assert "Incomplete: rfis · 2 of 3 projects" in drawn


def test_the_warning_comes_once(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = SWITCHED_OFF
    table = of_all(procore)
    with pytest.warns(ProcoreIncompleteWarning):
        table.fetch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table.fetch()
        table.to_pandas()
        assert len([*table]) == 45


@pytest.mark.usefixtures("no_warning")
def test_a_drawn_table_says_it_itself_and_does_not_warn(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = SWITCHED_OFF
    assert "Incomplete: rfis" in of_all(procore)._repr_mimebundle_()["text/plain"]


def test_strict_makes_it_an_error(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = SWITCHED_OFF
    table = of_all(procore, strict=True)
    for look in (Table.fetch, Table.to_pandas, Table._repr_mimebundle_):
        with pytest.raises(PermissionDenied, match="not enabled"):
            look(table)
    assert not table.is_fetched
    del api.refused[rfis_of(DEPOT)]
    assert len(table.fetch()) == 50


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreIncompleteWarning")
def test_strict_is_not_content_with_kept_rows_that_lack_some(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = SWITCHED_OFF
    of_all(procore).fetch()
    with pytest.raises(PermissionDenied):
        of_all(procore, strict=True).fetch()


@pytest.mark.parametrize(
    ("status", "error"), [(403, PermissionDenied), (404, NotFound), (422, ProcoreAPIError)]
)
def test_where_all_fail_it_is_an_error(
    status: int, error: type[Exception], procore: Procore, api: SmallApi
) -> None:
    for project in (HARBOR, DEPOT, MILL):
        api.refused[rfis_of(project)] = Answer(status, b'{"errors": "no"}')
    for look in (Table.fetch, Table.to_pandas, Table.head, Table._repr_mimebundle_):
        with pytest.raises(error):
            look(of_all(procore))


def test_of_a_project_that_fails_in_the_middle_no_half_is_given(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    def answer(request: Arrived) -> Answer:
        return Answer(403, b'{"errors": "gone"}') if "&page=3" in request.path else api(request)

    server.answer = answer
    table = of_all(procore)
    with pytest.warns(ProcoreIncompleteWarning):
        table.fetch()
    assert [row["project_id"] for row in table] == [DEPOT] * 5


def test_a_list_that_gives_fewer_rows_than_it_counts_is_told_of(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    def answer(request: Arrived) -> Answer:
        given = api(request)
        return Answer(body=given.body, headers={**given.headers, "Total": "47"})

    server.answer = answer
    table = procore.table("rfis", project_id=HARBOR)
    with pytest.warns(ProcoreIncompleteWarning, match="Procore counts 47 rows of rfis there and gave 45"):
        table.fetch()
    assert [one.status for one in table.incomplete] == [None]
    with pytest.raises(ProcoreAPIError, match="counts 47 rows"):
        procore.table("rfis", project_id=HARBOR, strict=True, params={"again": 1}).fetch()


def test_what_is_cut_by_max_rows_is_told(server: Server, connect_to: Callable[..., Procore]) -> None:
    table = connect_to(server.url, MaxRows=30, PageSize=20).table("rfis", project_id=HARBOR)
    with pytest.warns(ProcoreIncompleteWarning, match=r"cut at 30 rows \(MaxRows\); there are more"):
        assert len(table.fetch()) == 30
    assert "Incomplete: cut at 30 rows (MaxRows)" in repr(table)
    assert len(asked(server)) == 2


@pytest.mark.usefixtures("no_warning")
def test_as_many_rows_as_max_rows_lets_through_are_no_cut(
    server: Server, connect_to: Callable[..., Procore]
) -> None:
    table = connect_to(server.url, MaxRows=45).table("rfis", project_id=HARBOR).fetch()
    assert len(table) == 45 and "Incomplete" not in repr(table)


# Without a project


def test_the_only_project_is_meant_where_none_is_named(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    api.lists[PROJECTS] = projects(DEPOT)
    assert len(procore.table("rfis").fetch()) == 5
    assert asked(server)[0].startswith(f"{PROJECTS}?"), "the table of projects, which has the active ones"


def test_of_several_projects_one_has_to_be_named(procore: Procore, server: Server) -> None:
    with pytest.raises(ConfigurationError, match="Which project"):
        procore.table("rfis").fetch()
    assert [path.partition("?")[0] for path in asked(server)] == [PROJECTS]


def test_a_project_is_meant_by_its_name_and_looked_for_once(procore: Procore, server: Server) -> None:
    for name in ("Project 4712", "project 4712", "4712", DEPOT):
        assert len(procore.table("rfis", project_id=name).fetch()) == 5
    assert [path.partition("?")[0] for path in asked(server)].count(PROJECTS) == 1
    with pytest.raises(ConfigurationError, match="You have no project called Project X"):
        procore.table("rfis", project_id="Project X").fetch()


@pytest.mark.parametrize(
    ("project", "words"),
    [([], "empty list"), (True, "must be an id or a name"), (1.5, "must be an id or a name")],
)
def test_what_is_no_project_is_refused(project: Any, words: str, procore: Procore) -> None:
    with pytest.raises(ConfigurationError, match=words):
        procore.table("rfis", project_id=project).fetch()


# Drawn


def test_drawing_many_rows_reads_the_first_page_and_fetching_all_of_them(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    api.lists[rfis_of(HARBOR)] = rfis(MANY + 1)
    table = connect_with(procore, 1000)
    drawn = table._repr_mimebundle_()["text/plain"]
    assert f"{MANY + 1:,} rows" in drawn and "read" in drawn and not table.is_fetched
    assert len(asked(server)) == 1
    assert table._repr_mimebundle_()["text/plain"] == drawn and asked(server) == []
    with pytest.raises(TypeError):
        len(table)
    assert len(table.fetch()) == MANY + 1 and len(asked(server)) == 11
    assert "read" not in repr(table).splitlines()[0]


def connect_with(procore: Procore, page_size: int) -> Table:
    procore.tables.reader.page_size = page_size
    return procore.table("rfis", project_id=HARBOR)


def test_what_was_drawn_is_not_kept_as_if_it_were_all(procore: Procore, api: SmallApi) -> None:
    api.lists[rfis_of(HARBOR)] = rfis(MANY + 1)
    connect_with(procore, 1000)._repr_mimebundle_()
    assert len(procore.table("rfis", project_id=HARBOR).fetch()) == MANY + 1


def test_a_table_draws_its_rows_as_text_and_as_a_page(table: Table) -> None:
    bundle = table._repr_mimebundle_()
    lines = bundle["text/plain"].splitlines()
    assert (
        lines[0].startswith("rfis · project 4711")
        and "45 rows" in lines[0]
        and lines[0].endswith(" with 3 requests")
    )
    assert lines[1].split()[:4] == ["number", "subject", "status", "due_date"]
    assert len(lines) == 1 + 1 + 1 + 10 + 2 and lines[-2] == "… 35 more rows"
    rows, _, columns = bundle["text/html"].partition("<details>")
    assert rows.count("<tr>") == 1 + 10 and columns.count("<tr>") == 1 + len(table.columns)
    assert elements(bundle["text/html"]) <= ALLOWED
    assert repr(table) == bundle["text/plain"]


def test_the_first_rows_are_all_drawn(table: Table) -> None:
    for count in (3, 25):
        head = table.head(count)
        assert head._repr_mimebundle_()["text/html"].partition("<details>")[0].count("<tr>") == 1 + count
        assert len([line for line in repr(head).splitlines() if " open " in f"{line} "]) == count


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_rows_stay_text(text: str, procore: Procore, api: SmallApi) -> None:
    api.lists[rfis_of(HARBOR)] = [
        {"id": 1, "subject": text, text: text, "assignee": {"name": text, text: text}}
    ]
    api.lists[PROJECTS] = [{"id": HARBOR, "name": text}]
    bundle = procore.table("rfis")._repr_mimebundle_()
    assert elements(bundle["text/html"]) <= ALLOWED
    assert all(line.isprintable() for line in bundle["text/plain"].splitlines())
