"""The tables as a database of Python's: what pandas and others expect of one."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pandas as pd
import polars as pl
import pytest

from procore_jupyter import Procore, ProcoreError
from procore_jupyter.sql import dbapi
from procore_jupyter.sql.dbapi import Connection


@pytest.fixture
def database(procore: Procore) -> Iterator[Connection]:
    with procore.dbapi() as connection:
        yield connection


def test_the_module_and_its_errors_are_those_of_pep_249() -> None:
    assert (dbapi.apilevel, dbapi.threadsafety, dbapi.paramstyle) == ("2.0", 2, "qmark")
    assert issubclass(dbapi.ProgrammingError, dbapi.DatabaseError) and issubclass(
        dbapi.DatabaseError, dbapi.Error
    )
    assert issubclass(dbapi.Error, ProcoreError)
    assert Connection.ProgrammingError is dbapi.ProgrammingError
    assert dbapi.Date(2026, 11, 1) == datetime.date(2026, 11, 1)
    assert isinstance(dbapi.TimestampFromTicks(0), datetime.datetime)
    assert isinstance(dbapi.DateFromTicks(0), datetime.date) and isinstance(
        dbapi.TimeFromTicks(0), datetime.time
    )


def test_a_cursor_gives_rows_one_by_one_and_several_at_a_time(database: Connection) -> None:
    cursor = database.cursor()
    with pytest.raises(dbapi.InterfaceError, match="execute a query first"):
        cursor.fetchone()
    assert (
        cursor.execute("SELECT i, 'a?' AS t, now() AS w -- ?\nFROM range(?) r(i) WHERE i <> ?", [5, 2])
        is cursor
    )
    assert cursor.rowcount == 4
    assert cursor.description is not None
    assert [one[:2] for one in cursor.description] == [
        ("i", dbapi.NUMBER),
        ("t", dbapi.STRING),
        ("w", dbapi.DATETIME),
    ]
    assert all(len(one) == 7 for one in cursor.description)
    first = cursor.fetchone()
    assert first is not None and first[:2] == (0, "a?")
    assert [row[0] for row in cursor.fetchmany(2)] == [1, 3]
    assert [row[0] for row in cursor.fetchall()] == [4]
    assert cursor.fetchone() is None and cursor.fetchmany() == []
    assert [*cursor.execute("SELECT $a + 1", {"a": 1})] == [(2,)]
    cursor.close()
    with pytest.raises(dbapi.InterfaceError, match="closed"):
        cursor.execute("SELECT 1")


def test_what_a_reading_connection_cannot_do_is_said(database: Connection) -> None:
    cursor = database.cursor()
    with pytest.raises(dbapi.ProgrammingError, match=r"only reads, and DELETE isn't a query"):
        cursor.execute("DELETE FROM rfis")
    with pytest.raises(dbapi.ProgrammingError, match=r"There is no table 'rfi'(.|\n)*\^\^\^"):
        cursor.execute("SELECT * FROM rfi")
    with pytest.raises(dbapi.ProgrammingError, match=r"2 parameters \(\?\), and 1 values"):
        cursor.execute("SELECT ?, ?", [1])
    with pytest.raises(dbapi.ProgrammingError, match="a list or a mapping"):
        cursor.execute("SELECT ?", "a")
    with pytest.raises(dbapi.NotSupportedError):
        cursor.executemany("SELECT ?", [[1]])
    database.commit()
    database.rollback()
    database.close()
    with pytest.raises(dbapi.InterfaceError, match=r"procore\.dbapi\(\) gives another"):
        database.cursor()


def test_a_refusal_is_an_operational_error(procore: Procore) -> None:
    with pytest.raises(dbapi.OperationalError, match="no project called Nowhere"):
        procore.dbapi(projects="Nowhere").execute("SELECT * FROM rfis")


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy:UserWarning")
def test_pandas_and_polars_read_from_it(database: Connection) -> None:
    query = "SELECT id, number, due_date FROM rfis WHERE project_id = ? AND status = 'open' ORDER BY id"
    frame = pd.read_sql(query, database, params=[4711])
    assert [*frame.columns] == ["id", "number", "due_date"] and len(frame)
    other = pl.read_database(query.replace("?", "4711").replace(", due_date", ""), database)
    assert other["id"].to_list() == frame["id"].to_list()
