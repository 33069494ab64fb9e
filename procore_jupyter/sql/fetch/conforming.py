"""Conforming: rows that were fetched, with the columns that their table was planned with."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from procore_jupyter.tables.arrow.types import converted, widened


def conformed(rows: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    """Return rows that have all columns of a plan, and all fields of its records.

    A column that didn't come is empty. Of one in which no value came, and of a record's field, the plan's type counts.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    types : mapping of str to pyarrow.DataType
        The types of the plan's columns.
    """
    came = {field.name: field.type for field in rows.schema}
    other = {name: wanted for name, wanted in types.items() if came.get(name) != wanted}
    if not other:
        return rows
    columns = dict(zip(rows.column_names, rows.columns, strict=True))
    for name, wanted in other.items():
        found = columns.get(name)
        if found is None or found.null_count == len(found):
            columns[name] = pa.chunked_array([pa.nulls(rows.num_rows, wanted)])
        elif pa.types.is_nested(wanted):
            both = widened(found.type, wanted)
            chunks = [converted(chunk, both) for chunk in found.chunks]
            columns[name] = pa.chunked_array(chunks, both)
    return pa.Table.from_arrays([*columns.values()], [*columns])


def differs(rows: pa.Table, name: str, wanted: pa.DataType) -> bool:
    """Return whether a column is of another type than it was planned with, so that it may be compared otherwise."""
    if name not in rows.column_names:
        return False
    found = rows.column(name)
    if found.null_count == len(found) or pa.types.is_nested(found.type) or pa.types.is_nested(wanted):
        return bool(found.null_count < len(found)) and pa.types.is_nested(found.type) != pa.types.is_nested(
            wanted
        )
    return bool(found.type != wanted)
