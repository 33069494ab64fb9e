"""`executed`: a query's text run by DuckDB on rows, and what of its rows is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from procore_jupyter.errors import SQLError
from procore_jupyter.sql.answers.answer import familiar
from procore_jupyter.sql.casts import projection

ROWS_AT_ONCE = 100_000
"""Rows that are taken of a result at a time."""

_TOO_LARGE = (
    "The answer has more than {:,} rows, and is larger than half of the memory that a query may take. Is a condition of a join "
    "missing? Else select fewer columns or rows, or aggregate."
)


def executed(
    cursor: duckdb.DuckDBPyConnection,
    text: str,
    values: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    most: int | None,
    largest: int,
) -> tuple[pa.Table, bool]:
    """Run a query on rows; return its rows, and whether there are more than may be taken.

    Parameters
    ----------
    cursor : DuckDBPyConnection
        Runs it, in a transaction that only reads. It has the rows until it is closed.
    text, values : str, mapping
        The query, and the values of its parameters.
    tables : mapping of str to pyarrow.Table
        What it reads, by name.
    most : int or None
        The rows that are taken, at most; None for all.
    largest : int
        The bytes that they may have, as Arrow counts them.

    Raises
    ------
    duckdb.Error
        The query failed.
    SQLError
        Its rows take more memory than they may.
    """
    for name, rows in tables.items():
        cursor.register(name, rows)
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        return _taken(_relation(cursor, text, values), most, largest)
    finally:
        cursor.execute("ROLLBACK")


def _relation(
    cursor: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any]
) -> duckdb.DuckDBPyRelation:
    try:
        found = cursor.sql(text, params=values or None)
    except (duckdb.BinderException, duckdb.CatalogException):
        # A PIVOT has run a part of itself: nothing goes on in its transaction.
        cursor.execute("ROLLBACK")
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        cursor.execute(text, values or None)  # the same error, with the place in the text
        raise
    select = projection(found.types, found.columns)
    return found.project(select) if select else found


def _taken(relation: duckdb.DuckDBPyRelation, most: int | None, largest: int) -> tuple[pa.Table, bool]:
    batches, count, size = [], 0, 0
    try:
        with relation.to_arrow_reader(ROWS_AT_ONCE) as reader:
            for batch in reader:
                batches.append(batch)
                count, size = count + batch.num_rows, size + batch.nbytes
                if most is not None and count > most:
                    break
                if size > largest:
                    raise SQLError(_TOO_LARGE.format(count))
            rows = pa.Table.from_batches(batches, reader.schema)
    except OSError as error:  # what Arrow makes of an error of DuckDB's, once rows have come
        out = str(error).startswith("Out of Memory")
        raise (duckdb.OutOfMemoryException if out else duckdb.Error)(str(error)) from None
    return familiar(rows.slice(0, most)), most is not None and count > most
