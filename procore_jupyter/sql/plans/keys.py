"""`Keys`: the values that rows have in a column, of those rows that the query may need."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from procore_jupyter.sql.plans.literals import quoted

MOST_KEYS = 10_000
"""Values of a column that isn't told by them where rows are, at most: more of them narrow nothing, and take longer than they save."""

FOUND = "rows that were fetched"
"""The name under which rows are looked through."""


def kept(condition: str) -> str:
    """Return as SQL whether a row is kept by a condition: if it is true, or raises an error that the query raises too."""
    return f"coalesce(TRY(coalesce(({condition}), false)), true)"


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
        *,
        generated: Collection[str] = (),
    ) -> list[tuple[Any, ...]]:
        """Return what rows have in some columns: each combination once, and none with a missing value.

        The parameters are those of `at_most`; the columns themselves aren't generated.
        """
        found = self.at_most(None, rows, columns, conditions, domains, generated=generated)
        assert found is not None
        return found

    def at_most(
        self,
        most: int | None,
        rows: pa.Table,
        columns: Sequence[str],
        conditions: Sequence[str] = (),
        domains: Mapping[str, Collection[Any]] | None = None,
        *,
        generated: Collection[str] = (),
    ) -> list[tuple[Any, ...]] | None:
        """Return the same as `of`; None if there are more than some, or if the rows don't have a generated column.

        Parameters
        ----------
        most : int or None
            How many there may be; None for any number.
        rows : pyarrow.Table
            The rows.
        columns : sequence of str
            The columns.
        conditions : sequence of str
            What rows have to meet, as SQL. One that can't be applied to them is left out: then more values are found than
            are needed. A row for which it raises an error is kept: so the query raises it, if it needs the row.
        domains : mapping or None
            The values that rows may have, by column.
        generated : collection of str
            Those columns that are SQL.
        """
        given = domains or {}
        most = most if most is not None and rows.num_rows > most else None
        if most is None and not conditions and not given and not generated and _is_plain(rows, columns):
            return [(value,) for value in rows[columns[0]].unique().to_pylist() if value is not None]
        read = [f"TRY({one})" if one in generated else quoted(one) for one in columns]
        among = {
            _among(column, number, column in generated): {f"d{number}": [*values]}
            for number, (column, values) in enumerate(given.items())
        }
        with self._lock:
            self._connection.register(FOUND, rows)
            try:
                try:
                    return self._found(read, {**_alone(conditions), **among}, most)
                except duckdb.InterruptException:
                    raise
                except (
                    duckdb.Error
                ):  # the rows' columns are of other types than the plan's, or a row raises an error
                    if generated and not self._applies(read, "true", {}):
                        return None
                    each = {**_alone(map(kept, conditions)), **among}
                    usable = {one: values for one, values in each.items() if self._applies(read, one, values)}
                    return self._found(read, usable, most)
            finally:
                self._connection.unregister(FOUND)

    def _found(
        self, read: Sequence[str], conditions: Mapping[str, Mapping[str, Any]], most: int | None
    ) -> list[tuple[Any, ...]] | None:
        if most is None:
            return self._asked("SELECT DISTINCT * FROM ({})", read, conditions)
        # The first rows tell it of a column in which nearly each row has a value of its own.
        first = f"SELECT count(*) FROM (SELECT DISTINCT * FROM ({{}} LIMIT {2 * most}))"
        if self._asked(first, read, conditions)[0][0] > most:
            return None
        found = self._asked(f"SELECT DISTINCT * FROM ({{}}) LIMIT {most + 1}", read, conditions)
        return None if len(found) > most else found

    def _asked(
        self, text: str, read: Sequence[str], conditions: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """Return what is answered of the columns of rows that meet conditions, each of which has its values."""
        values = {name: value for some in conditions.values() for name, value in some.items()}
        rows = _query(read, [*conditions, *(f"{one} IS NOT NULL" for one in read)])
        return self._connection.execute(text.format(rows), values or None).fetchall()

    def _applies(self, read: Sequence[str], condition: str, values: Mapping[str, Any]) -> bool:
        try:
            self._asked("{} LIMIT 0", read, {condition: values})
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return False
        return True


def _alone(conditions: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return conditions that have no values beside them."""
    return {one: {} for one in conditions}


def _among(column: str, number: int, generated: bool) -> str:
    """Return as SQL that a column has one of the values with a number, or raises an error."""
    if not generated:
        return f"{quoted(column)} IN (SELECT unnest($d{number}))"
    return f"(TRY({column}) IN (SELECT unnest($d{number})) OR TRY(({column}) IS NULL) IS NULL)"


def _is_plain(rows: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether one column is asked for whose values Arrow has as DuckDB has them: it finds them sooner."""
    if len(columns) != 1 or columns[0] not in rows.column_names:
        return False
    found = rows.schema.field(columns[0]).type
    return bool(pa.types.is_int64(found) or pa.types.is_string(found))


def _query(read: Sequence[str], conditions: Sequence[str]) -> str:
    rows = quoted(FOUND)
    return f"SELECT {', '.join(read)} FROM {rows} WHERE {' AND '.join(f'({one})' for one in conditions)}"
