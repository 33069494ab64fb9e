"""`Keys`: the values that rows have in a column, of those rows that the query may need."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from procore_jupyter.sql.literals import quoted

FOUND = "rows that were fetched"
"""The name under which rows are looked through."""


class Keys:
    """Looks for values in rows that were fetched.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where to look: a locked-down one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def of(
        self,
        rows: pa.Table,
        columns: Sequence[str],
        conditions: Sequence[str] = (),
        domains: Mapping[str, Collection[Any]] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Return what rows have in some columns: each combination once, and none with a missing value.

        Parameters
        ----------
        rows : pyarrow.Table
            The rows.
        columns : sequence of str
            The columns.
        conditions : sequence of str
            What rows have to meet, as SQL. One that can't be applied to them is left out: then more values are found than
            are needed.
        domains : mapping or None
            The values that rows may have, by column.
        """
        with self._lock:
            cursor = self._connection
            cursor.register(FOUND, rows)
            try:
                usable = [one for one in conditions if _applies(cursor, columns, one)]
                values: dict[str, list[Any]] = {}
                for number, (column, domain) in enumerate((domains or {}).items()):
                    one = f"{quoted(column)} IN (SELECT unnest($d{number}))"
                    value = {f"d{number}": [*domain]}
                    if _applies(cursor, columns, one, value):
                        usable.append(one)
                        values |= value
                usable += [f"{quoted(column)} IS NOT NULL" for column in columns]
                return cursor.execute(_query(columns, usable), values or None).fetchall()
            finally:
                cursor.unregister(FOUND)


def _applies(
    cursor: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    condition: str,
    values: Mapping[str, Any] | None = None,
) -> bool:
    try:
        cursor.execute(f"{_query(columns, [condition])} LIMIT 0", values).fetchall()
    except duckdb.Error:  # the rows' columns are of other types than the plan's
        return False
    return True


def _query(columns: Sequence[str], conditions: Sequence[str]) -> str:
    wanted = ", ".join(map(quoted, columns))
    rows = quoted(FOUND)
    return f"SELECT DISTINCT {wanted} FROM {rows} WHERE {' AND '.join(f'({one})' for one in conditions)}"
