"""Queries that are odd, or of people who want to see what happens."""

from __future__ import annotations

import pytest

from procore_jupyter import Procore, SQLError
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.sql import database
from procore_jupyter.sql.database import Database
from procore_jupyter.sql.planning.pivot import turned
from procore_jupyter.sql.planning.planner import locked_down

INACTIVE = 4720


def test_the_environments_proxy_is_not_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://somebody:secret@proxy.example:80")
    for cursor in (Database().cursor(), locked_down().cursor()):
        found = cursor.execute("SELECT name FROM duckdb_settings() WHERE value LIKE '%secret@%'").fetchall()
        assert found == []
        assert cursor.execute("SELECT current_setting('http_proxy')").fetchall() == [("",)]


def asked(company: DemoProcore, procore: Procore, query: str) -> tuple[int, list[str]]:
    """Return how many rows a query has, and which addresses it asks for, with nothing kept."""
    procore.forget()
    before = len(company.requests)
    count = len(procore.sql(query))
    return count, [one.path for one in company.requests[before:] if one.path.startswith("/rest/")]


RFIS = f"/rest/v1.0/projects/{INACTIVE}/rfis"


@pytest.mark.parametrize(
    "query",
    [
        "PIVOT (SELECT status, project_id FROM rfis WHERE project_id = 4720) ON status USING count(*)",
        "WITH few AS (FROM rfis WHERE project_id = 4720) PIVOT few ON status USING count(*) GROUP BY project_id",
        "WITH few AS (FROM rfis WHERE project_id = 4720), wide AS (PIVOT few ON status USING count(*) GROUP BY project_id) FROM wide WHERE project_id > 1",
        "SELECT * EXCLUDE (project_id) FROM (PIVOT (FROM rfis WHERE project_id = 4720) ON status USING count(*) GROUP BY project_id)",
        "SELECT id, a.person.name FROM rfis, unnest(assignees) a(person) WHERE project_id = 4720",
        "SELECT id FROM rfis WHERE project_id = 4720.0",
        "SELECT id FROM rfis WHERE (project_name = 'Old Cannery' AND status = 'closed') OR (project_name = 'Old Cannery' AND private)",
        # rows
        "SELECT id FROM rfis WHERE (project_id, company_id) IN ((4720, 1234), (4720, 1235))",
        "SELECT id FROM rfis WHERE (project_id, company_id) = (4720, 1234)",
        "SELECT r.id FROM rfis r JOIN projects p ON (r.project_id, r.company_id) = (p.id, p.company_id) WHERE p.name = 'Old Cannery'",
        # expressions
        "SELECT id FROM rfis WHERE project_id IS NOT DISTINCT FROM 4720",
        "SELECT id FROM rfis WHERE project_id::TEXT = '4720'",
        "SELECT id FROM rfis WHERE coalesce(project_id, 0) = 4720",
        "SELECT id FROM rfis WHERE project_id * 2 = 9440",
        "SELECT id FROM rfis WHERE CASE WHEN project_id = 4720 THEN true ELSE false END",
        "SELECT id FROM rfis WHERE lower(trim(project_name)) = 'old cannery'",
        "SELECT id FROM rfis WHERE regexp_matches(project_name, 'Canner[yi]')",
        "SELECT id FROM rfis WHERE project_name SIMILAR TO 'Old C.*'",
        "SELECT id FROM rfis WHERE list_contains([4720], project_id)",
        "SELECT id FROM rfis WHERE NOT (project_id <> 4720 OR subject IS NULL)",
        # joins and keys
        "SELECT r.id FROM rfis r JOIN projects p ON r.project_id IS NOT DISTINCT FROM p.id WHERE p.name = 'Old Cannery'",
        "SELECT r.id FROM rfis r JOIN projects p ON r.project_id::VARCHAR = p.id::VARCHAR WHERE p.name = 'Old Cannery'",
        "SELECT r.id FROM rfis r JOIN projects p ON lower(r.project_name) = lower(p.name) WHERE p.id = 4720",
        "SELECT r.id FROM rfis r JOIN (VALUES ('4720')) v(x) ON r.project_id = v.x::BIGINT",
        "SELECT r.id FROM rfis r JOIN unnest([4720]) u(x) ON r.project_id = u.x",
        "SELECT r.id FROM rfis r JOIN (SELECT id FROM projects WHERE name = 'Old Cannery' UNION SELECT 4720) k ON k.id = r.project_id",
        "SELECT id FROM rfis WHERE project_id IN (SELECT id FROM projects WHERE NOT active INTERSECT SELECT id FROM projects WHERE id <= 4720)",
        "SELECT r.id FROM rfis r JOIN (SELECT max(id) AS x FROM projects WHERE name = 'Old Cannery') k ON k.x = r.project_id",
        "WITH RECURSIVE k AS (SELECT 4720 AS x, 1 AS n UNION ALL SELECT x, n + 1 FROM k WHERE n < 3) SELECT r.id FROM rfis r JOIN k ON r.project_id = k.x",
        "SELECT r.id FROM projects p ASOF JOIN rfis r ON r.project_id = p.id AND p.updated_at >= r.updated_at - INTERVAL 9 YEAR WHERE p.id = 4720",
        "SELECT r.id FROM rfis r FULL JOIN projects p ON p.id = r.project_id WHERE contains(r.project_name, 'Cannery')",
    ],
)
def test_a_project_that_is_not_active_is_read_where_the_query_names_it(
    company: DemoProcore, procore: Procore, query: str
) -> None:
    count, addresses = asked(company, procore, query)
    assert count
    assert [one for one in addresses if one.endswith("/rfis")] == [RFIS]


