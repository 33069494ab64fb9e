"""Confirming: whether DuckDB makes of an expression's SQL the expression that the SQL was written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from procore_jupyter.sql.plans.keys import kept
from procore_jupyter.sql.plans.literals import Unknown, quoted
from procore_jupyter.sql.plans.plan_columns import column_of
from procore_jupyter.sql.plans.plan_expressions import UNKNOWN, bound
from procore_jupyter.sql.plans.plan_findings import Doubt, column

LISTED = '"values of the query"'
"""The table that has the columns of values which a query lists."""


def confirmed(connection: duckdb.DuckDBPyConnection, doubts: Sequence[Doubt]) -> Iterator[Doubt]:
    """Give those expressions of which DuckDB makes the same.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where their tables are.
    doubts : sequence of Doubt
        The expressions.
    """
    tables: dict[tuple[str, str], list[Doubt]] = {}
    for one in doubts:
        tables.setdefault((one.table, one.columns), []).append(one)
    for (table, columns), some in tables.items():
        if columns:
            connection.execute(f"CREATE OR REPLACE TEMPORARY TABLE {LISTED} ({columns})")
        rows = quoted(table) if table else LISTED
        yield from (one for one in some if one.expression is None and _is_untrue(connection, rows, one.sql))
        same = [one for one in some if one.expression is not None]
        made = _made(connection, rows, [one.sql for one in same])
        yield from (one for one, found in zip(same, made, strict=True) if one.expression == found)


def _is_untrue(connection: duckdb.DuckDBPyConnection, rows: str, sql: str) -> bool:
    """Return whether a condition isn't true where there is no row."""
    query = f"SELECT {kept(sql)} FROM (SELECT 1) LEFT JOIN {rows} ON true"
    try:
        return connection.execute(query).fetchall() == [(False,)]
    except duckdb.Error:
        return False


def _made(connection: duckdb.DuckDBPyConnection, rows: str, expressions: Sequence[str]) -> list[Any]:
    """Return what DuckDB makes of expressions of a table's columns; None of one that it doesn't take."""
    try:
        return _bound(connection, rows, expressions) if expressions else []
    except UNKNOWN:
        if len(expressions) == 1:
            return [None]
        return [found for one in expressions for found in _made(connection, rows, [one])]


def _bound(connection: duckdb.DuckDBPyConnection, rows: str, expressions: Sequence[str]) -> list[Any]:
    # TRY takes no expression whose value is another one each time.
    query = f"SELECT {', '.join(f'TRY({one})' for one in expressions)} FROM {rows}"
    answer = connection.execute(
        "SELECT json_serialize_plan($text, optimize := true)", {"text": query}
    ).fetchall()
    decoded = msgspec.json.decode(answer[0][0])
    if decoded.get("error"):
        raise Unknown(query)
    (root,) = decoded["plans"]
    (scan,) = root["children"]
    names = [column_of(scan, index) for index in scan["column_indexes"]]
    names = [names[number] for number in scan["projection_ids"]] or names
    return [
        bound(_tried(one), lambda mention: column(names[mention["index"]], mention))
        for one in root["expressions"]
    ]


def _tried(expression: Mapping[str, Any]) -> Mapping[str, Any]:
    if expression.get("type") != "OPERATOR_TRY":
        raise Unknown("no TRY")
    found: Mapping[str, Any] = expression["children"][0]
    return found
