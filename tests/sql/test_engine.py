"""A query from its text to its answer: what runs, what doesn't, and what the answer is."""

from __future__ import annotations

import datetime
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from procore_jupyter import Procore, ProcoreIncompleteWarning, ProcoreWarning, SQLError
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.sql import database
from procore_jupyter.sql.answers.answer import Answer
from procore_jupyter.sql.worker import in_thread
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS, HARBOR_TOWER
from tests.forked import in_child

WAYS_OUT = (
    # files
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_parquet('rows.parquet')",
    "SELECT * FROM read_json('rows.json')",
    "SELECT * FROM read_duckdb('other.db')",
    "FROM '/etc/passwd'",
    "FROM 'rows.csv'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM rfis WHERE subject IN (SELECT content FROM read_text('/etc/passwd'))",
    "COPY (SELECT 1) TO 'rows.csv'",
    "COPY rfis FROM 'rows.csv'",
    "EXPORT DATABASE 'folder'",
    "IMPORT DATABASE 'folder'",
    "ATTACH 'other.db' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    # the network, and what would bring it
    "SELECT * FROM read_csv('https://procore.example/rows.csv')",
    "FROM 's3://bucket/rows.parquet'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "CREATE SECRET s (TYPE http)",
    "FROM duckdb_secrets()",
    "SELECT * FROM which_secret('s3://bucket', 's3')",
    # settings
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "PRAGMA enable_external_access",
    "SET VARIABLE a = 1",
    "CALL enable_logging()",
    "FROM enable_logging()",
    "FROM enable_profiling()",
    "SELECT getenv('HOME')",
    "USE memory",
    # Python
    "FROM secrets_of_the_caller",
    "SELECT * FROM query_table('secrets_of_the_caller')",
    "SELECT * FROM query('FROM secrets_of_the_caller')",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM python_map_function(1)",
    "SELECT 1::POINTER",
    # changes
    "INSERT INTO rfis VALUES (1)",
    "UPDATE rfis SET id = 1",
    "DELETE FROM rfis",
    "TRUNCATE rfis",
    "MERGE INTO rfis USING projects p ON rfis.project_id = p.id WHEN MATCHED THEN DELETE",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE MACRO m(a) AS a",
    "DROP TABLE rfis",
    "ALTER TABLE rfis ADD COLUMN a INT",
    "WITH x AS (INSERT INTO rfis VALUES (1) RETURNING *) FROM x",
    "WITH x AS (DELETE FROM rfis RETURNING *) FROM x",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "CHECKPOINT",
    "VACUUM",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE rfis",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN DELETE FROM rfis",
    "EXPLAIN COPY (SELECT 1) TO 'rows.csv'",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT nextval('s')",
)


@pytest.fixture
def asked(company: DemoProcore) -> Iterator[list[Any]]:
    """Give a list that, after the test, must be empty: what the company was asked for."""
    before = len(company.requests)
    found: list[Any] = []
    yield found
    found += company.requests[before:]
    assert [one.path for one in found if one.path.startswith("/rest/")] == []


