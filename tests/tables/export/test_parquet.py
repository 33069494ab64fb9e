"""A file holds the rows that a table holds, takes the old one's place when it is whole, and leaves nothing behind when not."""

from __future__ import annotations

import _thread
import json
import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from procore_jupyter import Procore
from procore_jupyter.errors import ProcoreIncompleteWarning, ProcoreWarning
from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import SmallApi, rfis, rfis_of
from tests.tables.two_projects import DEPOT, HARBOR, api, empty, procore, server

__all__ = ["api", "empty", "procore", "server"]  # fixtures


@pytest.fixture
def file(empty: Path) -> Path:
    return empty / "rfis.parquet"


def own_columns(table: pa.Table) -> pa.Table:
    """Return a table without the two columns that only a streamed file has, which have to be empty."""
    for name in ("_unfit", "_extra"):
        if name in table.column_names:
            assert table[name].null_count == len(table)
            table = table.drop_columns([name])
    return table


def only(file: Path) -> bool:
    """Tell whether there is nothing else in the folder."""
    return [*file.parent.iterdir()] == [file]


# The same rows


def test_rows_that_were_fetched_are_written_as_they_are(procore: Procore, server: Server, file: Path) -> None:
    table = procore.table("rfis", project_id=HARBOR).fetch()
    before = len(server.arrived)
    table.to_parquet(file)
    assert pq.read_table(file).equals(table.to_arrow())
    assert len(server.arrived) == before and only(file)


def test_rows_that_were_not_fetched_are_the_same_and_are_not_kept(procore: Procore, file: Path) -> None:
    table = procore.table("rfis", project_id=HARBOR)
    table.to_parquet(str(file))
    assert not table.is_fetched and only(file)
    streamed = pq.read_table(file)
    assert own_columns(streamed).to_pylist() == table.to_arrow().to_pylist()
    same = {field.name: field.type for field in table.to_arrow().schema if "null" not in str(field.type)}
    assert {name: streamed.schema.field(name).type for name in same} == same


def test_several_projects_go_into_one_file(procore: Procore, file: Path) -> None:
    procore.table("rfis", project_id="all active").to_parquet(file)
    rows = own_columns(pq.read_table(file))
    assert rows["project_id"].to_pylist() == [HARBOR] * 45 + [DEPOT] * 5
    assert rows["id"].to_pylist() == [*range(1, 46), *range(1000, 1005)]


def test_a_list_without_rows_is_a_file_without_rows(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = []
    for table in (procore.table("rfis", project_id=HARBOR), procore.table("rfis", project_id=HARBOR).fetch()):
        table.to_parquet(file)
        rows = pq.read_table(file)
        assert rows.num_rows == 0 and rows.schema.field("id").type == pa.int64()
        assert rows.schema.field("due_date").type == pa.date32()


def test_many_rows_come_in_several_batches_and_are_all_there(
    procore: Procore, api: SmallApi, file: Path
) -> None:
    api.lists[rfis_of(HARBOR)] = rfis(6500)
    procore.tables.reader.page_size = 1000
    procore.table("rfis", project_id=HARBOR).to_parquet(file)
    assert pq.read_table(file)["id"].to_pylist() == [*range(1, 6501)]


def test_what_the_schema_can_not_take_stands_beside_it(procore: Procore, api: SmallApi, file: Path) -> None:
    odd = '{"id": 9000, "number": 7, "due_date": "soon", "cost_impact": {"value": "n/a"}, "private": "yes", "new": 1.50}'
    api.lists[rfis_of(HARBOR)] = [*rfis(2500), odd]
    procore.tables.reader.page_size = 1000
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        procore.table("rfis", project_id=HARBOR).to_parquet(file)
    found = pq.read_table(file)
    last = found.slice(2500).to_pylist()[0]
    assert last["id"] == 9000 and last["number"] == "7"
    assert last["due_date"] is None and last["private"] is None and last["cost_impact"] is None
    assert json.loads(last["_unfit"]) == {
        "due_date": "soon",
        "private": "yes",
        "cost_impact": {"value": "n/a"},
    }
    assert last["_extra"] == '{"new":1.50}'
    assert found["_unfit"].null_count == found["_extra"].null_count == 2500
    assert "new" not in found.column_names
    told = [str(one.message) for one in caught if issubclass(one.category, ProcoreWarning)]
    assert len(told) == 2 and told[0].startswith("3 values didn't fit (") and told[0].endswith("see _unfit.")
    assert told[1] == "1 value in fields that the first rows didn't have (new 1): see _extra."


# The file itself


@pytest.mark.parametrize("fetched", [False, True])
def test_a_file_takes_the_old_ones_place_and_keeps_its_mode(
    fetched: bool, procore: Procore, file: Path
) -> None:
    table = procore.table("rfis", project_id=DEPOT)
    if fetched:
        table.fetch()
    file.write_bytes(b"old")
    file.chmod(0o600)
    before = os.umask(0o027)
    try:
        table.to_parquet(file)
        table.to_parquet(file.with_name("new.parquet"))
    finally:
        os.umask(before)
    assert pq.read_table(file).num_rows == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.with_name("new.parquet").stat().st_mode) == 0o640


def test_what_a_link_leads_to_is_written(procore: Procore, file: Path) -> None:
    link = file.with_name("latest.parquet")
    link.symlink_to(file.name)
    procore.table("rfis", project_id=DEPOT).to_parquet(link)
    assert link.is_symlink() and pq.read_table(file).num_rows == 5


