"""``notebooks/02-tables.ipynb``: its cells run, draw what they say, and its ten answers are those of the company."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
import pytest

from tests.demo.listing import HARBOR_TOWER
from tests.notebook.notebook_runs import NOTEBOOKS, Row, Run, day, run, today

ROOT = Path(__file__).parents[2]
TABLES = "02-tables.ipynb"
ALL = ("01-connect.ipynb", TABLES, "03-reports.ipynb", "04-sql.ipynb")

ANSWERS = (
    "rfis", "response", "submittals", "punch", "changes", "budget", "manpower", "safety", "actions", "drawings",
)  # fmt: skip
PLOTS = {"budget-plot", "manpower-plot", "safety-plot"}
LINES = 6
"""Lines that an answer may have."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(TABLES, tmp_path_factory.mktemp("notebook")) as found:
        yield found


@pytest.fixture(scope="module")
def rfis(ran: Run) -> list[tuple[str, Row]]:
    return [*ran.everywhere("/rest/v1.0/projects/{project}/rfis")]


@pytest.fixture(scope="module")
def now(rfis: list[tuple[str, Row]]) -> datetime.date:
    return today([row for _, row in rfis])


def amounts(rows: Iterable[Row], columns: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return rows of a drawn frame as tuples that can be compared: a name, then amounts in whole cents."""
    first, *others = columns
    return sorted((row[first], *(round(float(row[one]), 2) for one in others)) for row in rows)


def largest(counts: Iterable[int]) -> list[int]:
    """Return the ten largest counts, of more than ten: those that are drawn."""
    found = sorted(counts, reverse=True)
    assert len(found) > 10
    return found[:10]


# ------------------------------------------------------------------------------------ as it is handed out


@pytest.mark.parametrize("name", ALL)
def test_a_notebook_is_kept_without_outputs_and_its_cells_have_names_to_read(name: str) -> None:
    notebook = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    nbformat.validate(nbformat.from_dict(notebook))
    for cell in notebook["cells"]:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell["id"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


def test_each_notebook_goes_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert sorted(one.name for one in NOTEBOOKS.glob("*.ipynb")) == [*ALL]
    for name in ALL:
        assert packed[f"notebooks/{name}"] == f"procore_jupyter/demo/notebooks/{name}"


def test_the_notebooks_lead_to_each_other() -> None:
    for here in ALL:
        text = (NOTEBOOKS / here).read_text(encoding="utf-8")
        assert any(f"]({there})" in text for there in ALL if there != here)


def test_an_answer_is_six_lines_of_plain_pandas() -> None:
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOKS / TABLES, 4).cells}
    for name in ANSWERS:
        assert len(cells[name].splitlines()) <= LINES, name
        assert f"## {ANSWERS.index(name) + 1}. " in cells[f"{name}-text"]
    assert not re.search(r"(?i)arrow|struct|dtype", " ".join(cells.values()))


# ---------------------------------------------------------------------------------------------- after a run


def test_no_cell_fails_and_the_only_warning_is_the_one_that_it_explains(ran: Run) -> None:
    ran.assert_quiet("today")
    ran.assert_no_secret()


def test_each_plot_is_one_figure_that_says_what_its_axis_is(ran: Run) -> None:
    assert {one.id for one in ran.notebook.cells if one.id.endswith("-plot")} == PLOTS
    for name in PLOTS:
        (figure,) = ran.data(name, "image/svg+xml")
        assert "<path" in figure and re.search(r'[xy]label="[^"]+"', ran.cell(name).source), name


# ------------------------------------------------------------- the answers, asked of the company by plain requests


def test_overdue_rfis_by_ball_in_court(ran: Run, rfis: list[tuple[str, Row]], now: datetime.date) -> None:
    assert f"Today is {now:%A, %d %B %Y}." in ran.printed("today").splitlines()
    turns: dict[str, list[tuple[str, datetime.date]]] = defaultdict(list)
    for project, row in rfis:
        if row["status"] == "open" and row["due_date"] and day(row["due_date"]) < now:
            turns[row["ball_in_court"]["name"]].append((project, day(row["due_date"])))
    expected = {
        (name, len(some), len({project for project, _ in some}), min(due for _, due in some))
        for name, some in turns.items()
    }
    drawn = ran.frame("rfis")
    assert {
        (row["ball_in_court.name"], row["rfis"], row["projects"], day(row["oldest"])) for row in drawn
    } <= expected
    assert [row["rfis"] for row in drawn] == largest(len(some) for some in turns.values())


def test_response_days_by_project(ran: Run, rfis: list[tuple[str, Row]]) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for project, row in rfis:
        if row["time_resolved"]:
            asked, answered = (
                datetime.datetime.fromisoformat(row[one]) for one in ("initiated_at", "time_resolved")
            )
            days[project].append((answered - asked).days)
    expected = sorted((name, len(some), median(some), max(some)) for name, some in days.items())
    drawn = ran.frame("response")
    assert sorted((row["project_name"], row["count"], row["median"], row["max"]) for row in drawn) == expected
    assert len(expected) == 11


def test_late_submittals_by_specification_section(ran: Run, now: datetime.date) -> None:
    late: dict[str, list[datetime.date]] = defaultdict(list)
    for row in ran.every("/rest/v1.1/projects/{project}/submittals"):
        is_late = row["status"]["status"] == "Open" and row["due_date"] and day(row["due_date"]) < now
        if is_late and row["specification_section"]:
            late[row["specification_section"]["label"]].append(day(row["due_date"]))
    expected = {(name, len(some), min(some)) for name, some in late.items()}
    drawn = ran.frame("submittals")
    assert {
        (row["specification_section.label"], row["late"], day(row["oldest"])) for row in drawn
    } <= expected
    assert [row["late"] for row in drawn] == largest(len(some) for some in late.values())


def test_open_punch_items_by_trade_and_building(ran: Run) -> None:
    items = [
        row
        for row in ran.every("/rest/v1.1/punch_items", project_id=HARBOR_TOWER)
        if row["status"] != "Closed"
    ]
    placed = Counter(
        (row["trade"]["name"], row["location"]["name"].partition(" > ")[0])
        for row in items
        if row["trade"] and row["location"]
    )
    drawn = {
        (row["trade.name"], building): count
        for row in ran.frame("punch")
        for building, count in row.items()
        if building != "trade.name" and count
    }
    assert {pair: count for pair, count in drawn.items() if "Total" not in pair} == placed
    assert drawn["Total", "Total"] == placed.total() > 10


def test_change_orders_against_contracts_by_vendor(ran: Run) -> None:
    contracts = [
        *ran.every("/rest/v1.0/purchase_order_contracts", project_id=HARBOR_TOWER, view="extended"),
        *ran.every("/rest/v1.0/work_order_contracts", project_id=HARBOR_TOWER, view="extended"),
    ]
    vendors = {int(row["id"]): row["vendor"]["name"] for row in contracts}
    worth: dict[str, Counter[str]] = defaultdict(Counter)
    for row in ran.every("/rest/v1.0/projects/{project}/commitment_change_orders"):
        worth[vendors[int(row["contract_id"])]][row["status"]] += Decimal(row["grand_total"])  # type: ignore[assignment]
    signed: Counter[str] = Counter()
    for row in contracts:
        signed[row["vendor"]["name"]] += Decimal(row["grand_total"])  # type: ignore[assignment]
    columns = ["approved", "draft", "pending", "void"]
    expected = [
        {"vendor": name, "contracts": signed[name], **{one: some[one] for one in columns}}
        for name, some in worth.items()
    ]
    expected = sorted(expected, key=lambda row: float(row["contracts"]), reverse=True)[:10]  # type: ignore[arg-type]
    drawn = ran.frame("changes")
    assert amounts(drawn, ["vendor", "contracts", *columns]) == amounts(
        expected, ["vendor", "contracts", *columns]
    )
    assert len(drawn) == 10


def test_budget_by_cost_code(ran: Run) -> None:
    views = ran.every("/rest/v1.0/budget_views", project_id=HARBOR_TOWER)
    (view,) = [one["id"] for one in views if one["name"] == "Standard budget"]
    rows = ran.every(f"/rest/v1.0/budget_views/{view}/detail_rows", project_id=HARBOR_TOWER)
    columns = ["Revised Budget", "Committed Costs", "Direct Costs", "Job to Date Costs"]
    sums: dict[str, Row] = {}
    for row in rows:
        code = sums.setdefault(row["cost_code"], {"cost_code": row["cost_code"], **dict.fromkeys(columns, 0)})
        for one in columns:
            code[one] += Decimal(row[one])
    for code in sums.values():
        code["left"] = code["Revised Budget"] - code["Committed Costs"] - code["Direct Costs"]
    expected = sorted(sums.values(), key=lambda code: Decimal(code["left"]))[:10]
    shown = ["cost_code", *columns, "left"]
    assert amounts(ran.frame("budget"), shown) == amounts(expected, shown)
    assert len(sums) > 20


def test_hours_by_vendor_and_week(ran: Run, now: datetime.date) -> None:
    start = now - datetime.timedelta(weeks=8)
    logs = ran.every("/rest/v1.0/projects/{project}/manpower_logs", start_date=start, end_date=now)
    hours: Counter[tuple[str, str]] = Counter()
    for row in logs:
        monday = day(row["date"]) - datetime.timedelta(days=day(row["date"]).weekday())
        hours[row["vendor"]["name"], str(monday)] += Decimal(row["man_hours"])  # type: ignore[assignment]
    drawn = {
        (row["vendor.name"], week[:10]): round(worked, 2)
        for row in ran.frame("manpower")
        for week, worked in row.items()
        if week != "vendor.name" and worked
    }
    assert drawn == {pair: round(float(worked), 2) for pair, worked in hours.items() if worked}
    assert len({week for _, week in drawn}) in (8, 9)


def test_observations_and_incidents_by_month(ran: Run) -> None:
    observed = Counter(
        row["created_at"][:7] for row in ran.every("/rest/v1.0/observations/items", project_id=HARBOR_TOWER)
    )
    happened = Counter(row["event_date"][:7] for row in ran.every("/rest/v1.0/projects/{project}/incidents"))
    drawn = {row["index"]: (row["observations"], row["incidents"]) for row in ran.frame("safety")}
    months = sorted({*observed, *happened})[-12:]
    assert drawn == {month: (observed[month], happened[month]) for month in months}


def test_open_action_items_of_meetings(ran: Run) -> None:
    topics = ran.every("/rest/v1.1/projects/{project}/meeting_topics")
    mine: dict[str, list[datetime.date]] = defaultdict(list)
    for row in topics:
        if row["status"] != "Closed":
            for person in row["assignments"]:
                mine[person["name"]].append(day(row["due_date"]))
    counted = Counter({name: len(some) for name, some in mine.items()})
    drawn = ran.frame("actions")
    assert [row["items"] for row in drawn] == largest(counted.values())
    assert all(
        (row["items"], day(row["oldest"])) == (counted[name], min(mine[name]))
        for row in drawn
        for name in [row["assignments.name"]]
    )


def test_latest_drawings_with_their_files(ran: Run) -> None:
    revisions = ran.every("/rest/v1.0/projects/{project}/drawing_revisions")
    latest = sorted((row["number"], row["revision_number"]) for row in revisions if row["current"])[:3]
    drawn = ran.frame("drawings")
    assert [(row["number"], row["revision_number"]) for row in drawn] == latest
    for row in drawn:
        assert (ran.folder / "drawings" / row["file"]).read_bytes().startswith(b"%PDF")
