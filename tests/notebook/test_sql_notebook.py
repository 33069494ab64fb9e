"""``notebooks/04-sql.ipynb``: its cells run, each question is explained and costs what it says, and answers are the company's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from procore_jupyter import connect
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import OOB, sign_in
from tests.demo.listing import HARBOR_TOWER, Lists

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SQL = NOTEBOOKS / "04-sql.ipynb"
RUN = "import sys, nbformat, nbclient as n; x = nbformat.read(sys.argv[1], 4); n.execute(x); nbformat.write(x, sys.argv[2])"
QUESTIONS = (
    "one-project",
    "all-projects",
    "overdue",
    "budget",
    "over-budget",
    "subcontractors",
    "changes",
    "site",
    "open-items",
    "rates",
)
MOST = {
    "one-project": 2,
    "all-projects": 11,
    "overdue": 1,
    "budget": 5,
    "subcontractors": 11,
    "site": 3,
    "open-items": 2,
    "rates": 0,
}
"""The most requests that a question takes, after those before it."""


class Ran:
    """The notebook after a run."""

    def __init__(self, notebook: Any) -> None:
        self.cells = {cell.id: cell for cell in notebook.cells}

    def plain(self, name: str) -> str:
        """Return what a cell drew and printed, as text."""
        outputs = self.cells[name].outputs
        return "\n".join(one.get("data", {}).get("text/plain", one.get("text", "")) for one in outputs)


@pytest.fixture(scope="module")
def demo_here() -> Iterator[DemoProcore]:
    """Give a demo without limits."""
    with DemoProcore(parameters=DemoParameters(hourly_limit=None, spike_limit=None)) as demo:
        yield demo


@pytest.fixture(scope="module")
def ran(demo_here: DemoProcore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Run the notebook once, as a program does, with the sign-in that somebody has left behind."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            ours = name.startswith(("PROCORE_", "JUPYTER", "JPY_", "IPYTHON", "XDG_"))
            if ours or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(folder))
        demo_here.write_address()
        flows: list[LoginFlow] = []
        with connect(f"Profile=Demo;CallbackURL={OOB}", show=flows.append):
            sign_in(flows[0])
            flows[0].wait(20)
        made = folder / "made.ipynb"
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(SQL), str(made)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Ran(nbformat.read(made, 4))
        demo_here.remove_address()


def test_it_is_kept_without_outputs_and_leads_to_the_other_one() -> None:
    notebook = json.loads(SQL.read_text(encoding="utf-8"))
    nbformat.validate(nbformat.from_dict(notebook))
    for cell in notebook["cells"]:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell["id"])
        assert cell["cell_type"] != "code" or (cell["outputs"], cell["execution_count"]) == ([], None)
    assert "](02-tables.ipynb)" in SQL.read_text(encoding="utf-8")
    assert "](04-sql.ipynb)" in (NOTEBOOKS / "02-tables.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_explained_answered_and_told_its_cost(ran: Ran, question: str) -> None:
    explained = ran.plain(f"{question}-explain")
    assert "no request made yet" in explained and "address  GET /rest/" in explained
    told = re.search(r"· (\d+) requests? ·", ran.plain(question))
    assert told is not None
    drawn = ran.plain(f"{question}-cost")
    assert "SQL · " in drawn and f"\n{told[1]} request" in drawn
    assert int(told[1]) <= MOST.get(question, 100)
    assert drawn.index("───") > 0


def test_answers_are_those_of_plain_requests(ran: Ran, demo_here: DemoProcore) -> None:
    lists = Lists(demo_here)
    try:
        rfis = lists.every(f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis", {})
        opened = [row for row in rfis if row["status"] == "open"]
        assert f"SQL · {len(opened)} rows × 4 columns" in ran.plain("one-project-cost")
        first = re.search(r"Harbor Tower +(\d+) ", ran.plain("all-projects-cost"))
        assert first is not None and int(first[1]) == len(opened)
    finally:
        lists.browser.close()
    assert "0 requests" in ran.plain("today-is")
    assert "Incomplete: rfis" in ran.plain("subcontractors-cost")
    assert "Incomplete" not in ran.plain("overdue-cost")
    assert "Quenchwell Fire Protection" in ran.plain("named")
