"""What values were written as, kept beside the columns that can't say it.

A column of decimals holds 1.5 for ``"1.50"``, one of times the same moment for two zones. As long as a column may still
become text, because another kind of value comes, the JSON of such values stays with their batch, in the column `WRITTEN`:
a record of JSON by the columns' names, or of the texts themselves where all values are texts. A column that becomes text is made again of it.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from procore_jupyter.tables.arrow.decode import objects

WRITTEN = "_written"
"""The column that keeps the JSON of other columns' values until all rows have come. It is in no table."""

OURS = ("_unfit", "_extra", WRITTEN)
"""Columns whose names are ours: a column of an answer that has such a name has one ``_`` more here."""

_MISSING = b"null"
_AWKWARD = re.compile(r'[\x00-\x1f"\\]')
_values = msgspec.json.Decoder(dict[str, msgspec.Raw])


def own_name(name: str) -> str:
    """Return what a column of an answer is called here."""
    return f"{name}_" if name.rstrip("_") in OURS else name


def sent_name(name: str) -> str:
    """Return what a column is called in the answer."""
    return name[:-1] if name.rstrip("_") in OURS else name


def written(rows: Sequence[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the JSON of some columns' values, as it is written in the rows; ``null`` for a missing one.

    Parameters
    ----------
    rows : sequence
        The bytes of one JSON object each.
    names : sequence of str
        The columns, as they are called here.

    Raises
    ------
    ValueError
        A row is no JSON object.
    """
    read = _reader(tuple(map(sent_name, names)))
    columns = zip(*map(read, rows), strict=True) if rows else ([] for _ in names)
    return {name: [*column] for name, column in zip(names, columns, strict=True)}


@functools.lru_cache(64)
def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function from a row's bytes to the JSON of some of its fields."""
    if any(map(_AWKWARD.search, names)):  # no field of a struct may be called so
        return lambda row: tuple(map(functools.partial(_field, _values.decode(row)), names))
    fields = [(f"f{number}", msgspec.Raw, msgspec.Raw(_MISSING)) for number in range(len(names))]
    row = msgspec.defstruct(
        "Row", fields, rename={f"f{number}": name for number, name in enumerate(names)}, gc=False
    )
    decode = msgspec.json.Decoder(row).decode
    fields_of = operator.attrgetter(*(name for name, *_ in fields))
    if len(names) == 1:
        return lambda row: (fields_of(decode(row)),)
    return lambda row: fields_of(decode(row))


def _field(row: dict[str, Any], name: str) -> Any:
    return row.get(name, _MISSING)


def as_column(columns: Mapping[str, Sequence[Any]], texts: Mapping[str, pa.Array]) -> pa.StructArray:
    """Return columns of JSON, and some of texts as they are, as one column, `WRITTEN`."""
    arrays = {name: _texts(values) for name, values in columns.items()} | dict(texts)
    return pa.StructArray.from_arrays([*arrays.values()], names=[*arrays])


def values_of(texts: pa.Array) -> list[Any]:
    """Return the values of a column that was kept: texts as they are, or in JSON."""
    kept = texts.to_pylist()
    return decoded(kept) if pa.types.is_binary(texts.type) else kept


def decoded(texts: Sequence[Any]) -> list[Any]:
    """Return the values that some texts of JSON say."""
    return [row["v"] for row in objects([b'{"v":' + bytes(text) + b"}" for text in texts])]


def without(columns: Mapping[str, pa.Array], names: Collection[str]) -> dict[str, pa.Array]:
    """Return columns of which some are no longer what came: their JSON isn't kept any more."""
    found = dict(columns)
    kept = found.pop(WRITTEN, None)
    left = [] if kept is None else [field.name for field in kept.type if field.name not in names]
    if left:
        found[WRITTEN] = pa.StructArray.from_arrays([kept.field(name) for name in left], names=left)
    return found


def texts_of(column: pa.StructArray | None, name: str) -> pa.Array | None:
    """Return what a column's values were written as; None if it wasn't kept."""
    at = -1 if column is None else column.type.get_field_index(name)
    return None if at < 0 else column.field(at)  # type: ignore[union-attr]


def _texts(values: Sequence[Any]) -> pa.Array:
    """Return bytes as an array. `pyarrow.array` would import pandas."""
    offsets = array("i", itertools.accumulate(map(len, values), initial=0))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(pa.binary(), len(values), buffers)
