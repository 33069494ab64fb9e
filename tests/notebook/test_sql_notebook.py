"""``notebooks/04-sql.ipynb``: its cells run, each question is explained and costs what it says, and answers are the company's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.notebook.notebook_runs import NOTEBOOKS, Run, run

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


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run("04-sql.ipynb", tmp_path_factory.mktemp("notebook")) as found:
        yield found


def test_the_notebook_of_tables_leads_to_it() -> None:
    assert "](04-sql.ipynb)" in (NOTEBOOKS / "02-tables.ipynb").read_text(encoding="utf-8")


def test_no_secret_is_in_it(ran: Run) -> None:
    ran.assert_no_secret()


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_explained_answered_and_told_its_cost(ran: Run, question: str) -> None:
    explained = ran.plain(f"{question}-explain")
    assert "no request made yet" in explained and "address  GET /rest/" in explained
    told = re.search(r"· (\d+) requests? ·", ran.plain(question))
    assert told is not None
    drawn = ran.plain(f"{question}-cost")
    assert "SQL · " in drawn and f"\n{told[1]} request" in drawn
    assert int(told[1]) <= MOST.get(question, 100)
    assert drawn.index("───") > 0


def test_answers_are_those_of_plain_requests(ran: Run) -> None:
    rfis = ran.every("/rest/v1.0/projects/{project}/rfis")
    opened = [row for row in rfis if row["status"] == "open"]
    assert f"SQL · {len(opened)} rows × 4 columns" in ran.plain("one-project-cost")
    first = re.search(r"Harbor Tower +(\d+) ", ran.plain("all-projects-cost"))
    assert first is not None and int(first[1]) == len(opened)
    assert "0 requests" in ran.plain("today-is")
    assert "Incomplete: rfis" in ran.plain("subcontractors-cost")
    assert "Incomplete" not in ran.plain("overdue-cost")
    assert "Quenchwell Fire Protection" in ran.plain("named")
