"""Constants without a value are told before anything is fetched, and only where the error is certain."""

from __future__ import annotations

from typing import Any

import pytest

from procore_jupyter import Procore, SQLError
from procore_jupyter.demo.app import DemoProcore


@pytest.mark.parametrize(
    ("query", "says", "marked"),
    [
        ("SELECT id FROM rfis WHERE due_date = '2026-13-01'", "'2026-13-01' isn't a day. Write one as", "'2026-13-01'"),
        ("SELECT id\nFROM rfis\nWHERE status = 'open' AND updated_at > 'yesterday'", "'yesterday' isn't a time.", "'yesterday'"),
        ("SELECT id FROM rfis WHERE project_id = 'Harbor Tower'", "a project's name is in  project_name.", "'Harbor Tower'"),
        ("SELECT id FROM rfis WHERE id IN (1, '12a')", "'12a' isn't a whole number.", "'12a'"),
        ("SELECT id FROM rfis WHERE id IN (1, 2, 3, 4, 5, 6, 7, 'abc')", "'abc' isn't a whole number.", "'abc'"),
        ("SELECT id FROM prime_contracts WHERE grand_total > '1,000'", "'1,000' isn't a number. Write one without commas", "'1,000'"),
        ("SELECT id FROM rfis WHERE updated_at > now() - INTERVAL '7 dayz'", "'7 dayz' isn't a length of time.", "INTERVAL '7 dayz'"),
        ("SELECT id FROM rfis WHERE private = 'yep'", "'yep' isn't true or false.", "'yep'"),
        ("SELECT id FROM rfis r WHERE r.assignee = 'Ann'", "r.assignee is a record of id, login, name: compare one of its fields, as in  r.assignee.name = 'Ann'.", "'Ann'"),
        ("SELECT id FROM submittals WHERE status IN ('Open', 'Draft')", "as in  status.name = 'Open'.", "'Open'"),
        ("SELECT id FROM rfis WHERE 'Ann' = assignee", "What is compared is a record: compare one of its fields", "'Ann'"),
        ("SELECT DATE '2026-02-30' - due_date FROM rfis", "'2026-02-30' isn't a day.", "DATE '2026-02-30'"),
        ("SELECT id FROM rfis WHERE due_date > make_date(2026, 13, 1)", "Date out of range", "make_date(2026, 13, 1)"),
        ("SELECT id FROM rfis WHERE id = 9223372036854775807 + 1", "Overflow", "+"),
        ("SELECT r.id FROM projects p LEFT JOIN rfis r ON r.project_id = p.id AND r.due_date < '2026-11-31'", "'2026-11-31' isn't a day.", "'2026-11-31'"),
        ("EXPLAIN SELECT id FROM rfis WHERE due_date = '11/30/2026'", "'11/30/2026' isn't a day.", "'11/30/2026'"),
        ("SELECT '日本', $n + 1 FROM rfis WHERE due_date = '2026-02-30'", "'2026-02-30' isn't a day.", "'2026-02-30'"),
        ("SELECT $n FROM rfis r WHERE r.due_date = $day", "'tomorrow' isn't a day.", "$day"),
        ("PIVOT (FROM rfis WHERE due_date = '2026-02-30') ON status USING count(*)", "'2026-02-30' isn't a day.", "'2026-02-30'"),
    ],
)  # fmt: skip
def test_a_constant_without_a_value_is_told_with_its_place_before_anything_is_fetched(
    company: DemoProcore, procore: Procore, query: str, says: str, marked: str
) -> None:
    before = len(company.requests)
    given: dict[str, Any] = {"n": 1, "day": "tomorrow"}
    with pytest.raises(SQLError) as error:
        procore.sql(query, {name: value for name, value in given.items() if f"${name}" in query})
    assert [one.path for one in company.requests[before:] if one.path.startswith("/rest/")] == []
    words, _, place = str(error.value).partition("\n\n")
    assert says in words and "Error" not in words
    line, carets = place.split("\n")
    assert carets.count("^") == len(marked) and line.rstrip().find(marked) >= 0


@pytest.mark.parametrize(
    "condition",
    [
        "CASE WHEN a = 2 THEN 'abc'::INT = 1 ELSE true END",
        "coalesce(true, 'abc'::INT = 1)",
        "a = 1 OR due = '2026-02-30'",
        "a = coalesce(1, 'abc'::INT)",
        "TRY_CAST('abc' AS INT) IS NULL",
        "TRY('abc'::INT) IS NULL",
        "if(a = 1, true, 'abc'::BOOL)",
    ],
)
def test_a_constant_that_may_not_be_looked_at_is_no_mistake(procore: Procore, condition: str) -> None:
    query = f"SELECT a FROM (VALUES (1, current_date), (2, NULL)) t(a, due) WHERE {condition} AND a = 1"
    assert procore.sql(query)["a"].to_pylist() == [1]
