"""Rows picked out by conditions: all those that a condition keeps, or all but those that surely don't meet it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.fallbacks.condition import Condition, NotComparable

Some = tuple[dict[str, pa.Array], Sequence[Any]]
"""Rows as columns by name, and the bytes of each."""


def chosen(mask: pa.Array | None, columns: dict[str, pa.Array], rows: Sequence[Any]) -> Some:
    """Return the rows of which a mask says true; None means all."""
    if mask is None:
        return columns, rows
    left = [*itertools.compress(rows, mask.to_pylist())]
    return {name: column.filter(mask) for name, column in columns.items()}, left


def picked(conditions: Sequence[Condition], columns: dict[str, pa.Array], rows: Sequence[Any]) -> Some:
    """Return the rows that all conditions keep.

    Raises
    ------
    NotComparable
        The rows don't tell which of them are kept.
    """
    for condition in conditions:
        columns, rows = chosen(condition.keeps(columns, rows), columns, rows)
    return columns, rows


def without_contradiction(condition: Condition, columns: dict[str, pa.Array], rows: Sequence[Any]) -> Some:
    """Return the rows without those that surely don't meet a condition which the API was asked to heed."""
    try:
        kept = condition.keeps(columns, rows)
    except NotComparable:
        return columns, rows
    if pc.all(kept).as_py() is not False:
        return columns, rows
    pairs = zip(kept.to_pylist(), rows, strict=True)
    return chosen(pa.array([keep or not condition.contradicts(row) for keep, row in pairs]), columns, rows)
