"""What stands between a table's brackets: a row, some rows or a column."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from procore_jupyter.wording import counted, nearest, quoted


def item(
    index: int | slice | str, name: str, fetch: Callable[[], pa.Table]
) -> dict[str, Any] | list[dict[str, Any]] | pa.ChunkedArray:
    """Return a row by its place, rows by a slice, or a column by its name.

    Parameters
    ----------
    index : int, slice or str
        Which.
    name : str
        What the table is called.
    fetch : callable
        Returns the rows.

    Raises
    ------
    KeyError, IndexError
        There is no such column, or row.
    TypeError
        The index is of another type. Raised before anything is fetched.
    """
    if not isinstance(index, (slice, str)):
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(
                f"{name}[…] needs a row's number, a slice of rows, or a column's name, not {type(index).__name__}. "
                "Several columns:  .to_pandas()[[…]]"
            ) from None
    rows = fetch()
    if isinstance(index, str):
        if index not in rows.column_names:
            meant = nearest(index, rows.column_names)
            hint = f"Did you mean {quoted(meant)}?" if meant else "Its columns are in .columns."
            raise KeyError(f"{name} has no column {quoted(index)}. {hint}")
        return rows[index]
    if isinstance(index, slice):
        places = [*range(rows.num_rows)[index]]
        found: list[dict[str, Any]] = rows.take(places).to_pylist() if places else []
        return found
    if not -rows.num_rows <= index < rows.num_rows:
        raise IndexError(f"{name} has {counted(rows.num_rows, 'row')}, so there is no row {index}.")
    place = range(rows.num_rows)[index]
    one: dict[str, Any] = rows.slice(place, 1).to_pylist()[0]
    return one
