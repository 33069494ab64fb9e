"""A query for what isn't there has plain SQL's answer, and a note that says what isn't there."""

from __future__ import annotations

import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore

LIST = "/rest/v1.1/projects"


def asked(company: DemoProcore, procore: Procore, query: str) -> tuple[list[str], list[str]]:
    """Return the addresses that a query asks for, and the notes of its answer, which has no rows."""
    before = len(company.requests)
    answer = procore.sql(query).fetch()
    assert answer.num_rows == 0
    return [one.path for one in company.requests[before:] if one.path.startswith("/rest/")], sorted(
        answer.notes
    )


NO_HABOR = "Procore lists no project called 'Habor Tower' for you. Did you mean 'Harbor Tower'?"


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("SELECT id FROM rfis WHERE project_name = 'Habor Tower'", [NO_HABOR]),
        ("SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Habor Tower'", [NO_HABOR]),
        ("SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Habor Tower' AND r.status = 'opne'",
            [NO_HABOR, "Procore's filter of rfis knows no status 'opne'. Did you mean 'open'?"]),
        ("SELECT id FROM rfis WHERE project_name IN ('Habor Tower', 'depot north')",
            ["Procore lists no project called 'Habor Tower' or 'depot north' for you. Did you mean 'Harbor Tower' or 'Depot North'?"]),
        ("SELECT id FROM rfis WHERE project_name LIKE 'Habor%' OR project_name = 'Habor Tower'", []),
        ("SELECT id FROM rfis WHERE lower(project_name) = 'habor tower'", []),
    ],
)  # fmt: skip
def test_a_note_says_which_project_isnt_there(
    company: DemoProcore, procore: Procore, query: str, notes: list[str]
) -> None:
    addresses, found = asked(company, procore, query)
    assert {*addresses} == {LIST}
    assert found == notes


def test_a_value_that_procores_filter_doesnt_know_is_a_note(company: DemoProcore, procore: Procore) -> None:
    _, notes = asked(company, procore, "SELECT id FROM rfis WHERE project_id = 4711 AND status IN ('x', 'y')")
    assert notes == ["Procore's filter of rfis knows no status 'x' or 'y'. It knows open, closed, draft."]
    open_ones = procore.sql("SELECT id FROM rfis WHERE project_id = 4711 AND (status = 'opne' OR id > 0)")
    assert open_ones.num_rows and "filter" not in str(open_ones)


def test_explain_says_it_once_the_projects_are_known(company: DemoProcore, procore: Procore) -> None:
    query = "EXPLAIN SELECT id FROM rfis WHERE project_name = 'Habor Tower'"
    assert "Habor" not in str(procore.sql(query)).partition("\n")[2].replace("'Habor Tower'  (", "")
    procore.projects()
    procore.sql("SELECT id FROM projects").fetch()
    before = len(company.requests)
    explained = procore.sql(query)
    ids = procore.sql("EXPLAIN SELECT id FROM rfis WHERE project_id IN (1, 3, 5, 7, 4711)")
    assert "Procore lists no project with the id 1, 3, 5 or 1 more for you." in str(ids)
    assert NO_HABOR in str(explained) and "0 requests" in str(explained)
    assert "Did you mean" in explained._repr_mimebundle_()["text/html"]
    assert len(company.requests) == before