@pytest.mark.usefixtures("asked")
def test_no_query_gets_out(procore: Procore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a\n1\n")
    secrets_of_the_caller = pd.DataFrame({"a": ["secret"]})
    assert len(secrets_of_the_caller) == 1
    for query in WAYS_OUT:
        with pytest.raises(SQLError) as error:
            procore.sql(query)
        first, *place = str(error.value).splitlines()
        assert first and len(first) < 400, query
        assert not place or (
            place[0] == "" and place[1].startswith("LINE 1: ") and set(place[2].strip()) == {"^"}
        ), query
        assert "secret" not in first.replace("secrets_of_the_caller", "")
        assert "information_schema" not in str(error.value)
    assert [one.name for one in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "There is no query. For instance:  SELECT count(*) FROM projects"),
        (" ;\n; ", "There is no query. For instance"),
        ("-- only this", "There is no query, only a comment."),
        (17, "A query is text; this is a int."),
        ("SELECT 1\x00", "Here is a character that no text can hold"),
        ("SELECT '\ud800'", "Here is a character that no text can hold"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "The query is nested too deeply: at most 1,000 levels."),
        ("SELECT " + "1+" * 50_000 + "1", "The query is nested too deeply"),
        ("SELECT " + "x" * 100_000, "as the query has no FROM."),
        ("SELECT '" + "x" * 1_000_000 + "'", "A query has 1,000,000 characters at most"),
        ("/*" * 20_000 + " SELEC 1", "comment"),
        ("/**/" * 20_000 + " SELEC 1", "Did you mean SELECT instead of SELEC?"),
        ("SELECT ?", "A parameter has a name, as in  WHERE id = $id"),
        ("SELECT $1", "A parameter has a name"),
        ("SELECT $a", 'There is no value for $a: in a notebook it is the variable `a`, in a call  parameters={"a": …}.'),
        ("SELECT subject FORM rfis", "Did you mean FROM instead of FORM?"),
        ("SELECT id\nFROM rfis WHER id = 1", "Did you mean WHERE instead of WHER?\n\nLINE 2: FROM rfis WHER id = 1\n                       ^^"),
        ("SELECT id FROM rfis WHERE", "Something is missing after WHERE"),
        ("SELECT * FROM rfi", "There is no table 'rfi'. There are rfis, rfi_replies.\n\nLINE 1: SELECT * FROM rfi\n                      ^^^"),
        ("FROM Submitals", "Did you mean submittals?"),
        ("FROM sales.rfis", "Procore's tables are in no schema: write rfis."),
        ("DESCRIBE rfi", "There is no table 'rfi'."),
        ('DESC "rf""is"', "LINE 1: DESC \"rf\"\"is\"\n              ^^^^^^"),
        ("EXPLAIN", "There is no query. For instance"),
        ("SELECT statu FROM rfis", "There is no column 'statu'. Did you mean status?\n\nLINE 1: SELECT statu FROM rfis\n               ^^^^^"),
        ('SELECT * FROM rfis WHERE status = "opened by"', "There is no column 'opened by'. Write text in single quotes: 'opened by'."),
        ("SELECT r.id FROM rfis q", "The query has no table or alias 'r'. The query reads q."),
        ("SELECT id FROM rfis JOIN projects p USING (nam)", "There is no column 'nam'. DESCRIBE with"),
        ("SELECT assignee.nane FROM rfis", "There is no column 'nane'. Did you mean name?"),
        ("SELECT TOP 10 * FROM rfis", "Write  LIMIT 10  at the end in place of TOP 10."),
        ("SELECT id FROM rfis WHERE created_at > getdate()", "There is no function getdate. Here it is  now()."),
        ("SELECT id FROM rfis WHERE created_at > now() - 30", "now() - INTERVAL 30 DAY;  from a day as a number:  current_date - 30."),
        ("SELECT sum(subject) FROM rfis", "sum doesn't take these types: sum(VARCHAR)."),
        ("SELECT id FROM rfis WHERE assignee.name = Ann", "There is no column 'Ann'. Write text in single quotes: 'Ann'."),
        ("SELECT lenght(subject) FROM rfis", "There is no function lenght. Did you mean length?"),
        ("SELECT id FROM rfis r, projects p", "Ambiguous reference to column name"),
        ("SELECT DATE '2026-02-30'", "date"),
        ("SELECT '日本', nope FROM rfis", "'nope'.", ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_our_words_with_its_place(procore: Procore, query: Any, says: str) -> None:
    with pytest.raises(SQLError) as error:
        procore.sql(query)
    assert says in str(error.value)
    assert all(len(line) < 400 for line in str(error.value).splitlines())


@pytest.mark.usefixtures("asked")
def test_a_mistake_of_the_run_is_told_too(procore: Procore) -> None:
    with pytest.raises(SQLError, match=r"Could not convert string 'x' to INT"):
        procore.sql("SELECT a::INT FROM (VALUES ('1'), ('x')) t(a)")


@pytest.mark.usefixtures("asked")
def test_memory_is_bounded(procore: Procore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MEMORY", "40MB")
    with pytest.raises(SQLError, match="more memory"):
        procore.sql("SELECT list(i) FROM range(100_000_000_000) t(i)")
    (row,) = procore.sql(
        "SELECT count(*) n FROM (SELECT i FROM range(3_000_000) t(i) ORDER BY hash(i), i)"
    )  # spills
    assert row == {"n": 3_000_000}


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    "query",
    [
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM range(100_000_000_000) a, range(100_000) b",
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="sends a signal to itself")
def test_an_interrupt_ends_a_query_without_end(procore: Procore, query: str) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        procore.sql(query)
    assert procore.sql("SELECT 42 AS answer")["answer"].to_pylist() == [42]


def test_work_that_hears_no_interrupt_is_left_to_itself_and_the_next_query_is_answered(
    procore: Procore,
) -> None:
    let_go, left = threading.Event(), threading.Event()
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        in_thread(lambda: let_go.wait(60), lambda: None, left.set)
    assert left.is_set()
    let_go.set()
    query = "SELECT count(*) AS n FROM submittals WHERE project_id = 4711"
    before = procore.sql(query).to_arrow()
    procore._engine.begin_anew()
    assert procore.sql(query).to_arrow() == before


def test_work_that_was_left_to_itself_is_told_to_stop_until_it_does() -> None:
    let_go, told, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        let_go.wait(60)
        told.clear()
        if told.wait(60):
            ended.set()

    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        in_thread(work, told.set, let_go.set)
    assert ended.wait(60)


def test_work_goes_on_in_the_same_thread_and_in_another_where_that_one_is_still_busy() -> None:
    def number() -> int:
        return threading.get_ident()

    first = in_thread(number, lambda: None)
    assert first != threading.get_ident()
    assert in_thread(number, lambda: None) == first
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 / 0, lambda: None)
    assert in_thread(number, lambda: None) == first
    within = in_thread(lambda: (number(), in_thread(number, lambda: None)), lambda: None)
    assert within[0] == first
    assert within[1] not in (first, threading.get_ident())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_asks_and_answers(procore: Procore) -> None:
    count = (
        procore.sql("SELECT count(*) AS n FROM submittals WHERE project_id = 4711").to_arrow()["n"][0].as_py()
    )

    def in_the_child() -> int:
        again = (
            procore.sql("SELECT count(*) AS n FROM submittals WHERE project_id = 4711")
            .to_arrow()["n"][0]
            .as_py()
        )
        return int(len(procore.table("punch_items", project_id=4711).fetch()) > 0 and again == count)

    assert in_child(in_the_child) == 1


@pytest.mark.usefixtures("asked")
def test_parameters_are_values_and_never_text(procore: Procore) -> None:
    day = datetime.date(2026, 11, 1)
    given = {
        "text": "'; DROP TABLE rfis; --",
        "number": np.int64(7),
        "float": np.float64(2.5),
        "money": Decimal("1.50"),
        "day": day,
        "moment": pd.Timestamp("2026-11-01 10:00", tz="America/New_York"),
        "none": pd.NA,
        "flag": np.bool_(True),
        "ids": pd.Series([1.0, None, 3.0]),
        "names": {"a"},
        "record": {"x": 1},
        "other": object(),
    }
    query = "SELECT $text a, $number b, $float c, $money d, $day e, $moment f, $none IS NULL g, $flag h, 3 = ANY($ids) i, 'a' IN $names j, $record.x k, '$text' l"
    (row,) = procore.sql(query, given)
    assert row == {
        "a": "'; DROP TABLE rfis; --", "b": 7, "c": 2.5, "d": Decimal("1.50"), "e": day,
        "f": datetime.datetime(2026, 11, 1, 15, tzinfo=datetime.UTC), "g": True, "h": True, "i": True, "j": True, "k": 1, "l": "$text",
    }  # fmt: skip
    for value, says in (
        (object(), "$a is a object"),
        (2**70, "more than 64 bits"),
        (10**5000, "more than 64 bits"),
        (pd.DataFrame({"x": [1]}), "name one of its columns"),
        ("a\0", "no text can hold"),
    ):
        with pytest.raises(SQLError, match=says.replace("$", r"\$")):
            procore.sql("SELECT $a", {"a": value})
    with pytest.raises(
        SQLError, match=r"Did you mean \$status\?\n\nLINE 1: SELECT \$statsu\n               \^\^\^\^\^\^\^"
    ):
        procore.sql("SELECT $statsu", {"status": "open"})


@pytest.mark.usefixtures("asked")
def test_frames_are_tables_for_the_query_that_names_them(procore: Procore) -> None:
    given = {
        "sales": pd.DataFrame({"a": [1, 2]}, index=["x", "y"]),
        "Costs": pl.DataFrame({"a": [2, 3]}),
        "lazy": pl.DataFrame({"a": [2]}).lazy(),
        "arrow": pa.table({"a": [2]}),
        "my frame": pa.record_batch({"a": [2]}),
        "status": 3,
        "levels": pd.DataFrame({("a", "b"): [1]}),
        "large": pd.DataFrame({"a": [2**70]}),
    }
    query = 'SELECT s.a FROM sales s JOIN costs USING (a) JOIN lazy USING (a) JOIN arrow USING (a) JOIN "my frame" USING (a)'
    assert [*procore.sql(query.replace("costs", "Costs"), frames=given)] == [{"a": 2}]
    assert procore.sql("DESCRIBE sales", frames=given)["column_name"].to_pylist() == ["a"]
    with pytest.raises(SQLError, match="`status` is a int, and a query reads frames"):
        procore.sql("FROM status", frames=given)
    with pytest.raises(SQLError, match="`levels` can't be read as a table: its columns have several levels"):
        procore.sql("FROM levels", frames=given)
    with pytest.raises(SQLError, match="`large` can't be read as a table: "):
        procore.sql("FROM large", frames=given)
    with pytest.raises(SQLError, match="There is no table 'sales'"):
        procore.sql("FROM sales")


@pytest.mark.usefixtures("asked")
def test_show_and_describe_ask_nobody(procore: Procore) -> None:
    tables = procore.sql("SHOW TABLES;")
    assert {"rfis", "projects"} <= {*tables["name"].to_pylist()}
    assert {*tables["name"].to_pylist()} == {*procore.tables}
    budget = procore.sql("DESCRIBE budget_detail_rows")
    assert [
        one
        for one in budget.fetch().notes
        if "after  SELECT * FROM budget_detail_rows LIMIT 5  DESCRIBE" in one
    ]
    for query in ("DESCRIBE rfis", 'desc main."RFIs";', "show rfis", "-- a\nDESCRIBE TABLE rfis"):
        columns = procore.sql(query)
        assert columns["column_name"].to_pylist() == procore.table("rfis").columns
    told = {one["column_name"]: one["values"] for one in columns}
    assert told["status"] == "open, closed, draft" and told["subject"] == ""
    assert "values" not in procore.sql("DESCRIBE locations").columns
    assert "LIMIT 5" not in str(procore.sql("DESCRIBE rfis"))


@pytest.mark.usefixtures("asked")
def test_types_that_tables_dont_have_are_drawn_and_handed_on(procore: Procore, tmp_path: Path) -> None:
    answer = procore.sql(
        "SELECT 1 AS id, 2 AS id, 3 AS ID, sum(i) s, count(*) n, (2::HUGEINT ** 90)::HUGEINT big, INTERVAL 1 DAY iv, TIME '10:00' t, "
        "uuid() u, 'a'::BLOB b, MAP {'a': 1} m, [1, 2] l, TIMESTAMP '2026-11-01 10:00' ts, now() tz, 'x'::ENUM('x', 'y') e, NULL nn, "
        "union_value(a := 1) un, '101'::BIT bi, TIMESTAMP_NS '2026-11-01 10:00' ns, [1, 2]::INT[2] arr, {'a': INTERVAL 1 DAY} st, "
        "{'a': 1, 'b': [{'c': DATE '2026-01-01'}]} deep, '{}'::JSON js, row(1, 2) rr, 1::FLOAT f, 18446744073709551615::UBIGINT ub "
        "FROM range(3) r(i)"
    )
    kinds = {one.name: str(one.type) for one in answer.schema}
    assert [*kinds][:3] == ["id", "id_1", "ID"]
    assert kinds["s"] == kinds["n"] == "int64"
    assert kinds["ts"] == kinds["tz"] == kinds["ns"] == "timestamp[us, tz=UTC]"
    assert {kinds[one] for one in ("iv", "t", "u", "m", "e", "nn", "un", "bi", "arr", "st")} == {"string"}
    assert "1 row × 26 columns" in str(answer)
    assert answer._repr_mimebundle_()["text/html"].startswith("<div")
    with pytest.warns(ProcoreWarning, match="big, ub: some numbers have more digits"):
        assert len(answer.to_pandas()) == len(answer.to_polars()) == 1
    answer.to_csv(tmp_path / "rows.csv")
    answer.to_parquet(tmp_path / "rows.parquet")
    answer.to_excel(tmp_path / "rows.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "rows.xlsx")
    assert workbook.sheetnames[0] == "sql"
    assert ("Query", answer.query) in [
        (one[0], one[1]) for one in workbook.worksheets[-1].iter_rows(values_only=True)
    ]


def test_an_answer_is_a_table_that_tells_what_is_missing_and_what_it_cost(procore: Procore) -> None:
    answer = procore.sql("SELECT project_id, count(*) AS n FROM rfis GROUP BY project_id ORDER BY n DESC")
    assert isinstance(answer, Answer) and answer.is_fetched
    assert [one.project for one in answer.incomplete] == ["Depot North"]
    drawn = str(answer)
    assert drawn.startswith("Incomplete: rfis · ") and "12 active projects" in drawn
    assert 'projects="all" (--projects all) reads' in drawn
    with pytest.warns(ProcoreIncompleteWarning):
        frame = answer.to_pandas()
    assert frame.n.is_monotonic_decreasing and len(frame) == len(answer) == 11
    first = answer.head(2)
    assert [*first] == [*answer][:2] and len(first) == 2
    assert "rfis · 12 requests" in str(answer.requests)
    assert answer.requests.least == answer.requests.most
    again = procore.sql("SELECT project_id, count(*) AS n FROM rfis GROUP BY project_id ORDER BY n DESC")
    assert "kept, 0 s old: 0 requests" in str(again.requests) or again.requests.least < answer.requests.least


def test_a_query_costs_what_explain_says_and_no_more(procore: Procore, company: DemoProcore) -> None:
    query = "SELECT r.number FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = $name AND r.status = 'open'"
    name = {"name": "Harbor Tower"}
    procore.projects()
    before = len(company.requests)
    explained = procore.sql(f"EXPLAIN {query}", name)
    assert len(company.requests) == before
    assert "no request made yet" in str(explained) and "sent     status = open" in str(explained)
    assert explained.to_arrow()["table"].to_pylist() == ["projects", "rfis"]
    assert "narrowed by projects.id" in explained._repr_mimebundle_()["text/html"]
    answer = procore.sql(query, name)
    assert len([one for one in company.requests[before:] if one.path.startswith("/rest/")]) == 2
    assert answer.requests.least == 2 <= (explained.requests.most or 2)
    assert not answer.incomplete and "active projects" not in str(answer)
    open_ones = procore.table("rfis", project_id=HARBOR_TOWER, status="open")
    assert sorted(answer["number"].to_pylist()) == sorted(open_ones["number"].to_pylist())


def test_a_table_of_which_one_part_names_a_project_says_that_all_parts_have_its_rows(
    procore: Procore,
) -> None:
    old, name = (
        procore.sql("SELECT id, name FROM projects WHERE NOT active ORDER BY id LIMIT 1")
        .to_arrow()
        .to_pylist()[0]
        .values()
    )
    both = f"SELECT count(*) AS n FROM submittals UNION ALL SELECT count(*) FROM submittals WHERE project_id = {old}"
    answer = procore.sql(both)
    counts = sorted(answer.to_arrow()["n"].to_pylist())
    assert f"submittals also has the rows of {name}" in str(answer)
    assert counts[1] == len(procore.table("submittals", project="all active").fetch()) + counts[0]
    assert "also has" not in str(procore.sql("SELECT count(*) AS n FROM submittals").fetch())


@pytest.mark.usefixtures("asked")
def test_a_query_of_many_requests_says_so_first(procore: Procore) -> None:
    ids = [*range(1, 300)]
    query = "SELECT * FROM rfis WHERE project_id = ANY($ids)"
    with pytest.raises(SQLError, match=r"makes at least 299 requests, and says so first beyond 200") as error:
        procore.sql(query, {"ids": ids})
    assert "--go" in str(error.value) and "go=True" in str(error.value)
    assert "299 requests" in str(procore.sql(f"EXPLAIN {query}", {"ids": ids}))


def test_a_query_that_turns_out_to_need_many_requests_makes_none_of_those(
    procore: Procore, company: DemoProcore
) -> None:
    query = "SELECT count(*) n FROM rfi_replies a JOIN rfis r ON a.rfi_id = r.id WHERE r.project_id IN (4711, 4801)"
    before = len(company.requests)
    with pytest.raises(SQLError, match=r"makes at least \d{3,} requests, and says so first beyond 200"):
        procore.sql(query)
    assert len(company.requests) - before <= 5
    assert procore.sql(f"{query} AND r.number = '7'").to_arrow()["n"].to_pylist() != [0]


def test_names_are_found_in_any_case_and_qualified_and_a_table_comes_before_a_frame(procore: Procore) -> None:
    query = "SELECT count(*) n FROM Main.RFIs WHERE project_id = 4711"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = procore.sql(
            query, frames={"rfis": pd.DataFrame({"a": [1]}), "RFIs": pd.DataFrame({"a": [1]})}
        )
    (row,) = answer
    assert row["n"] == procore.table("rfis", project_id=4711).fetch().num_rows
    assert any("Procore's table here, not the variable" in note for note in answer.notes)


def test_what_is_forgotten_is_asked_for_again_and_nothing_of_it_is_held(
    procore: Procore, company: DemoProcore
) -> None:
    query = "SELECT count(*) n FROM submittals WHERE project_id = 4711"
    first = procore.sql(query)
    assert (first.requests.least, procore.sql(query).requests.least) == (1, 0)
    assert first.refresh().requests.least == 1
    procore.forget()
    assert not procore._engine.put_together._tables
    assert [*procore.sql(query)] == [*first]


def test_a_column_that_no_row_has_is_told_with_what_that_cost_and_stays_unknown(procore: Procore) -> None:
    query = "SELECT foo FROM budget_detail_rows WHERE project_id = 4711"
    procore.forget()
    procore.sql(f"EXPLAIN {query}")
    with pytest.raises(
        SQLError, match=r"no column 'foo'\. .* columns of its own .*, so it took \d+ requests to tell\."
    ):
        procore.sql(query)
    with pytest.raises(SQLError, match=r"no column 'foo'\. .* columns of its own in budget_detail_rows\.\n"):
        procore.sql(query.replace("foo", "b.foo").replace("rows", "rows b"))


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("name", ["memory.main.rfis", '"Memory"."MAIN"."Rfis"', "memory.rfis", "sales.rfis"])
def test_a_table_in_a_database_or_schema_is_refused_before_anything_is_fetched(
    procore: Procore, name: str
) -> None:
    with pytest.raises(SQLError, match=r"in no schema: write rfis\.") as error:
        procore.sql(f"SELECT id FROM {name} WHERE project_id = 4711")
    assert str(error.value).count("^") == len(name)
    (row,) = procore.sql("SELECT 'memory.rfis' AS words -- memory.rfis")
    assert row == {"words": "memory.rfis"}
    with pytest.raises(SQLError, match=r"no table or alias 'other\.rfis'\. The query reads rfis\."):
        procore.sql("SELECT other.rfis.id FROM rfis")


def test_rows_of_several_parents_that_show_the_same_are_told_of(procore: Procore) -> None:
    total = "SELECT sum(b.original_budget_amount) AS total FROM budget_detail_rows b"
    twice = procore.sql(f"{total} WHERE b.project_id = 4711")
    assert (
        "Budget views repeat amounts: totals over all rows of budget_detail_rows count them up to 2 times."
        in str(twice)
    )
    views = "JOIN budget_views v ON v.id = b.budget_view_id WHERE v.project_id = 4711"
    once = procore.sql(f"{total} {views} AND v.name = 'Forecast'")
    assert once["total"][0].as_py() * 2 == twice["total"][0].as_py() and "repeat" not in str(once)
    assert "repeat" not in str(procore.sql(f"{total} {views} GROUP BY v.name"))


def test_columns_that_only_rows_tell_are_found(procore: Procore) -> None:
    query = 'SELECT sum("Revised Budget") b FROM budget_detail_rows WHERE project_id = 4711'
    (row,) = procore.sql(query)
    assert row["b"] > 0
    with pytest.raises(SQLError, match=r"no column 'Revized Budget'. Did you mean Revised Budget\?"):
        procore.sql(query.replace("Revised", "Revized"))
    fields = procore.sql('SELECT custom_fields."Owner Reference" r FROM rfis WHERE project_id = 4711')
    assert any(one["r"] for one in fields)
    assert "only these tell" in str(fields.requests)


def test_max_rows_bounds_the_answer_and_not_what_it_is_made_of(company: DemoProcore) -> None:
    text = text_for(company, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS), MaxRows="10")
    with connect(text, person=False) as procore:
        answer = procore.sql("SELECT id FROM rfis WHERE project_id = 4711 ORDER BY id")
        assert len(answer) == 10 and "cut at 10 rows (MaxRows)" in str(answer)
        assert [*procore.sql("SELECT i FROM range(10) r(i)")][-1] == {"i": 9}


def test_several_threads_ask_at_once(procore: Procore) -> None:
    answers: list[Any] = []

    def ask(number: int) -> None:
        answers.append(
            (
                number,
                procore.sql("SELECT $n + count(*) AS n FROM (FROM rfis LIMIT 0)", {"n": number})["n"][
                    0
                ].as_py(),
            )
        )

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(number, number) for number in range(8)]
