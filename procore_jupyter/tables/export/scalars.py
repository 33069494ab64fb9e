"""Rows for files that people open: flat, and one plain value in each cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import array_of, as_text, list_array, struct_array
from procore_jupyter.tables.frames.flat import NAME, flat
from procore_jupyter.tables.frames.zones import PROJECT, UTC, placed

BETWEEN = "; "
"""What stands between the values of a list in a cell: a name may hold a comma."""

_TIME = r"^(\S+) (\S+?)(?:\.000000)?$"


def scalars(rows: pa.Table, tz: str = UTC, of_projects: Callable[[], Mapping[int, str]] = dict) -> pa.Table:
    """Return rows with one plain value in each cell.

    Parameters
    ----------
    rows : pyarrow.Table
        Any rows.
    tz : str
        The zone of the times, or ``"project"`` for that of each row's project.
    of_projects : callable
        Returns the zones of the rows' projects by their ids. Called for ``"project"`` alone.

    Returns
    -------
    pyarrow.Table
        As many rows. Its columns are texts, numbers, true or false, days, and times without a zone. Records are flat
        columns (`flat`). A list is a text: its values, or of records their names; records without a name are JSON.
        Names and types depend on the schema of `rows` alone.
    """
    names, columns = [], []
    rows = flat(rows)
    if tz == PROJECT:
        rows, tz = placed(rows, PROJECT, of_projects), UTC
    for name, column in _without_unnamed(rows):
        names.append(name)
        columns.append(_scalar(column, tz))
    return pa.table(columns, names=names)


def _without_unnamed(rows: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Give the columns, but for lists of records whose names stand in the next column."""
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        found = column.type
        if pa.types.is_list(found) and pa.types.is_struct(found.value_type):
            place = found.value_type.get_field_index(NAME)
            if place >= 0 and pa.types.is_string(found.value_type.field(place).type):
                continue
        yield name, column


def _scalar(column: pa.ChunkedArray, tz: str) -> pa.ChunkedArray:
    found = column.type
    if pa.types.is_timestamp(found):
        if found.tz is not None and tz != UTC:
            return pc.local_timestamp(column.cast(pa.timestamp("us", tz)))
        return column.cast(pa.timestamp("us"), safe=False)
    if pa.types.is_list(found) and not pa.types.is_nested(found.value_type):
        return pa.chunked_array([_joined(one) for one in column.chunks], pa.string())
    if _is_scalar(found):
        return column
    return pa.chunked_array([as_text(_with_written_times(one)) for one in column.chunks], pa.string())


def _with_written_times(values: pa.Array) -> pa.Array:
    """Return nested values with their times as ISO 8601. Python's own times would import pandas."""
    found = values.type
    if pa.types.is_timestamp(found):
        return pc.replace_substring_regex(values.cast(pa.timestamp("us")).cast(pa.string()), _TIME, r"\1T\2Z")
    if pa.types.is_struct(found) and len(found):
        children = zip(found, values.flatten(), strict=True)
        written = {field.name: _with_written_times(child) for field, child in children}
        fields = [pa.field(name, child.type) for name, child in written.items()]
        return struct_array(written, fields, values.is_null())
    return list_array(values, _with_written_times(values.flatten())) if pa.types.is_list(found) else values


def _is_scalar(found: pa.DataType) -> bool:
    kinds = pa.types
    return any(
        is_one(found)
        for is_one in (
            kinds.is_string, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_boolean, kinds.is_date32,
            kinds.is_null,
        )
    )  # fmt: skip


def _joined(lists: pa.ListArray) -> pa.Array:
    """Return lists of plain values as texts; an empty list is a missing text."""
    texts = iter(as_text(lists.flatten()).to_pylist())
    lengths = pc.list_value_length(lists).to_pylist()
    cells = ([next(texts) for _ in range(length or 0)] for length in lengths)
    return array_of((BETWEEN.join(one for one in cell if one) or None for cell in cells), pa.string())
