"""What queries ask an embedded Procore for, and that its answers stay right however its filters behave."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import get_args

import duckdb
import pyarrow as pa
import pytest

from procore_jupyter import Procore, ProcoreIncompleteWarning
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.filters import Behavior
from procore_jupyter.demo.parameters import DemoParameters
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS
from tests.soak import SOAK

PROJECTS = 5
"""Active projects. `benchmarks/sql_requests.py` asks a company that has more."""
TABLES = ("projects", "rfis", "budget_views", "coordination_issues", "vendors", "locations")


@pytest.fixture(scope="module")
def few() -> Iterator[DemoProcore]:
    """Give an embedded Procore of a few active projects, of which one has no RFIs for anybody."""
    demo = DemoProcore(parameters=DemoParameters(hourly_limit=None, spike_limit=None, projects=PROJECTS))
    demo.start()
    yield demo
    demo.stop()


def session(demo: DemoProcore) -> Procore:
    return connect(text_for(demo, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS)), person=False)


def asked(demo: DemoProcore, procore: Procore, query: str) -> list[str]:
    """Return the addresses that a query asks for."""
    before = len(demo.requests)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreIncompleteWarning)
        procore.sql(query).fetch()
    return [one.path for one in demo.requests[before:] if one.path.startswith("/rest/")]


LIST = "/rest/v1.1/projects"
RFIS = "/rest/v1.0/projects/4713/rfis"


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        ("SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Depot South'", [LIST, RFIS]),
        ("SELECT id FROM rfis WHERE project_id IN (SELECT id FROM projects WHERE name = 'Depot South')", [LIST, RFIS]),
        ("SELECT id FROM rfis WHERE project_id = (SELECT id FROM projects WHERE name = 'Depot South')", [LIST, RFIS]),
        ("SELECT id FROM rfis WHERE project_name = 'Depot South'", [LIST, RFIS]),
        ("SELECT id FROM rfis WHERE project_id = 4713", [RFIS]),
        ("SELECT id FROM rfis WHERE project_id = 4713 AND number::DOUBLE < 'infinity'::DOUBLE", [RFIS]),
        ("SELECT id FROM rfis WHERE project_id = 4713 AND number::DOUBLE <> '-inf'::FLOAT + '1'::FLOAT", [RFIS]),
        ("SELECT id FROM rfis WHERE project_id = 4713 AND number::DOUBLE < 'nan'::DOUBLE", [RFIS]),
        ("SELECT id, subject FROM rfis LIMIT 3", [LIST, "/rest/v1.0/projects/4711/rfis"]),
        ("SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'No Such Project'", [LIST]),
        ("SELECT 1 AS one", []),
    ],
)  # fmt: skip
def test_a_query_asks_for_what_it_needs(few: DemoProcore, query: str, addresses: list[str]) -> None:
    procore = session(few)
    assert asked(few, procore, query) == addresses
    assert asked(few, procore, query) == []
    procore.close()


def test_budget_rows_are_asked_for_view_by_view(few: DemoProcore) -> None:
    procore = session(few)
    found = asked(
        few,
        procore,
        "SELECT b.id FROM budget_detail_rows b JOIN budget_views v ON b.budget_view_id = v.id"
        " JOIN projects p ON v.project_id = p.id WHERE p.name = 'Depot South'",
    )
    views = [one for one in found if one.endswith("/detail_rows")]
    assert found[:2] == [LIST, "/rest/v1.0/budget_views"] and len(found) == 2 + len(views)
    assert len({*views}) == 2  # each of them in two pages
    procore.close()


def test_all_projects_cost_a_request_each_and_a_narrower_question_none(few: DemoProcore) -> None:
    procore = session(few)
    query = "SELECT project_id, subject FROM rfis WHERE status = 'open'"
    assert len(asked(few, procore, query)) == 1 + PROJECTS
    assert asked(few, procore, query) == []
    assert asked(few, procore, f"{query} AND updated_at > now() - INTERVAL 30 DAY") == []
    assert asked(few, procore, f"{query} AND project_id = 4711 AND subject ILIKE '%door%'") == []
    procore.close()


QUERIES = (
    "SELECT id FROM rfis WHERE status = 'open' AND updated_at >= TIMESTAMPTZ '{time}'",
    "SELECT id FROM rfis WHERE updated_at > TIMESTAMPTZ '{time}' AND updated_at >= TIMESTAMPTZ '{later}'",
    "SELECT id FROM rfis WHERE updated_at = TIMESTAMPTZ '{time}' OR status = 'Open'",
    "SELECT id FROM rfis WHERE status = 'Open' UNION ALL SELECT id FROM rfis WHERE status = 'draft' AND project_id = 4713",
    "SELECT p.id, r.id FROM projects p LEFT JOIN rfis r ON r.project_id = p.id AND r.status = 'draft' AND NOT p.active",
    "SELECT p.id FROM projects p WHERE p.id NOT IN (SELECT project_id FROM rfis WHERE status = 'draft')",
    "SELECT id, status, priority FROM coordination_issues WHERE status IN ('open', 'closed') AND priority = 'high'",
    "SELECT id FROM coordination_issues WHERE status = 'OPEN'",
    "SELECT i.id FROM coordination_issues i JOIN projects p ON i.project_id = p.id WHERE p.name LIKE '%Depot%' AND i.updated_at < TIMESTAMPTZ '{later}'",
    "SELECT id, name FROM projects WHERE updated_at BETWEEN TIMESTAMPTZ '{time}' AND TIMESTAMPTZ '{later}'",
    "SELECT DISTINCT ON (project_id) id FROM rfis WHERE project_id IN (4711, 4713, 4714) ORDER BY updated_at DESC, id",
    "SELECT r.id FROM (FROM rfis ORDER BY id LIMIT 40) r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Harbor Tower'",
    "SELECT l.id, r.id FROM locations l JOIN rfis r ON r.location_id = l.id AND r.project_id = l.project_id WHERE l.project_id = 4711 AND r.status = 'draft'",
    "SELECT v.name, count(*) FROM vendors v JOIN rfis r ON r.responsible_contractor.id = v.id WHERE r.project_id = 4714 GROUP BY v.name",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(few: DemoProcore) -> dict[str, pa.Table]:
    """Give all rows of some tables."""
    procore = session(few)
    rows = {name: procore.sql(f"FROM {name}", projects="all").to_arrow() for name in TABLES}
    procore.close()
    return rows


@pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreIncompleteWarning")
@pytest.mark.parametrize("behavior", get_args(Behavior) if SOAK else ["exact", "exclusive", "ignored"])
def test_answers_are_those_of_whole_tables(
    few: DemoProcore, whole: dict[str, pa.Table], behavior: Behavior
) -> None:
    before, procore, known = few.parameters, session(few), duckdb.connect()
    known.execute("SET TimeZone = 'UTC'")
    for name, rows in whole.items():
        known.register(name, rows)
    times = known.execute("SELECT quantile_disc(updated_at, [0.3, 0.7])::VARCHAR[] FROM rfis").fetchall()[0][
        0
    ]
    few.parameters = dataclasses.replace(before, filters=behavior)
    try:
        for number, query in enumerate(QUERIES):
            text = query.format(time=times[0], later=times[1])
            if number % 5 == 0:
                procore.forget()
            found = procore.sql(text, projects="all").to_arrow()
            expected = known.execute(text).fetchall()
            got = [*zip(*(column.to_pylist() for column in found.columns), strict=True)]
            assert sorted(map(repr, got)) == sorted(map(repr, expected)), text
    finally:
        few.parameters = before
        procore.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, custom_fields FROM submittals WHERE project_id = 4713",  # whose labels are asked for
        "SELECT id, project_name FROM submittals WHERE project_id = 4713",  # whose project's name is asked for
        "SELECT id FROM punch_items WHERE project_id BETWEEN 1 AND 3",  # of which the list of projects has none
        "SELECT count(*) FROM rfis WHERE project_id = 4712 OR project_id = 4713",  # one is refused
    ],
)
def test_a_query_costs_what_it_says_and_what_explain_said(few: DemoProcore, query: str) -> None:
    procore = session(few)
    expected = procore.sql(f"EXPLAIN {query}").requests
    before = len(few.requests)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreIncompleteWarning)
        answer = procore.sql(query)
    made = len([one for one in few.requests[before:] if one.path.startswith("/rest/")])
    assert answer.requests.least == made
    assert expected.least <= made
    assert expected.most is None or made <= expected.most
    procore.close()


def test_requests_that_were_all_refused_are_counted_too(few: DemoProcore) -> None:
    procore = session(few)
    query = (
        "SELECT id FROM punch_items WHERE project_id IN (SELECT id FROM locations WHERE project_id = 4713)"
    )
    before = len(few.requests)
    answer = procore.sql(query)
    made = [one.path for one in few.requests[before:] if one.path.startswith("/rest/")]
    assert made.count("/rest/v1.1/punch_items") > 1
    assert answer.requests.least == len(made)
    procore.close()
