"""A workbook holds the rows that a table holds: real days and amounts, no formula, no lost digit, and where it is from."""

from __future__ import annotations

import _thread
import datetime
import re
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyarrow as pa
import pytest
import requests
import xlsxwriter

import procore_jupyter
from procore_jupyter import NotFound, ParameterError, Procore, ProcoreIncompleteWarning, ProcoreWarning
from procore_jupyter.tables.export import sheet, sheet_rows
from procore_jupyter.tables.export.workbook import sheet_name
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import SmallApi, rfis, rfis_of
from tests.tables.two_projects import DEPOT, HARBOR, api, empty, procore, server

__all__ = ["api", "empty", "procore", "server"]  # fixtures

OFF = Answer(403, b'{"errors": "off"}')
LONGEST_ID = 999_999_999_999_999
TEXTS = {
    "formula": '=HYPERLINK("http://evil.test","x")',
    "sum": "+1+1",
    "difference": "-2+3",
    "call": "@SUM(A1)",
    "zeros": "007",
    "version": "1.10",
    "day": "1-2",
    "month": "MAR1",
    "power": "1E5",
    "digits": "12345678901234567890",
    "truth": "TRUE",
    "address": "http://example.test/a",
    "lines": "one\ntwo",
    "markup": "<r>a & b</r>",
    "escape": "_x0041_",
    "letters": "Ekström 東京 🏗",
    "blanks": "  in  between  ",
    "error": "#N/A",
}
"""Texts that Excel, XlsxWriter or XML might take for something else."""


@pytest.fixture
def file(empty: Path) -> Path:
    return empty / "rfis.xlsx"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of temporary files, which has to be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def only(file: Path, temporary: Path) -> bool:
    """Tell whether there is nothing else in the file's folder, and no temporary file."""
    return [*file.parent.iterdir()] == [file] and not [*temporary.iterdir()]


