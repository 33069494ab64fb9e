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
        wanted: dict[str, dict[str, Any]] = {one: {} for one in conditions}
        for number, (column, domain) in enumerate((domains or {}).items()):
            wanted[f"{quoted(column)} IN (SELECT unnest($d{number}))"] = {f"d{number}": [*domain]}
        with self._lock:
            self._connection.register(FOUND, rows)
            try:
                try:
                    return self._found(columns, wanted)
                except duckdb.InterruptException:
                    raise
                except duckdb.Error:  # the rows' columns are of other types than the plan's
                    usable = {
                        one: values for one, values in wanted.items() if self._applies(columns, one, values)
                    }
                    return self._found(columns, usable)
            finally:
                self._connection.unregister(FOUND)

    def _found(
        self, columns: Sequence[str], conditions: Mapping[str, Mapping[str, Any]], limit: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return what rows have that meet conditions, each of which has its values."""
        values = {name: value for some in conditions.values() for name, value in some.items()}
        there = [f"{quoted(column)} IS NOT NULL" for column in columns]
        text = _query(columns, [*conditions, *there]) + limit
        return self._connection.execute(text, values or None).fetchall()

    def _applies(self, columns: Sequence[str], condition: str, values: Mapping[str, Any]) -> bool:
        try:
            self._found(columns, {condition: values}, " LIMIT 0")
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return False
        return True


def _query(columns: Sequence[str], conditions: Sequence[str]) -> str:
    wanted = ", ".join(map(quoted, columns))
    rows = quoted(FOUND)
    return f"SELECT DISTINCT {wanted} FROM {rows} WHERE {' AND '.join(f'({one})' for one in conditions)}"
