"""The columns that say where rows are from, and what is remarked on places without rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import as_text, one_of
from procore_jupyter.tables.arrow.wire import without_blanks
from procore_jupyter.tables.arrow.written import without
from procore_jupyter.tables.place import Place

if TYPE_CHECKING:
    from procore_jupyter.tables.arrow.ingest import Ingest
    from procore_jupyter.tables.definitions.spec import TableSpec


def columns_at(spec: TableSpec, places: Sequence[Place]) -> dict[str, str]:
    """Return the kinds of a table's columns, with those that say where a row is from: ids, or texts if one is a text."""
    kinds = dict(spec.columns)
    for name in places[0].columns if places else spec.place_columns:
        numbers = all(isinstance(place.columns[name], int) for place in places)
        kinds[name] = "id" if numbers and kinds.get(name) != "text" else "text"
    return kinds


def with_places(
    columns: Mapping[str, pa.Array], where: Mapping[str, int | str], length: int, ingest: Ingest
) -> dict[str, pa.Array]:
    """Return columns in which each row says where it is from; a row's own value comes before the list's.

    Parameters
    ----------
    columns : mapping of str to pyarrow.Array
        The columns of a batch.
    where : mapping of str to int or str
        Where the batch is from: columns and their values.
    length : int
        The number of rows.
    ingest : Ingest
        Learns of values that are texts.
    """
    found = without(columns, where)
    for name, value in where.items():
        own = found[name]
        number = pa.types.is_integer(own.type)
        if not (number or pa.types.is_string(own.type)):
            ingest.widen(name, pa.string())
            own = as_text(own)
        own = own if number else without_blanks(own)
        same = pa.repeat(one_of(value if number else str(value), own.type)[0], length)
        found[name] = same if own.null_count == length else pc.coalesce(own, same)
    return found


def remark_on_emptiness(spec: TableSpec, empty: Sequence[Place]) -> str:
    """Return the remark that no row came of places where that may be for want of permission; empty if it isn't so."""
    if not spec.hides or not empty:
        return ""
    more = f" and of {len(empty) - 1} more" if len(empty) > 1 else ""
    return (
        f"{spec.name} has no row of {empty[0]}{more}. Procore gives the same answer to people without access."
    )
