"""`Column`: one column as it is drawn, and which columns of a table come first."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from procore_jupyter.tables.arrow.types import MONEY, in_words
from procore_jupyter.tables.display.cells import FEWEST_PLACES, LONGEST, amounts, cell, width
from procore_jupyter.tables.display.glossary import meaning
from procore_jupyter.wording import one_line

MOST_COLUMNS = 100
"""Columns that are drawn, at most: a saved notebook holds them all."""

MOST_FIELDS = 8
"""Fields of a record that are named as its type."""

LONGEST_HOVER = 300
"""Characters of a value, or of a column's name, in the text shown over it."""


@dataclass(frozen=True)
class Column:
    """One column as it is drawn.

    Parameters
    ----------
    name : str
        The column's name.
    kind : str
        Its type in words.
    cells : sequence of str
        The values of the drawn rows, as texts; empty if the column isn't drawn.
    number : bool
        Whether the values stand at the right edge.
    hovers : sequence of str
        For each cell the whole text of a value that was cut, else an empty text; empty if none was cut.
    """

    name: str
    kind: str
    cells: Sequence[str] = ()
    number: bool = False
    hovers: Sequence[str] = ()

    @property
    def head(self) -> str:
        """The name on one line."""
        return one_line(self.name, LONGEST)

    @property
    def meaning(self) -> str:
        """What the values say; an empty text if the name says it already."""
        return meaning(self.name)

    @functools.cached_property
    def breadth(self) -> int:
        """Characters that the widest of head and cells takes."""
        return max(width(text) for text in (self.head, *self.cells))


def drawn_columns(
    rows: pa.Table, shown: Sequence[str], count: int, places: Sequence[str] = ()
) -> list[Column]:
    """Return all columns in the order in which they are drawn; those after `MOST_COLUMNS` have no cells.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    shown : sequence of str
        The columns that people look for first.
    count : int
        Rows that are drawn.
    places : sequence of str
        The columns that tell apart the places that the rows are from: each row begins with its own.
    """
    first = [name for name in shown if name in rows.column_names]
    if first:
        money = [one.name for one in rows.schema if _is_money(one.type)]
        first = [*(name for name in places if name in rows.column_names), *first, *money]
    names = [*dict.fromkeys([*first, *rows.column_names])]
    top = rows.slice(0, count)
    drawn = [_column(name, top[name]) for name in names[:MOST_COLUMNS]]
    return [*drawn, *(Column(name, kind_of(rows.schema.field(name).type)) for name in names[MOST_COLUMNS:])]


def _is_money(found: pa.DataType) -> bool:
    """Tell whether a column holds amounts: of a contract or a budget they are looked for before all that isn't named."""
    return bool(pa.types.is_decimal(found) and found.scale <= MONEY.scale)


def kind_of(found: pa.DataType) -> str:
    """Return a column's type in words; of records, with the names of their fields."""
    if pa.types.is_list(found) or pa.types.is_large_list(found):
        inner = found.value_type
        return "list" if pa.types.is_null(inner) else f"list, each: {kind_of(inner)}"
    if pa.types.is_struct(found) and found.num_fields:
        names = [one_line(one.name, LONGEST) for one in found]
        more = f" and {len(names) - MOST_FIELDS} more" if len(names) > MOST_FIELDS else ""
        return f"record of {', '.join(names[:MOST_FIELDS])}{more}"
    return in_words(found)


def _column(name: str, values: pa.ChunkedArray) -> Column:
    found = values.type
    fraction = pa.types.is_floating(found) or pa.types.is_decimal(found)
    kind = kind_of(found)
    if not (without_times := _without_times(found)).equals(found):
        values = values.cast(without_times)  # Python's own times would import pandas
    given = values.to_pylist()
    if fraction:
        fewest = 0 if pa.types.is_floating(found) else FEWEST_PLACES
        return Column(name, kind, amounts(given, fewest), number=True)
    cells = [cell(value) for value in given]
    number = bool(pa.types.is_integer(found))
    return Column(name, kind, cells, number, () if number else _hovers(given, cells))


def _without_times(found: pa.DataType) -> pa.DataType:
    """Return a column's type with texts in place of times, also inside of lists and records."""
    if pa.types.is_timestamp(found):
        return pa.string()
    if pa.types.is_list(found):
        return pa.list_(_without_times(found.value_type))
    if pa.types.is_struct(found):
        return pa.struct([(one.name, _without_times(one.type)) for one in found])
    return found


def _hovers(values: Iterable[object], cells: Sequence[str]) -> Sequence[str]:
    """Return the whole texts of the values that were cut."""
    texts = [
        cell(value, LONGEST_HOVER) if text.endswith("…") else ""
        for value, text in zip(values, cells, strict=True)
    ]
    return texts if any(texts) else ()
