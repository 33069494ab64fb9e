"""Rows as record batches: of one schema, as they come, and not kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import polars
import pyarrow as pa
import pytest

from procore_jupyter import PermissionDenied, Procore, ProcoreIncompleteWarning, ProcoreWarning
from procore_jupyter.tables.table import Table
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT = 4711, 4712
OFF = Answer(403, b'{"errors": "off"}')


@pytest.fixture
def api() -> SmallApi:
    return SmallApi(
        {PROJECTS: projects(HARBOR, DEPOT), rfis_of(HARBOR): rfis(6500), rfis_of(DEPOT): rfis(5, 10_000)}
    )


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url, PageSize=500, MaxConcurrency=1)


@pytest.fixture
def table(procore: Procore) -> Table:
    return procore.table("rfis", project_id=HARBOR)


def test_rows_come_in_batches_of_one_schema_and_are_not_kept(table: Table) -> None:
    batches = table.to_batches()
    found = [*batches]
    assert len(found) > 3 and all(isinstance(one, pa.RecordBatch) for one in found)
    assert all(one.schema.equals(batches.schema) for one in found)
    rows = pa.Table.from_batches(found)
    assert rows["id"].to_pylist() == [*range(1, 6501)]
    assert rows["_unfit"].null_count == rows["_extra"].null_count == 6500
    assert not table.is_fetched
    assert rows.drop_columns(["_unfit", "_extra"]).to_pylist() == table.to_arrow().to_pylist()


def test_a_batch_is_there_before_the_last_page_is_asked_for(table: Table, server: Server) -> None:
    with table.to_batches() as batches:
        assert next(batches).num_rows
        assert len(server.arrived) < 13, "6,500 rows, 500 a page"


def test_who_has_enough_ends_it(table: Table, server: Server) -> None:
    batches = table.to_batches()
    next(batches)
    batches.close()
    batches.close()
    asked = len(server.arrived)
    assert [*batches] == [] and len(server.arrived) == asked < 13
    unread = table.to_batches()
    unread.close()
    assert [*unread] == []


def test_what_was_fetched_is_used_again(table: Table, procore: Procore, server: Server) -> None:
    table.fetch()
    asked = len(server.arrived)
    for one in (table, procore.table("rfis", project_id=HARBOR)):
        batches = one.to_batches()
        assert batches.schema.equals(table.to_arrow().schema)
        assert pa.Table.from_batches([*batches]).equals(table.to_arrow())
    first = table.head(3).to_batches()
    assert [row["id"] for batch in first for row in batch.to_pylist()] == [1, 2, 3]
    assert len(server.arrived) == asked


def test_libraries_take_a_stream_as_it_is(table: Table) -> None:
    assert pa.table(table.to_batches()).num_rows == len(polars.DataFrame(table.to_batches())) == 6500
    assert pa.RecordBatchReader.from_stream(table.to_batches()).read_next_batch().num_rows


def test_a_table_that_a_library_takes_is_fetched_once_for_all(table: Table, server: Server) -> None:
    assert len(polars.DataFrame(table)) == 6500 and table.is_fetched
    asked = len(server.arrived)
    assert pa.table(table).column_names == table.columns and "_unfit" not in table.columns
    assert len(server.arrived) == asked


def test_a_list_without_rows_has_a_schema_and_no_batch(table: Table, api: SmallApi) -> None:
    api.lists[rfis_of(HARBOR)] = []
    batches = table.to_batches()
    assert batches.schema.field("due_date").type == pa.date32() and [*batches] == []


def test_what_does_not_fit_is_told_once_with_counts(table: Table, api: SmallApi) -> None:
    api.lists[rfis_of(HARBOR)] = [*rfis(4000), '{"id": 9000, "due_date": "soon", "new": 1.50}']
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        last = [*table.to_batches()][-1].to_pylist()[-1]
    assert (last["due_date"], last["_unfit"], last["_extra"]) == (None, '{"due_date":"soon"}', '{"new":1.50}')
    told = [one for one in caught if issubclass(one.category, ProcoreWarning)]
    assert [str(one.message).partition(" (")[0] for one in told] == [
        "1 value didn't fit",
        "1 value in fields that the first rows didn't have",
    ]
    assert {one.filename for one in told} == {__file__}
    assert len(table.notes) == 3 and "lacks documented fields" in table.notes[2]


def test_a_project_that_does_not_answer_is_told_of_after_the_last_batch(
    procore: Procore, api: SmallApi
) -> None:
    api.refused[rfis_of(DEPOT)] = OFF
    table = procore.table("rfis", project_id="all active")
    batches = table.to_batches()
    next(batches)
    assert table.incomplete == []
    with pytest.warns(ProcoreIncompleteWarning, match="1 of 2 projects") as caught:
        rows = sum(batch.num_rows for batch in batches)
    assert rows < 6500 and len(caught) == 1 and caught[0].filename == __file__
    assert [one.project_id for one in table.incomplete] == [DEPOT] and not table.is_fetched


def test_strict_makes_it_an_error_after_the_last_batch(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = OFF
    batches = procore.table("rfis", project_id="all active", strict=True).to_batches()
    found: list[Any] = []
    with pytest.raises(PermissionDenied):
        found.extend(iter(lambda: next(batches), None))
    assert sum(batch.num_rows for batch in found) == 6500


def test_where_all_fail_it_is_an_error_at_once(procore: Procore, api: SmallApi) -> None:
    api.refused |= {rfis_of(HARBOR): OFF, rfis_of(DEPOT): OFF}
    with pytest.raises(PermissionDenied):
        procore.table("rfis", project_id="all active").to_batches()


def test_a_list_that_breaks_off_is_an_error_in_the_middle(
    table: Table, api: SmallApi, server: Server
) -> None:
    def answer(request: Arrived) -> Answer:
        return OFF if "&page=9" in request.path else api(request)

    server.answer = answer
    batches = table.to_batches()
    assert next(batches).num_rows
    with pytest.raises(PermissionDenied):
        list(batches)
    assert [*batches] == []


def test_the_first_rows_of_several_projects_decide_the_columns(procore: Procore, api: SmallApi) -> None:
    """A single row of the first one doesn't."""
    api.lists[rfis_of(HARBOR)] = [{"id": 1, "weight": None, "who": {}}]
    api.lists[rfis_of(DEPOT)] = [
        {"id": 100 + number, "weight": 1.5, "who": {"name": "Ann"}} for number in range(50)
    ]
    table = procore.table("rfis", project_id=[HARBOR, DEPOT])
    streamed = pa.table(table.to_batches()).drop_columns(["_unfit", "_extra"])
    assert streamed.to_pylist() == table.to_arrow().to_pylist()
    assert streamed.schema.equals(table.to_arrow().schema)