def test_a_file_in_the_home_folder_may_be_called_by_its_tilde(procore: Procore, home: Path) -> None:
    procore.table("rfis", project_id=DEPOT).to_parquet("~/rfis.parquet")
    assert pq.read_table(home / "rfis.parquet").num_rows == 5


@pytest.mark.parametrize("fetched", [False, True])
@pytest.mark.parametrize("path", ["nowhere/rfis.parquet", "folder", "folder/", "new/", "pipe", "x" * 256, ""])
def test_what_can_not_be_written_is_refused_before_anything_is_asked_for(
    path: str, fetched: bool, procore: Procore, server: Server, tmp_path: Path
) -> None:
    """`tests/files/test_target.py` has what a path means."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    held = os.open(tmp_path / "pipe", os.O_RDWR)  # whoever writes into it would not wait
    there = sorted(tmp_path.iterdir())
    table = procore.table("rfis", project_id=DEPOT)
    if fetched:
        table.fetch()
    before = len(server.arrived)
    try:
        with pytest.raises(OSError):
            table.to_parquet(f"{tmp_path}/{path}")
    finally:
        os.close(held)
    assert len(server.arrived) == before and sorted(tmp_path.iterdir()) == there


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_an_error(procore: Procore, file: Path) -> None:
    file.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            procore.table("rfis", project_id=DEPOT).to_parquet(file)
    finally:
        file.parent.chmod(0o700)
    assert [*file.parent.iterdir()] == []


@pytest.mark.parametrize("fetched", [False, True])
def test_a_disk_that_is_full_leaves_the_old_file(
    fetched: bool, procore: Procore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"old")
    table = procore.table("rfis", project_id=HARBOR)
    if fetched:
        table.fetch()

    def full(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        table.to_parquet(file)
    assert file.read_bytes() == b"old" and only(file)


# What fails while it is read


def test_a_refusal_leaves_the_old_file(procore: Procore, api: SmallApi, file: Path) -> None:
    file.write_bytes(b"old")
    api.refused[rfis_of(HARBOR)] = Answer(404, b'{"errors": "no"}')
    with pytest.raises(NotFound):
        procore.table("rfis", project_id=HARBOR).to_parquet(file)
    assert file.read_bytes() == b"old" and only(file)


@pytest.mark.parametrize(
    "fault", [Answer(403, b'{"errors": "gone"}'), Answer(drop=True), Answer(body=b"<html>wifi</html>")]
)
def test_a_list_that_breaks_off_in_the_middle_leaves_no_half_file(
    fault: Answer, procore: Procore, api: SmallApi, server: Server, file: Path
) -> None:
    def answer(request: Arrived) -> Answer:
        return fault if "&page=3" in request.path else api(request)

    server.answer = answer
    file.write_bytes(b"old")
    with pytest.raises((ProcoreAPIError, requests.RequestException)):
        procore.table("rfis", project_id=HARBOR).to_parquet(file)
    assert file.read_bytes() == b"old" and only(file)


def test_a_project_that_does_not_answer_is_told_of(procore: Procore, api: SmallApi, file: Path) -> None:
    api.refused[rfis_of(HARBOR)] = Answer(403, b'{"errors": "off"}')
    with pytest.warns(
        ProcoreIncompleteWarning, match="1 of 2 projects. Project 4711: the tool is off"
    ) as caught:
        procore.table("rfis", project_id="all active").to_parquet(file)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert pq.read_table(file)["project_id"].to_pylist() == [DEPOT] * 5
    file.unlink()
    with pytest.raises(PermissionDenied):
        procore.table("rfis", project_id="all active", strict=True).to_parquet(file)
    assert [*file.parent.iterdir()] == []


def test_of_a_project_that_breaks_off_what_it_gave_stands_in_the_file_and_is_told(
    connect_to: Callable[..., Procore], api: SmallApi, server: Server, file: Path
) -> None:
    api.lists[rfis_of(HARBOR)] = rfis(4500)
    procore = connect_to(server.url, MaxConcurrency=1, PageSize=1000)

    def answer(request: Arrived) -> Answer:
        return Answer(403, b'{"errors": "gone"}') if "&page=5" in request.path else api(request)

    server.answer = answer
    table = procore.table("rfis", project_id="all active")
    with pytest.warns(ProcoreIncompleteWarning):
        table.to_parquet(file)
    counts = pq.read_table(file)["project_id"].value_counts().to_pylist()
    rows = {one["values"]: one["counts"] for one in counts}
    assert rows == {DEPOT: 5, HARBOR: 4000}
    assert not table.is_fetched
    assert table.incomplete[0].message.endswith(f"Its first {rows[HARBOR]:,} rows came before that.")


def test_an_interrupt_leaves_the_old_file_and_nothing_else(
    procore: Procore, api: SmallApi, server: Server, file: Path
) -> None:
    file.write_bytes(b"old")

    def answer(request: Arrived) -> Answer:
        if "&page=3" in request.path:
            _thread.interrupt_main()
        return api(request)

    server.answer = answer
    api.lists[rfis_of(HARBOR)] = rfis(2000)
    with pytest.raises(KeyboardInterrupt):
        procore.table("rfis", project_id=HARBOR).to_parquet(file)
    assert file.read_bytes() == b"old" and only(file)
    server.answer = api
    procore.table("rfis", project_id=HARBOR).to_parquet(file)
    assert pq.read_table(file).num_rows == 2000


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreIncompleteWarning")
def test_max_rows_hold_for_a_file_too(server: Server, connect_to: Callable[..., Procore], file: Path) -> None:
    connect_to(server.url, MaxRows=30, PageSize=20).table("rfis", project_id=HARBOR).to_parquet(file)
    assert pq.read_table(file).num_rows == 30
