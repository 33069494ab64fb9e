"""``notebooks/03-reports.ipynb``: its cells run, and what they write is right when a spreadsheet reads it back."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from tests.notebook.notebook_runs import Row, Run, day, run, today

REPORTS = "03-reports.ipynb"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(REPORTS, tmp_path_factory.mktemp("reports")) as found:
        yield found


@pytest.fixture(scope="module")
def still_open(ran: Run) -> list[tuple[str, Row]]:
    rows = ran.everywhere("/rest/v1.0/projects/{project}/rfis")
    return [(project, row) for project, row in rows if row["status"] == "open"]


@pytest.fixture(scope="module")
def overdue(still_open: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
    now = today([row for _, row in still_open])
    return [(name, row) for name, row in still_open if row["due_date"] and day(row["due_date"]) < now]


def cells(ran: Run, file: str, sheet: str) -> list[tuple[Any, ...]]:
    """Return a sheet's values, as openpyxl reads them; a formula would be its text."""
    book = openpyxl.load_workbook(ran.folder / file)
    return list(book[sheet].iter_rows(values_only=True))


def listed(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return a sheet's rows of RFIs, sorted: the order of those due on one day doesn't matter."""
    return sorted(
        (project, number, subject, due.date(), court) for project, number, subject, due, court in rows
    )


def test_no_cell_fails_and_the_only_warning_is_the_one_that_it_explains(ran: Run) -> None:
    ran.assert_quiet("overdue")
    ran.assert_no_secret()


@pytest.mark.parametrize(
    ("file", "sheet"), [("overdue-rfis.xlsx", "Overdue RFIs"), ("rfi-report.xlsx", "Overdue RFIs")]
)
def test_overdue_rfis_of_all_projects(
    ran: Run, overdue: list[tuple[str, Row]], file: str, sheet: str
) -> None:
    head, *rows = cells(ran, file, sheet)
    assert head == ("Project", "Number", "Subject", "Due", "Ball in court")
    assert listed(rows) == sorted(
        (name, row["full_number"], row["subject"], day(row["due_date"]), row["ball_in_court"]["name"])
        for name, row in overdue
    )
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    assert f"has {len(overdue)} RFIs" in ran.printed("overdue-file") and len(overdue) > 50


def test_several_tables_in_a_workbook(ran: Run) -> None:
    book = openpyxl.load_workbook(ran.folder / "harbor-tower.xlsx")
    assert book.sheetnames[:3] == ["RFIs", "Submittals", "Budget"]
    for sheet, path in (
        ("RFIs", "/rest/v1.0/projects/{project}/rfis"),
        ("Submittals", "/rest/v1.1/projects/{project}/submittals"),
    ):
        assert book[sheet].max_row == len(ran.every(path)) + 1
        assert book[sheet].freeze_panes and book[sheet].auto_filter.ref
    for sheet in book.worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), sheet.title


def test_a_report_with_a_chart(
    ran: Run, still_open: list[tuple[str, Row]], overdue: list[tuple[str, Row]]
) -> None:
    _, *rows = cells(ran, "rfi-report.xlsx", "Summary")
    for name, count, late, oldest in rows:
        dates = [day(row["due_date"]) for project, row in still_open if project == name and row["due_date"]]
        assert count == sum(project == name for project, _ in still_open)
        assert late == sum(project == name for project, _ in overdue)
        assert isinstance(oldest, datetime.datetime) and oldest.date() == min(dates)
    assert len(rows) == len({project for project, _ in still_open})
    book = openpyxl.load_workbook(ran.folder / "rfi-report.xlsx")
    assert book["Overdue RFIs"].freeze_panes == "A2"
    (chart,) = book["Summary"]._charts
    assert str(len(rows) + 1) in chart.series[0].val.numRef.f
