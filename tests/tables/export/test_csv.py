"""A CSV file holds the rows that a table holds, as RFC 4180 and Excel have them, and no text in it becomes a formula."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas
import pytest
import requests

from procore_jupyter import ParameterError, Procore, ProcoreIncompleteWarning
from procore_jupyter.tables.export.csv import harmless
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import SmallApi, rfis, rfis_of
from tests.tables.two_projects import DEPOT, HARBOR, api, empty, procore, server

__all__ = ["api", "empty", "procore", "server"]  # fixtures


@pytest.fixture
def file(empty: Path) -> Path:
    return empty / "rfis.csv"


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as Python reads them."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return [*csv.DictReader(text, strict=True)]


def test_a_file_is_utf_8_with_a_mark_and_lines_as_the_rfc_has_them(
    procore: Procore, api: SmallApi, file: Path
) -> None:
    api.lists[rfis_of(HARBOR)] = [{"id": 1, "subject": 'Ekström "東京", 🏗\nnext'}, {"id": 2}]
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfid,")
    assert '"Ekström ""東京"", 🏗\nnext"'.encode() in content
    assert content.count(b"\r\n") == 3 and content.endswith(b"\r\n")
    assert rows_of(file)[0]["subject"] == 'Ekström "東京", 🏗\nnext'


def test_values_are_written_plainly(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = [
        {
            **rfis(1)[0],
            "id": 2**63 - 1,
            "number": "007",
            "assignees": [{"id": 1, "name": "Reyes, Dana"}, {"id": 2, "name": "Lee"}],
            "cost_impact": {"status": "x", "value": "99999999999999.9900"},
        }
    ]
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    (row,) = rows_of(file)
    assert row["id"] == str(2**63 - 1) and row["number"] == "007"
    assert row["cost_impact.value"] == "99999999999999.99" and row["private"] == "false"
    assert row["due_date"] == "2026-11-30" and row["created_at"] == "2026-11-23 17:04:05"
    assert row["assignees.name"] == "Reyes, Dana; Lee" and row["assignee.name"] == "Dana Reyes"


def test_times_stand_in_the_zone_that_was_chosen(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = [{"id": 1, "created_at": "2026-11-23T17:04:05.25Z"}]
    procore.table("rfis", project_id=HARBOR).to_csv(file, tz="America/New_York")
    assert rows_of(file)[0]["created_at"] == "2026-11-23 12:04:05.250000"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://evil.test")', """'=HYPERLINK("http://evil.test")"""),
        ("+1 555 0100", "'+1 555 0100"),
        ("- check the rebar", "'- check the rebar"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("-", "'-"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("-1,234.50", "-1,234.50"),
        ("a=b", "a=b"),
        ("007", "007"),
        ("'quoted", "'quoted"),
        ("", ""),
    ],
)
def test_a_text_that_would_become_a_formula_has_an_apostrophe(text: str, written: str) -> None:
    assert harmless(text) == written


def test_no_text_of_a_row_or_of_the_header_becomes_a_formula(
    procore: Procore, api: SmallApi, file: Path
) -> None:
    api.lists[rfis_of(HARBOR)] = [
        {"id": 1, "subject": "=1+1", "=cmd": "x", "assignees": [{"id": 1, "name": "@evil"}], "tags": ["-2+3"]}
    ]
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    (row,) = rows_of(file)
    assert row["subject"] == "'=1+1" and row["assignees.name"] == "'@evil" and row["tags"] == "'-2+3"
    assert row["'=cmd"] == "x"


def test_rows_that_were_fetched_and_rows_that_come_make_the_same_file(procore: Procore, file: Path) -> None:
    table = procore.table("rfis", project_id="all active")
    table.to_csv(file)
    assert not table.is_fetched and [*file.parent.iterdir()] == [file]
    streamed = rows_of(file)
    assert [int(row["id"]) for row in streamed] == [*range(1, 46), *range(1000, 1005)]
    table.fetch().to_csv(file)
    assert [{**row, "_unfit": "", "_extra": ""} for row in rows_of(file)] == streamed


def test_many_rows_are_all_there(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = rfis(6500)
    procore.tables.reader.page_size = 1000
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    assert [int(row["id"]) for row in rows_of(file)] == [*range(1, 6501)]


def test_a_list_without_rows_is_a_header(procore: Procore, api: SmallApi, file: Path) -> None:
    api.lists[rfis_of(HARBOR)] = []
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    assert rows_of(file) == [] and file.read_bytes().startswith(b"\xef\xbb\xbfid,")


def test_pandas_reads_it_back(procore: Procore, file: Path) -> None:
    procore.table("rfis", project_id=HARBOR).to_csv(file)
    frame = pandas.read_csv(file, parse_dates=["due_date", "created_at"])
    assert frame["id"].tolist() == [*range(1, 46)] and frame["private"].dtype == "bool"
    assert frame["created_at"][0] == pandas.Timestamp("2026-11-23 17:04:05")


def test_what_is_missing_is_told(procore: Procore, api: SmallApi, file: Path) -> None:
    api.refused[rfis_of(HARBOR)] = Answer(403, b'{"errors": "off"}')
    with pytest.warns(ProcoreIncompleteWarning) as caught:
        procore.table("rfis", project_id="all active").to_csv(file)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert [row["project_id"] for row in rows_of(file)] == [str(DEPOT)] * 5


def test_a_list_that_breaks_off_leaves_the_old_file(
    procore: Procore, api: SmallApi, server: Server, file: Path
) -> None:
    def answer(request: Arrived) -> Answer:
        return Answer(drop=True) if "&page=3" in request.path else api(request)

    server.answer = answer
    file.write_bytes(b"old")
    with pytest.raises(requests.RequestException):
        procore.table("rfis", project_id=HARBOR).to_csv(file)
    assert file.read_bytes() == b"old" and [*file.parent.iterdir()] == [file]


@pytest.mark.parametrize("path", ["nowhere/rfis.csv", "folder", "new/", ""])
def test_what_can_not_be_written_is_refused_before_anything_is_asked_for(
    path: str, procore: Procore, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        procore.table("rfis", project_id=DEPOT).to_csv(f"{tmp_path}/{path}")
    assert not server.arrived


def test_a_zone_that_is_none_is_refused_before_anything_is_asked_for(
    procore: Procore, server: Server, file: Path
) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'America/New_York'"):
        procore.table("rfis", project_id=DEPOT).to_csv(file, tz="New York")
    assert not server.arrived and not [*file.parent.iterdir()]