def test_what_is_missing_is_known_however_a_stream_ends(table: Table, api: SmallApi, server: Server) -> None:
    batches = table.to_batches()
    next(batches)
    batches.close()
    (one,) = table.incomplete
    assert one.project == "rfis" and "not read to their end" in one.message

    def answer(request: Arrived) -> Answer:
        return OFF if "&page=9" in request.path else api(request)

    server.answer = answer
    with pytest.raises(PermissionDenied):
        list(table.to_batches())
    assert [one.status for one in table.incomplete] == [403]
    server.answer = api
    assert sum(batch.num_rows for batch in table.to_batches()) == 6500 and table.incomplete == []


def test_a_stream_that_is_strict_leaves_what_is_missing_too(procore: Procore, api: SmallApi) -> None:
    api.refused[rfis_of(DEPOT)] = OFF
    table = procore.table("rfis", project_id="all active", strict=True)
    with pytest.raises(PermissionDenied):
        list(table.to_batches())
    assert [one.project_id for one in table.incomplete] == [DEPOT]


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreWarning")
@pytest.mark.parametrize("rows", [3, 250, 2500])
def test_a_row_that_says_nothing_of_its_place_is_of_the_place_also_once_the_column_is_text(
    rows: int, procore: Procore, api: SmallApi
) -> None:
    said = ["", str(HARBOR), None, *[HARBOR] * rows, "elsewhere"]
    api.lists[rfis_of(HARBOR)] = [{"id": number, "project_id": one} for number, one in enumerate(said, 1)]
    table = procore.table("rfis", project_id=HARBOR)
    streamed = pa.table(table.to_batches())["project_id"].to_pylist()
    found = table.to_arrow()["project_id"].to_pylist()
    assert found == [*[str(HARBOR)] * (len(said) - 1), "elsewhere"]
    assert [*map(str, streamed[:-1])] == found[:-1] and streamed[-1] in ("elsewhere", HARBOR)
