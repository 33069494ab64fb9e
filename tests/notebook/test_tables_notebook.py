"""``notebooks/02-tables.ipynb``: its cells run, draw what they say, and its answers are those of the company."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
import pytest

from procore_jupyter import connect
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import OOB, sign_in
from tests.demo.listing import HARBOR_TOWER, Lists

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
TABLES = "02-tables.ipynb"
RUN = "import sys, nbformat, nbclient as n; x = nbformat.read(sys.argv[1], 4); n.execute(x); nbformat.write(x, sys.argv[2])"

PLOTS = {"rfis-plot", "budget-plot", "changes-plot", "site-plot", "open-plot"}
DRAWN = {"first", "rfis", "incomplete", "projects", "budget", "changes", "site", "delays", "open"}

Row = dict[str, Any]


@dataclass
class Ran:
    """The notebook after a run, the demo that it asked, and what must not stand in it."""

    notebook: Any
    lists: Lists
    secrets: set[str]

    def outputs(self, name: str) -> list[Any]:
        """Return the outputs of the cell with this id."""
        (cell,) = [one for one in self.notebook.cells if one.id == name]
        return list(cell.outputs)

    def data(self, name: str, kind: str) -> list[str]:
        """Return a cell's outputs of one MIME type."""
        return [one.data[kind] for one in self.outputs(name) if kind in one.get("data", {})]

    def printed(self, name: str) -> str:
        """Return what a cell printed."""
        return "".join(one.text for one in self.outputs(name) if one.output_type == "stream")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Run the notebook once, as a program does, with the sign-in that somebody has left behind."""
    folder = tmp_path_factory.mktemp("notebook")
    parameters = DemoParameters(hourly_limit=None, spike_limit=None)  # the tests ask as well
    with pytest.MonkeyPatch.context() as patch, DemoProcore(parameters=parameters) as demo:
        for name in [*os.environ]:
            ours = name.startswith(("PROCORE_", "JUPYTER", "JPY_", "IPYTHON", "XDG_", "MPL"))
            if ours or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(folder))
        demo.write_address()
        flows: list[LoginFlow] = []
        with connect(f"Profile=Demo;CallbackURL={OOB}", show=flows.append):
            sign_in(flows[0])
            flows[0].wait(20)
        made = folder / "made.ipynb"
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(NOTEBOOKS / TABLES), str(made)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        tokens = (folder / ".local/share/procore-jupyter/tokens.json").read_text(encoding="utf-8")
        secrets = {demo.client_secret, *re.findall(r'"[a-z_]*token": *"([^"]{16,})"', tokens)}
        lists = Lists(demo)
        yield Ran(nbformat.read(made, 4), lists, secrets)
        lists.browser.close()
        demo.remove_address()


def day(written: str) -> datetime.date:
    return datetime.date.fromisoformat(written[:10])


def millions(amount: Decimal) -> str:
    return f"${amount / 1_000_000:.1f} million"


def money(rows: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def every(lists: Lists, path: str, **parameters: Any) -> list[Row]:
    return lists.every(path, parameters)


def active(lists: Lists) -> list[int]:
    found = every(lists, "/rest/v1.1/projects", company_id=1234, **{"filters[by_status]": "Active"})
    return [row["id"] for row in found]


def today(lists: Lists) -> datetime.date:
    """Return the day of the newest change to an RFI: the notebook's today."""
    return max(day(row["updated_at"]) for row in every(lists, f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis"))


# ------------------------------------------------------------------------------------ as it is handed out


@pytest.mark.parametrize("name", ["01-connect.ipynb", TABLES])
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
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        name = f"notebooks/{notebook.name}"
        assert packed[name] == f"procore_jupyter/demo/{name}"


def test_the_notebooks_lead_to_each_other() -> None:
    for here, there in (("01-connect.ipynb", TABLES), (TABLES, "01-connect.ipynb")):
        assert f"]({there})" in (NOTEBOOKS / here).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------- after a run


def test_no_cell_fails_and_the_only_warning_is_the_one_that_it_explains(ran: Ran) -> None:
    for cell in ran.notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.id
            if output.output_type == "stream" and output.name == "stderr" and "font cache" not in output.text:
                assert cell.id == "projects" and "ProcoreIncompleteWarning" in output.text
    assert "ProcoreIncompleteWarning" in ran.printed("projects")


def test_each_plot_is_one_figure_that_is_clear_behind_and_says_what_its_axis_is(ran: Ran) -> None:
    assert {one.id for one in ran.notebook.cells if one.id.endswith("-plot")} == PLOTS
    for name in PLOTS:
        (figure,) = ran.data(name, "image/svg+xml")
        assert "<path" in figure and "<dc:date>" in figure
        assert "fill: none" in figure[figure.index('id="patch_1"') :][:200], f"{name} has a background"
        source = next(one.source for one in ran.notebook.cells if one.id == name)
        assert re.search(r'[xy]label="[^"]+"', source), name


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_each_table_that_is_drawn_has_rows(ran: Ran, name: str) -> None:
    (table,) = ran.data(name, "text/html")
    body = table[table.index("<tbody") :]
    assert body.count("<tr") >= 5


def test_no_output_holds_a_secret(ran: Ran) -> None:
    outputs = json.dumps([one.get("outputs", []) for one in ran.notebook.cells])
    assert len(ran.secrets) >= 3
    for secret in ran.secrets:
        assert secret not in outputs


# ------------------------------------------------------------- the answers, asked of the company by plain requests


def test_the_rfis_that_are_overdue_and_those_of_skyline_builders(ran: Ran) -> None:
    now = today(ran.lists)
    assert ran.printed("today").strip() == f"Today is {now:%A, %d %B %Y}."
    rfis = every(ran.lists, f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis")
    still_open = [row for row in rfis if row["status"] == "open"]
    overdue = [row for row in still_open if row["due_date"] and day(row["due_date"]) < now]
    users = every(ran.lists, f"/rest/v1.0/projects/{HARBOR_TOWER}/users")
    company = {user["id"]: (user["vendor"] or {}).get("name") for user in users}
    ours = [row for row in overdue if company[row["ball_in_court"]["id"]] == "Skyline Builders"]
    late = median((now - day(row["due_date"])).days for row in overdue)
    said = ran.printed("rfis-answer")
    assert (
        f"{len(overdue)} of {len(still_open)} open RFIs are overdue, half of them by {late:.0f} days" in said
    )
    assert f"{len(ours)} of them wait for Skyline Builders itself." in said
    assert 0 < len(ours) < len(overdue) < len(still_open)


def test_the_project_that_cannot_answer_is_told_of_and_the_others_are_counted(ran: Ran) -> None:
    now, counted = today(ran.lists), []
    for project in active(ran.lists):
        path = f"/rest/v1.0/projects/{project}/rfis"
        if ran.lists.get(path).status_code == 403:
            continue
        rows = [row for row in every(ran.lists, path) if row["status"] == "open"]
        counted.append((len(rows), sum(bool(row["due_date"]) and day(row["due_date"]) < now for row in rows)))
    (drawn,) = ran.data("incomplete", "text/plain")
    assert "12 projects · 11 answered" in drawn and '"Depot North"' in drawn
    assert f"{sum(one[0] for one in counted):,} rows" in drawn
    (table,) = ran.data("projects", "text/plain")
    shown = [(int(one), int(two)) for one, two in re.findall(r"(\d+) +(\d+) +\d{4}-\d\d-\d\d", table)]
    assert sorted(shown) == sorted(counted) and len(shown) == 11


def test_the_budget_the_forecast_and_the_contract(ran: Ran) -> None:
    views = every(ran.lists, "/rest/v1.0/budget_views", project_id=HARBOR_TOWER)
    (forecast,) = [view["id"] for view in views if view["name"] == "Forecast"]
    rows = every(ran.lists, f"/rest/v1.0/budget_views/{forecast}/detail_rows", project_id=HARBOR_TOWER)
    budget, over = money(rows, "Revised Budget"), -money(rows, "Projected Over Under")
    contracts = every(ran.lists, "/rest/v1.0/prime_contracts", project_id=HARBOR_TOWER)
    approved = money(contracts, "approved_change_orders")
    paid = money(contracts, "grand_total") + approved
    said = ran.printed("budget-answer")
    assert f"Budget {millions(budget)}, forecast {millions(budget + over)}: {millions(over)} over." in said
    assert f"The owner pays {millions(paid)}, {millions(approved)} of it for approved changes." in said
    worst: dict[str, Decimal] = {}
    for row in rows:
        code = row["cost_code"]
        worst[code] = worst.get(code, Decimal(0)) + Decimal(row["Projected Over Under"])
    (table,) = ran.data("budget", "text/plain")
    first = min(worst, key=lambda code: worst[code])
    assert re.search(rf"{re.escape(first)} .* {worst[first] / 1000:,.0f}\s", table[table.index("over (−)") :])


def test_what_pending_changes_are_worth(ran: Ran) -> None:
    asked, wanted = [], []
    for project in active(ran.lists):
        path = f"/rest/v1.0/projects/{project}/commitment_change_orders"
        asked += every(ran.lists, "/rest/v1.0/potential_change_orders", project_id=project)
        wanted += [row for row in every(ran.lists, path) if row["status"] == "pending"]
    proceeding = [row for row in asked if row["status"] == "proceeding"]
    waiting = proceeding + [row for row in asked if row["status"] == "pending"]
    said = ran.printed("changes-answer")
    total, at_risk = money(waiting, "grand_total"), money(proceeding, "grand_total")
    assert f"{len(waiting)} changes, worth {millions(total)}, wait for approval in 12 projects." in said
    assert f"For {millions(at_risk)} of it the work goes on all the same." in said
    assert f"ask for {millions(money(wanted, 'grand_total'))} in {len(wanted)} change orders." in said
    assert 0 < at_risk < total


def test_the_people_on_site_and_what_held_them_up(ran: Ran) -> None:
    now = today(ran.lists)
    start = now - datetime.timedelta(weeks=6)
    place = f"/rest/v1.0/projects/{HARBOR_TOWER}"
    dates: dict[str, Any] = {"start_date": start, "end_date": now}
    logs = every(ran.lists, f"{place}/manpower_logs", **dates)
    people = sum(row["num_workers"] for row in logs) / len({row["date"] for row in logs})
    hours = sum(float(row["man_hours"]) for row in logs)
    weather = every(ran.lists, f"{place}/weather_logs", **dates)
    lost: dict[str, float] = {}
    for row in every(ran.lists, f"{place}/delay_logs", start_date="2025-01-01", end_date=now):
        began = row["start_time_hour"] + row["start_time_minute"] / 60
        ended = row["end_time_hour"] + row["end_time_minute"] / 60
        lost[row["delay_type"]] = lost.get(row["delay_type"], 0) + ended - began
    most = max(lost, key=lambda kind: lost[kind])
    said = ran.printed("site-answer")
    assert f"Since {start:%d %B}: {people:.0f} people on a day with a log, {hours:,.0f} hours in all." in said
    assert f"{sum(row['is_weather_delay'] == 'Yes' for row in weather)} days had a weather delay." in said
    assert f"“{most}”: {lost[most]:.0f} of {sum(lost.values()):.0f} hours lost since 2025." in said


def test_what_is_open_the_longest_and_who_has_the_most(ran: Ran) -> None:
    now = datetime.datetime.combine(today(ran.lists), datetime.time(), datetime.UTC)
    found: set[tuple[str, str, int]] = set()
    for row in every(ran.lists, f"/rest/v1.1/projects/{HARBOR_TOWER}/submittals"):
        if row["status"]["status"] != "Closed":
            age = (now - datetime.datetime.fromisoformat(row["created_at"])).days
            found.add((row["responsible_contractor"]["name"], f"submittal {row['formatted_number']}", age))
    for row in every(ran.lists, "/rest/v1.1/punch_items", project_id=HARBOR_TOWER):
        if row.get("closed_at") is None:
            age = (now - datetime.datetime.fromisoformat(row["created_at"])).days
            found |= {
                (one["vendor"]["name"], f"punch item {row['position']}", age) for one in row["assignments"]
            }
    said = ran.printed("open-answer")
    slowest = max(age for _, _, age in found)
    who = re.search(r"Open the longest: (.+?), (.+), (\d+) days\.", said)
    assert who and (who[2], who[1], int(who[3])) in found and int(who[3]) == slowest
    ages: dict[str, list[int]] = {}
    for contractor, _, age in found:
        ages.setdefault(contractor, []).append(age)
    most = max(ages, key=lambda contractor: len(ages[contractor]))
    half = median(ages[most])
    assert f"Most open items: {most}, {len(ages[most])}, half of them for {half:.0f} days or more." in said


def test_all_rfis_of_the_project_are_kept_in_a_file(ran: Ran) -> None:
    rfis = every(ran.lists, f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis")
    assert ran.printed("keep").strip() == f"rfis.parquet holds {len(rfis)} RFIs."