ABOVE = "The condition on the project chooses among these rows of rfis, and reads no others"


@pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreIncompleteWarning")
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT id FROM (FROM rfis ORDER BY id LIMIT 3) WHERE project_id = 4720", True),
        ("SELECT id, count(*) OVER () AS n FROM rfis QUALIFY project_name = 'Old Cannery'", True),
        (
            "SELECT id, count(*) OVER (PARTITION BY project_id) AS n FROM rfis QUALIFY project_id = 4711",
            False,
        ),
        ("SELECT id FROM (FROM rfis WHERE project_id = 4711 LIMIT 3) WHERE project_id = 4720", False),
        ("SELECT count(*) FROM rfis", False),
    ],
)
def test_a_condition_that_chooses_among_rows_that_were_read_is_told_of(
    procore: Procore, query: str, says: bool
) -> None:
    answer = procore.sql(query)
    assert says == any(note.startswith(ABOVE) for note in answer.fetch().notes)
    assert says == (ABOVE in repr(answer))


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("PIVOT rfis ON status", "FROM  rfis "),
        ("/* pivot */ pivot (FROM rfis WHERE subject = ')') AS a\nON a", "/* pivot */ FROM  (FROM rfis WHERE subject = ')') "),
        ('PIVOT_WIDER main."my rfis" ON "from"', 'FROM        main."my rfis" '),
        ("WITH a AS (FROM rfis) PIVOT a ON b IN ('x')", "WITH a AS (FROM rfis) FROM  a "),
        ("PIVOT a ON b UNION ALL FROM c", ""),
        ("FROM (PIVOT a ON b)", "FROM  a "),
        ("WITH a AS (FROM rfis), x AS (PIVOT a ON b) FROM x", "WITH a AS (FROM rfis)FROM  a "),
        ("WITH a AS (FROM rfis), c AS (FROM a) SELECT d FROM (PIVOT c ON b) p", "WITH a AS (FROM rfis), c AS (FROM a) FROM  c "),
        ("WITH a AS (FROM rfis), x AS (PIVOT a ON b) FROM x JOIN a", ""),
        ("FROM (FROM (PIVOT a ON b))", ""),
        ("SELECT 1", ""),
        ("PIVOT", ""),
        ("PIVOT (a", ""),
    ],
)  # fmt: skip
def test_the_rows_that_a_pivot_turns_have_a_query_of_their_own(query: str, rows: str) -> None:
    assert turned(query)[0] == rows


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("PIVOT (SELECT nope FROM rfis) ON nope", "There is no column 'nope'"),
        ("PIVOT (SELECT getenv('HOME') h) ON h", "There is no function getenv"),
        ("WITH x AS/**/(/**/INSERT INTO rfis FROM rfis RETURNING *) FROM x", "SQL over Procore only reads: INSERT"),
    ],
)  # fmt: skip
def test_an_odd_query_is_refused_before_anything_is_fetched(
    company: DemoProcore, procore: Procore, query: str, says: str
) -> None:
    before = len(company.requests)
    with pytest.raises(SQLError, match=says):
        procore.sql(query)
    assert [one.path for one in company.requests[before:] if one.path.startswith("/rest/")] == []


def test_hundreds_of_conditions_are_planned_or_refused_in_clear_words(procore: Procore) -> None:
    conditions = " AND ".join(f"id <> {number}" for number in range(900))
    try:
        said = str(procore.sql(f"EXPLAIN SELECT id FROM rfis WHERE project_id = 4711 AND {conditions}"))
    except SQLError as error:  # how deep Python goes depends on its version
        said = str(error)
    assert "too many parts one within another" in said or "project 4711" in said


def test_records_are_compared_and_narrow_nothing(procore: Procore) -> None:
    some = "SELECT assignee FROM rfis WHERE project_id = 4711 AND assignee IS NOT NULL ORDER BY id LIMIT 1"
    found = procore.sql(f"SELECT count(*) n FROM rfis WHERE project_id = 4711 AND assignee = ({some})")
    assert found["n"].to_pylist()[0] > 0


def test_times_lose_their_nanoseconds_and_nothing_else(procore: Procore) -> None:
    query = "SELECT TIMESTAMP_NS '2026-01-01 00:00:00.123456789'::TIMESTAMPTZ_NS AS moment"
    (moment,) = procore.sql(query)["moment"].to_pylist()
    assert moment.isoformat() == "2026-01-01T00:00:00.123456+00:00"


def test_an_answer_that_is_too_large_is_an_error(procore: Procore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MEMORY", "40MB")
    with pytest.raises(
        SQLError, match=r"The answer has more than [\d,]+ rows, and is larger than half of the memory"
    ):
        procore.sql("SELECT a.i, b.i FROM range(100_000) a(i), range(100_000) b(i)")
    assert len(procore.sql("SELECT i FROM range(1_000_000) t(i)")) == 1_000_000


@pytest.mark.parametrize("rows", [1, 300_000])
def test_an_error_after_the_first_rows_is_told_as_any_other(procore: Procore, rows: int) -> None:
    value = f"CASE WHEN i < {rows} - 1 THEN i::VARCHAR ELSE 'x' END"
    with pytest.raises(SQLError, match=r"Could not convert string 'x' to INT(.|\n)*LINE 1: (.|\n)*\^"):
        procore.sql(f"SELECT ({value})::INT FROM range({rows}) t(i)")
