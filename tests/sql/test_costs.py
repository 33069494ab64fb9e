"""What EXPLAIN says that a query costs, what its answer says, and what was asked for: the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from procore_jupyter import Procore, ProcoreIncompleteWarning
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.sql.answers.answer import Answer
from procore_jupyter.sql.answers.explaining import Explanation
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS

ACTIVE, INACTIVE = 5, 2


@pytest.fixture(scope="module")
def few() -> Iterator[DemoProcore]:
    """Give an embedded Procore of a few active projects and two others; one of them has no RFIs for anybody."""
    demo = DemoProcore(parameters=DemoParameters(hourly_limit=None, spike_limit=None, projects=ACTIVE))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def session(few: DemoProcore) -> Iterator[Procore]:
    """Give a session that has asked for nothing."""
    text = text_for(few, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreIncompleteWarning)
        procore = connect(text, person=False)
        yield procore
    procore.close()


def answered(procore: Procore, query: str, projects: str | None = None) -> Answer:
    """Return a query's answer."""
    found = procore.sql(query, projects=projects)
    assert isinstance(found, Answer)
    return found


def explained(procore: Procore, query: str, projects: str | None) -> Explanation:
    """Return what EXPLAIN says."""
    return answered(procore, f"EXPLAIN {query}", projects).requests


OF_DEPOTS = "JOIN projects p ON {}.project_id = p.id WHERE p.name LIKE 'Depot%'"


@pytest.mark.parametrize(
    ("query", "projects"),
    [
        ("SELECT count(*) FROM rfis", None),
        ("SELECT count(*) FROM rfis", "all"),
        ("SELECT count(*) FROM rfis", "Harbor Tower"),
        ("SELECT count(*) FROM rfis WHERE project_name LIKE 'Depot%'", None),
        ("SELECT count(*) FROM rfis WHERE project_id IN (4711, 4713)", None),
        ("SELECT count(*) FROM rfis r JOIN projects p ON r.project_id = p.id", None),
        ("SELECT count(*) FROM rfis r JOIN submittals s ON r.project_id = s.project_id AND r.id = s.id", None),
        (f"SELECT count(*) FROM rfis r {OF_DEPOTS.format('r')}", None),
        (f"SELECT count(*) FROM budget_detail_rows b JOIN budget_views v ON b.budget_view_id = v.id {OF_DEPOTS.format('v')}", None),
        ("SELECT count(*) FROM budget_detail_rows WHERE project_id = 4711", None),
        ("SELECT count(*) FROM locations", None),
        ("SELECT project_name, custom_fields FROM submittals WHERE project_id = 4711", None),
    ],
)  # fmt: skip
def test_explain_the_answer_and_the_requests_made_have_the_same_numbers(
    few: DemoProcore, session: Procore, query: str, projects: str | None
) -> None:
    for _ in range(2):  # with nothing kept, and with all of it
        before = explained(session, query, projects)
        asked = len(few.requests)
        answer = answered(session, query, projects)
        made = sum(1 for one in few.requests[asked:] if one.path.startswith("/rest/"))
        assert answer.requests.least == answer.requests.most == made
        assert f" {made} request" in answer.caption
        listed = [
            any(one.table == "list of projects" for one in found.steps) for found in (before, answer.requests)
        ]
        assert listed[0] == listed[1]
        beside = (
            "custom_fields" in query and 2
        )  # what EXPLAIN doesn't foresee: names of projects, labels of fields
        assert before.least <= made and (before.most is None or made <= before.most + beside)
        # Of which projects it is, both say in the same words once they are known.
        assert (before.about.split()[-1:] == answer.requests.about.split()[-1:]) and before.about in (
            answer.requests.about,
            "active projects",
            "all projects",
        )
    assert made == 0


def test_a_join_with_all_projects_is_of_those_that_arent_active_too(session: Procore) -> None:
    session.sql("SELECT id FROM projects").fetch()
    query = "SELECT count(*) FROM rfis r JOIN projects p ON r.project_id = p.id"
    assert f"0 to {ACTIVE + INACTIVE} requests" in str(explained(session, query, None))
    assert f"{ACTIVE} requests" in str(explained(session, "SELECT count(*) FROM rfis", None))


def test_a_project_that_refuses_is_counted_everywhere(session: Procore) -> None:
    answer = answered(session, "SELECT count(*) FROM rfis")
    assert f"{ACTIVE - 1} of {ACTIVE} projects" in str(answer).splitlines()[0]
    assert f"{ACTIVE - 1} of {ACTIVE} projects" in str(answer.requests)
    assert (
        answer.requests.summary == f"{ACTIVE + 1} requests · 1 table"
    )  # the list of projects is no table of the query's
