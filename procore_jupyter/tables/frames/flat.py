"""Records made into flat columns: ``ball_in_court.name``, as SQL spells it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import list_array

NAME = "name"
"""The field that a record in a list is known by."""


def flat(table: pa.Table) -> pa.Table:
    """Return a table whose records are flat columns, with a dotted name for each field.

    A record within a record goes on: ``a.b.c``. Lists stay lists; a list of records whose ``name`` is a text has its names
    beside it, as a list of as many texts (``assignments.name``). Where the dotted name is another column's already, the
    column of the field ends in ``_1``, ``_2`` and so on, as in DuckDB; a column that was flat before keeps its name.

    Parameters
    ----------
    table : pyarrow.Table
        Any rows. Names and types of the result depend on its schema alone, so batches of one schema stay batches of one.

    Returns
    -------
    pyarrow.Table
        As many rows; each record's fields stand where the record stood. A missing record's fields are missing, and a
        record without any field is a column of nulls under its own name. The values aren't copied.
    """
    taken = {field.name for field in table.schema if not pa.types.is_struct(field.type)}
    columns: list[pa.ChunkedArray] = []
    names: list[str] = []
    for field, column in zip(table.schema, table.columns, strict=True):
        for name, part in _parts(field.name, column):
            if part is not column:
                name = _free(name, taken)
                taken.add(name)
            names.append(name)
            columns.append(part)
    return pa.table(columns, names=names)


def _parts(name: str, column: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Give the flat columns of one column, with their names."""
    found = column.type
    if pa.types.is_struct(found):
        if not len(found):
            yield name, pa.chunked_array([pa.nulls(len(column))])
        for field, part in zip(found, column.flatten(), strict=True):
            yield from _parts(f"{name}.{field.name}", part)
        return
    yield name, column
    if pa.types.is_list(found) and pa.types.is_struct(found.value_type):
        place = found.value_type.get_field_index(NAME)
        if place >= 0 and pa.types.is_string(found.value_type.field(place).type):
            lists = [list_array(one, pc.struct_field(one.flatten(), [place])) for one in column.chunks]
            yield f"{name}.{NAME}", pa.chunked_array(lists, pa.list_(pa.string()))


def _free(name: str, taken: set[str]) -> str:
    """Return a name, with a number behind it if it is taken."""
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