def rows_of(file: Path, name: str = "rfis") -> list[dict[str, Any]]:
    """Return the rows of a sheet as openpyxl reads them."""
    head, *rows = openpyxl.load_workbook(file)[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def hidden(file: Path) -> set[str]:
    """Return the columns that are hidden."""
    found = openpyxl.load_workbook(file)["rfis"]
    ranges = [(one.min, one.max) for one in found.column_dimensions.values() if one.hidden]
    return {str(found.cell(1, at).value) for first, last in ranges for at in range(first, last + 1)}


def about(file: Path) -> list[tuple[Any, ...]]:
    """Return the lines of the sheet that says where the rows are from."""
    lines = openpyxl.load_workbook(file)["About"].iter_rows(values_only=True)
    return [line for line in lines if line[0]]


# The values


def test_days_times_amounts_and_truth_are_excels_own(procore: Procore, file: Path, temporary: Path) -> None:
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    (*_, last) = rows_of(file)
    assert last["id"] == 45 and last["number"] == "45" and last["subject"] == "Question 45"
    assert last["due_date"] == datetime.datetime(2026, 11, 30)
    assert last["created_at"] == datetime.datetime(2026, 11, 23, 17, 4, 5)
    assert last["private"] is False and last["assignee.name"] == "Dana Reyes"
    assert last["cost_impact.value"] == 1234.5 and last["cost_impact.status"] == "yes_known"
    cells = {cell.value: at for at, cell in enumerate(openpyxl.load_workbook(file)["rfis"][1])}
    looks = {name: openpyxl.load_workbook(file)["rfis"][2][at].number_format for name, at in cells.items()}
    assert looks["due_date"] == "yyyy-mm-dd" and looks["created_at"] == "yyyy-mm-dd hh:mm"
    assert looks["cost_impact.value"] == "#,##0.00##" and looks["id"] == "0" and looks["number"] == "@"
    assert only(file, temporary)


def test_times_stand_in_the_zone_that_was_chosen(procore: Procore, file: Path) -> None:
    procore.table("rfis", project_id=HARBOR).to_excel(file, tz="America/New_York")
    assert rows_of(file)[0]["created_at"] == datetime.datetime(2026, 11, 23, 12, 4, 5)
    assert rows_of(file)[0]["due_date"] == datetime.datetime(2026, 11, 30)
    assert ("Times", "in America/New_York") in about(file)


@pytest.mark.parametrize("fetched", [False, True])
def test_a_text_stays_what_it_is_whatever_it_looks_like(
    fetched: bool, procore: Procore, api: SmallApi, file: Path
) -> None:
    api.lists[rfis_of(HARBOR)] = [{"id": at, "subject": text} for at, text in enumerate(TEXTS.values(), 1)]
    table = procore.table("rfis", project_id=HARBOR)
    (table.fetch() if fetched else table).to_excel(file)
    found = {row["id"]: row["subject"] for row in rows_of(file)}
    # openpyxl doesn't read Excel's own way of writing characters; LibreOffice does, below.
    assert [one.replace("_x005F_", "_") for one in found.values()] == [*TEXTS.values()]
    with zipfile.ZipFile(file) as parts:
        names = [name for name in parts.namelist() if "worksheets/sheet" in name]
        assert len(names) == 2 and not any(re.search(rb"<f[ >]", parts.read(name)) for name in names)
        assert not any(
            "hyperlink" in parts.read(name).decode().lower().replace("=hyperlink(", "") for name in names
        )


def test_no_digit_is_lost(procore: Procore, api: SmallApi, file: Path) -> None:
    amounts = ["1234.50", "0.0001", "-99999999999.9999", "99999999999999.9999", "10000000000000", "0"]
    ids = [LONGEST_ID, LONGEST_ID + 1, 2**63 - 1, -7, 562_949_953_421_312, 0]
    api.lists[rfis_of(HARBOR)] = [
        {"id": at, "location_id": number, "cost_impact": {"status": "x", "value": amount}}
        for at, (number, amount) in enumerate(zip(ids, amounts, strict=True), 1)
    ]
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    rows = rows_of(file)
    assert [row["location_id"] for row in rows] == [
        LONGEST_ID, str(LONGEST_ID + 1), str(2**63 - 1), -7, 562_949_953_421_312, 0,
    ]  # fmt: skip
    assert [row["cost_impact.value"] for row in rows] == [
        1234.5, 0.0001, -99999999999.9999, "99999999999999.9999", 10000000000000, 0,
    ]  # fmt: skip


def test_days_that_excel_shows_wrong_are_texts(procore: Procore, api: SmallApi, file: Path) -> None:
    days = ["1899-12-31", "1900-02-28", "1900-03-01", "9999-12-31"]
    api.lists[rfis_of(HARBOR)] = [
        {"id": at, "due_date": day, "created_at": f"{day}T12:00:00Z"} for at, day in enumerate(days, 1)
    ]
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert [row["due_date"] for row in rows_of(file)] == [
        "1899-12-31", "1900-02-28", datetime.datetime(1900, 3, 1), datetime.datetime(9999, 12, 31),
    ]  # fmt: skip
    assert [row["created_at"] for row in rows_of(file)] == [
        "1899-12-31 12:00:00", "1900-02-28 12:00:00",
        datetime.datetime(1900, 3, 1, 12), datetime.datetime(9999, 12, 31, 12),
    ]  # fmt: skip


def test_lists_are_their_values_and_names(procore: Procore, api: SmallApi, file: Path) -> None:
    people = [{"id": 1, "name": "Reyes, Dana"}, {"id": 2, "name": "Lee"}]
    api.lists[rfis_of(HARBOR)] = [{"id": 1, "assignees": people}, {"id": 2, "assignees": []}]
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert [row["assignees.name"] for row in rows_of(file)] == ["Reyes, Dana; Lee", None]


def test_a_text_that_a_cell_can_not_hold_is_cut_and_told(procore: Procore, api: SmallApi, file: Path) -> None:
    longest = "x" * 32_767
    texts = [longest, longest + "y", "🏗" * 16_383, "🏗" * 16_384]
    api.lists[rfis_of(HARBOR)] = [{"id": at, "subject": text} for at, text in enumerate(texts, 1)]
    said = "2 texts longer than Excel's 32,767 characters a cell end in … (subject)."
    with pytest.warns(ProcoreWarning) as caught:
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert [str(one.message) for one in caught] == [said] and caught[0].filename == __file__
    assert [row["subject"] for row in rows_of(file)] == [
        longest, "x" * 32_766 + "…", texts[2], "🏗" * 16_383 + "…",
    ]  # fmt: skip
    assert ("Note", said) in about(file)


def test_characters_that_no_workbook_can_hold_are_left_out(
    procore: Procore, api: SmallApi, file: Path
) -> None:
    odd = "a\x00b\x08c\x0bd\x1fe\ufffff\r\ng\rh\ti\x7f"
    api.lists[rfis_of(HARBOR)] = [
        {"id": 1, "subject": odd},
        {"id": 2, "subject": "\x01"},
        {"id": 3, "subject": ""},
    ]
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert [row["subject"] for row in rows_of(file)] == ["abcdef\ng\nh\ti\x7f", None, None]


# The sheets


def test_the_header_stays_in_sight_and_filters(procore: Procore, file: Path) -> None:
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    found = openpyxl.load_workbook(file)["rfis"]
    assert found.freeze_panes == "A2" and found.auto_filter.ref == found.dimensions
    assert found["A1"].font.b and not found["A2"].font.b
    widths = [found.column_dimensions[letter].width for letter in found.column_dimensions]
    assert all(sheet.NARROWEST <= width <= sheet.WIDEST + 1 for width in widths)


def test_rows_that_were_fetched_and_rows_that_come_make_the_same_sheet(procore: Procore, file: Path) -> None:
    table = procore.table("rfis", project_id="all active")
    table.to_excel(file)
    assert not table.is_fetched
    streamed = rows_of(file)
    assert [row["id"] for row in streamed] == [*range(1, 46), *range(1000, 1005)]
    assert hidden(file) == {"_unfit", "_extra"}
    table.fetch().to_excel(file)
    assert [{**row, "_unfit": None, "_extra": None} for row in rows_of(file)] == streamed


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreWarning")
def test_what_the_stream_can_not_take_is_seen(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = [*rfis(2500), '{"id": 9000, "due_date": "soon"}']
    procore.tables.reader.page_size = 1000
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert rows_of(file)[-1]["_unfit"] == '{"due_date":"soon"}'
    assert hidden(file) == {"_extra"}


def test_a_list_without_rows_is_a_header(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = []
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert rows_of(file) == [] and openpyxl.load_workbook(file)["rfis"]["A1"].value == "id"


def test_pandas_reads_it_back(procore: Procore, file: Path) -> None:
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    frame = pandas.read_excel(file)
    assert frame["id"].tolist() == [*range(1, 46)]
    assert frame["due_date"].dtype.kind == "M" and frame["cost_impact.value"].sum() == 45 * 1234.5


def test_a_sheet_says_where_the_rows_are_from_and_when(procore: Procore, server: Server, file: Path) -> None:
    procore.table("rfis", project_id=HARBOR, status="open").head(3).to_excel(file)
    lines = dict(about(file))
    assert lines["Table"] == "rfis (RFIs)" and lines["Project"] == "4711" and lines["Company"] == "1234"
    assert lines["From"] == f"{server.url}/rest/v1.0/projects/{{project_id}}/rfis"
    assert lines["Filters"].endswith("=open") and lines["Rows"] == "3, the first of the list"
    assert lines["Complete"] == "yes" and "Incomplete" not in lines
    assert lines["Read"][:10] in (lines["Written"][:10], str(datetime.date.today()))
    assert lines["Times"] == "in UTC" and lines["With"] == f"procore-jupyter {procore_jupyter.__version__}"


@pytest.mark.parametrize("fetched", [False, True])
def test_what_is_missing_stands_in_it(fetched: bool, procore: Procore, api: SmallApi, file: Path) -> None:
    api.refused[rfis_of(HARBOR)] = OFF
    table = procore.table("rfis", project_id="all active")
    with pytest.warns(ProcoreIncompleteWarning):
        (table.fetch() if fetched else table).to_excel(file)
    told = [words for label, words in about(file) if label == "Incomplete"]
    assert len(told) == 1 and told[0].startswith("Project 4711: ")
    assert not any(label == "Complete" for label, _ in about(file))
    assert openpyxl.load_workbook(file)["About"].sheet_properties.tabColor is not None
    assert [row["project_id"] for row in rows_of(file)] == [DEPOT] * 5


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreIncompleteWarning")
def test_a_cut_by_max_rows_stands_in_it(
    server: Server, connect_to: Callable[..., Procore], file: Path
) -> None:
    connect_to(server.url, MaxRows=30, PageSize=20).table("rfis", project_id=HARBOR).to_excel(file)
    assert len(rows_of(file)) == 30
    assert ("Incomplete", "Cut at 30 rows (MaxRows); there are more.") in about(file)


def test_several_tables_are_several_sheets(procore: Procore, file: Path, temporary: Path) -> None:
    harbor = procore.table("rfis", project_id=HARBOR).fetch()
    depot = procore.table("rfis", project_id=DEPOT)
    procore_jupyter.to_excel(file, {"Harbor Tower": harbor, "Depot – North": depot})
    assert openpyxl.load_workbook(file).sheetnames == ["Harbor Tower", "Depot – North", "About"]
    assert len(rows_of(file, "Harbor Tower")) == 45 and len(rows_of(file, "Depot – North")) == 5
    assert [words for label, words in about(file) if label == "Sheet"] == ["Harbor Tower", "Depot – North"]
    assert only(file, temporary)


# What is refused


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Tower A/B", """contains '/', which Excel doesn't allow in a sheet's name. Use for instance "Tower A B"."""),
        ("[x]", """contains '[',"""),
        ("a:b*?\\", """Use for instance "a b"."""),
        ("x" * 32, "has more than the 31 characters"),
        ("🏗" * 16, "has more than the 31 characters"),
        ("'quoted", """begins or ends with an apostrophe, which Excel doesn't allow in a sheet's name. Use for instance "quoted"."""),
        ("History", """is a name that Excel reserves. Use for instance "History rows"."""),
        ("about", "is the sheet that says where the rows come from."),
        ("", "is empty, but a sheet needs a name"),
        ("  ", "is empty, but a sheet needs a name"),
        (7, "A sheet's name must be a text, not int (7)."),
    ],
)  # fmt: skip
def test_a_name_that_excel_forbids_is_refused_before_anything_is_asked_for(
    name: Any, said: str, procore: Procore, server: Server, file: Path
) -> None:
    with pytest.raises(ParameterError) as caught:
        procore_jupyter.to_excel(file, {name: procore.table("rfis", project_id=DEPOT)})
    assert said in str(caught.value)
    assert not server.arrived and not file.exists()


def test_two_names_that_are_one_to_excel_are_refused(procore: Procore, file: Path) -> None:
    table = procore.table("rfis", project_id=DEPOT)
    with pytest.raises(ParameterError, match="'RFIs' and 'rfis' are the same name to Excel"):
        procore_jupyter.to_excel(file, {"RFIs": table, "rfis": table})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Give each table with the name of its sheet"),
        (None, "Give each table with the name of its sheet"),
        ({"RFIs": pandas.DataFrame()}, "'RFIs' is of the type pandas.DataFrame, but only tables"),
        ({"RFIs": None}, "'RFIs' is of the type builtins.NoneType, but only tables"),
        ({"RFIs": pa.table({})}, "'RFIs' is of the type pyarrow.Table, but only tables"),
    ],
)
def test_what_is_no_table_is_refused(given: Any, said: str, file: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        procore_jupyter.to_excel(file, given)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("rfis", "rfis"),
        ("/rest/v1.0/projects/4711/rfis", "rest v1.0 projects 4711 rfis"),
        ("/rest/v1.0/projects/4711/incidents/actions", "rest v1.0 projects 4711 incide…"),
        ("///", "Rows"),
        ("About", "About rows"),
        ("🏗" * 40, "🏗" * 15),
    ],
)
def test_a_table_has_a_sheet_name_that_excel_takes(name: str, sheet: str, tmp_path: Path) -> None:
    assert sheet_name(name) == sheet
    with xlsxwriter.Workbook(tmp_path / "names.xlsx") as workbook:
        workbook.add_worksheet(sheet)


@pytest.mark.parametrize("path", ["rfis.xls", "rfis", "rfis.csv", "rfis.xlsx.txt", "rfis.xlsm"])
def test_a_name_that_excel_would_not_open_is_refused(
    path: str, procore: Procore, server: Server, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=r"doesn't end in \.xlsx"):
        procore.table("rfis", project_id=DEPOT).to_excel(tmp_path / path)
    assert not server.arrived


@pytest.mark.parametrize("path", ["nowhere/rfis.xlsx", "folder", "folder.xlsx", "new/", ""])
def test_what_can_not_be_written_is_refused_before_anything_is_asked_for(
    path: str, procore: Procore, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.xlsx").mkdir()
    there = sorted(tmp_path.iterdir())
    with pytest.raises(OSError):
        procore.table("rfis", project_id=DEPOT).to_excel(f"{tmp_path}/{path}")
    assert not server.arrived and sorted(tmp_path.iterdir()) == there


def test_a_zone_that_is_none_is_refused_before_anything_is_asked_for(
    procore: Procore, server: Server, file: Path
) -> None:
    with pytest.raises(ParameterError, match="tz is a zone's name"):
        procore.table("rfis", project_id=DEPOT).to_excel(file, tz="New York")
    assert not server.arrived and not file.exists()


@pytest.mark.parametrize("known", ["fetched", "drawn"])
def test_too_many_rows_are_refused_before_anything_is_asked_for_where_they_are_known(
    known: str, procore: Procore, server: Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, other = procore.table("rfis", project_id=HARBOR), procore.table("rfis", project_id=DEPOT)
    monkeypatch.setattr("procore_jupyter.tables.table.MANY", 20)
    table.fetch() if known == "fetched" else table._repr_mimebundle_()
    assert table.is_fetched == (known == "fetched")
    monkeypatch.setattr(sheet, "MOST_ROWS", 44)
    before = len(server.arrived)
    file.write_bytes(b"old")
    with pytest.raises(ParameterError) as caught:
        procore_jupyter.to_excel(file, {"Depot": other, "Harbor": table})
    assert str(caught.value).startswith(
        "Harbor has 45 rows, and a sheet of Excel holds 44 and the header. Ask for fewer"
    )
    assert len(server.arrived) == before and file.read_bytes() == b"old"


def test_too_many_rows_are_refused_as_soon_as_procore_has_told_how_many(
    connect_to: Callable[..., Procore], api: SmallApi, server: Server, file: Path, temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    api.lists[rfis_of(HARBOR)] = rfis(9000)
    monkeypatch.setattr(sheet, "MOST_ROWS", 8999)
    file.write_bytes(b"old")
    procore = connect_to(server.url, PageSize=500, MaxConcurrency=1)
    with pytest.raises(ParameterError, match="rfis has 9,000 rows"):
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert len(server.arrived) < 12, "9,000 rows, 500 a page"
    assert file.read_bytes() == b"old" and only(file, temporary)


def test_too_many_rows_are_refused_when_they_come_where_procore_does_not_tell(
    procore: Procore, server: Server, file: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: Arrived) -> Answer:
        found = SmallApi({rfis_of(HARBOR): rfis(45)})(request)
        return Answer(
            found.status, found.body, {name: one for name, one in found.headers.items() if name != "Total"}
        )

    server.answer = answer
    monkeypatch.setattr(sheet, "MOST_ROWS", 44)
    with pytest.raises(ParameterError, match="rfis has 45 rows"):
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert not [*file.parent.iterdir()] and not [*temporary.iterdir()]


def test_as_many_rows_as_a_sheet_holds_are_written(
    procore: Procore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 45)
    procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert len(rows_of(file)) == 45


@pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreIncompleteWarning")
@pytest.mark.parametrize("drawn", [False, True])
def test_rows_that_max_rows_keeps_away_do_not_count(
    drawn: bool,
    server: Server,
    connect_to: Callable[..., Procore],
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("procore_jupyter.tables.table.MANY", 20)
    monkeypatch.setattr(sheet, "MOST_ROWS", 30)
    table = connect_to(server.url, MaxRows=30, PageSize=20).table("rfis", project_id=HARBOR)
    if drawn:
        table._repr_mimebundle_()
    table.to_excel(file)
    assert len(rows_of(file)) == 30


def test_too_many_columns_are_refused(procore: Procore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_COLUMNS", 5)
    with pytest.raises(ParameterError, match=r"columns, and a sheet of Excel holds 5\. "):
        procore.table("rfis", project_id=DEPOT).to_excel(file)
    assert not [*file.parent.iterdir()]


def test_the_limits_are_excels() -> None:
    assert (sheet.MOST_ROWS, sheet.MOST_COLUMNS, sheet_rows.MOST_CHARACTERS) == (2**20 - 1, 2**14, 2**15 - 1)


# What fails on the way


def test_a_refusal_leaves_the_old_file(procore: Procore, api: SmallApi, file: Path, temporary: Path) -> None:
    file.write_bytes(b"old")
    api.refused[rfis_of(HARBOR)] = Answer(404, b'{"errors": "no"}')
    tables = {str(one): procore.table("rfis", project_id=one) for one in (DEPOT, HARBOR)}
    with pytest.raises(NotFound):
        procore_jupyter.to_excel(file, tables)
    assert file.read_bytes() == b"old" and only(file, temporary)


def test_a_list_that_breaks_off_leaves_no_half_file(
    procore: Procore, api: SmallApi, server: Server, file: Path, temporary: Path
) -> None:
    def answer(request: Arrived) -> Answer:
        return Answer(drop=True) if "&page=3" in request.path else api(request)

    server.answer = answer
    with pytest.raises(requests.RequestException):
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert not [*file.parent.iterdir()] and not [*temporary.iterdir()]


@pytest.mark.parametrize("at", ["add_worksheet", "_store_workbook"])
def test_a_disk_that_is_full_leaves_the_old_file(
    at: str, procore: Procore, file: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    file.write_bytes(b"old")
    monkeypatch.setattr(xlsxwriter.Workbook, at, full)
    with pytest.raises(OSError, match="No space left"):
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert file.read_bytes() == b"old" and only(file, temporary)


def test_an_interrupt_leaves_the_old_file_and_nothing_else(
    procore: Procore, api: SmallApi, server: Server, file: Path, temporary: Path
) -> None:
    file.write_bytes(b"old")

    def answer(request: Arrived) -> Answer:
        if "&page=3" in request.path:
            _thread.interrupt_main()
        return api(request)

    server.answer = answer
    api.lists[rfis_of(HARBOR)] = rfis(2000)
    with pytest.raises(KeyboardInterrupt):
        procore.table("rfis", project_id=HARBOR).to_excel(file)
    assert file.read_bytes() == b"old" and only(file, temporary)


# In a spreadsheet


@pytest.mark.skipif(
    not shutil.which("soffice"), reason="LibreOffice is not here (Debian: apt install libreoffice-calc-nogui)"
)
def test_libreoffice_opens_it_and_sees_the_same(procore: Procore, api: SmallApi, file: Path) -> None:
    texts = [*TEXTS.values()]
    api.lists[rfis_of(HARBOR)] = [{**rfis(1)[0], "id": at, "subject": one} for at, one in enumerate(texts, 1)]
    api.lists[rfis_of(DEPOT)] = [{"id": 2**60, "due_date": "1899-12-31"}]
    tables = {str(one): procore.table("rfis", project_id=one) for one in (HARBOR, DEPOT)}
    procore_jupyter.to_excel(file, tables, tz="America/New_York")
    out = file.parent / "opened"
    home = (file.parent / "libreoffice").as_uri()
    options = ["--headless", f"-env:UserInstallation={home}", "--convert-to", "xlsx", "--outdir", str(out)]
    subprocess.run(["soffice", *options, str(file)], check=True, capture_output=True, timeout=240)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles that LibreOffice writes
        seen = openpyxl.load_workbook(out / file.name)
    assert seen.sheetnames == [str(HARBOR), str(DEPOT), "About"]
    head, *rows = seen[str(HARBOR)].iter_rows()
    at = {cell.value: place for place, cell in enumerate(head)}
    assert [row[at["subject"]].value.replace("_x005F_", "_") for row in rows] == texts
    assert {row[at["subject"]].data_type for row in rows} == {"s"}
    assert {row[at["due_date"]].value for row in rows} == {datetime.datetime(2026, 11, 30)}
    assert {row[at["created_at"]].value for row in rows} == {datetime.datetime(2026, 11, 23, 12, 4, 5)}
    assert {row[at["cost_impact.value"]].value for row in rows} == {1234.5}
    assert {row[at["private"]].value for row in rows} == {"=FALSE()"}, "what LibreOffice makes of false"
    formulas = {
        cell.value for one in seen for row in one.iter_rows() for cell in row if cell.data_type == "f"
    }
    assert formulas == {"=FALSE()"}
    assert seen[str(HARBOR)].auto_filter.ref == seen[str(HARBOR)].dimensions
    _, only_row = seen[str(DEPOT)].iter_rows(values_only=True)
    assert only_row[0] == str(2**60) and "1899-12-31" in only_row
