"""A CSV file that is written as rows come (RFC 4180, UTF-8 with a mark), and takes the old one's place when it is whole."""

from __future__ import annotations

import csv
import functools
import os
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from procore_jupyter.files import target
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.export.scalars import scalars
from procore_jupyter.tables.fetch.stream import Stream
from procore_jupyter.tables.frames.zones import OfProjects, no_zones

ROWS = 2000
"""Rows that are made into text at a time."""

MARK = "utf-8-sig"
"""The encoding: by the mark at the file's start, Excel knows that it is UTF-8."""

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+", re.ASCII)


def to_csv(
    path: str | os.PathLike[str], rows: Callable[[], Stream], *, tz: str, of_projects: OfProjects = no_zones
) -> None:
    """Write rows into a CSV file.

    Parameters
    ----------
    path : str or PathLike
        The file, whose folder is there.
    rows : callable
        Returns the rows; called when it is sure that the file can be written.
    tz : str
        The zone of the times, or ``"project"`` for that of each row's project.
    of_projects : callable
        Returns the zones of projects, as `ProjectZones.of` does.

    Raises
    ------
    OSError
        The file can't be written.
    ParameterError
        There is no zone of a project.
    """
    with (
        target.replacing(path) as file,
        file.beside.open("w", encoding=MARK, newline="") as text,
        rows() as stream,
    ):
        writer = csv.writer(text)  # its lines end in CR LF, as RFC 4180 has it
        writer.writerow([harmless(name) for name in scalars(without_rows(stream.schema)).column_names])
        for batch in stream:
            for start in range(0, batch.num_rows, ROWS):
                whole = pa.Table.from_batches([batch.slice(start, ROWS)])
                part = scalars(whole, tz, functools.partial(of_projects, whole, stream.places))
                writer.writerows(zip(*map(_cells, part.columns), strict=True))


def harmless(text: str) -> str:
    """Return a text with an apostrophe before it, if a spreadsheet would take it for a formula.

    RFC 4180 has no way to say that a value is a text. A number with a sign is left as it is.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values as a CSV file has them; None for a missing one."""
    found = column.type
    if pa.types.is_string(found):
        return [None if one is None else harmless(one) for one in column.to_pylist()]
    if pa.types.is_decimal(found):
        return [None if one is None else _number(f"{one:f}") for one in column.to_pylist()]
    if pa.types.is_timestamp(found):  # Python's own times would import pandas
        return [
            one if one is None else one.removesuffix(".000000")
            for one in column.cast(pa.string()).to_pylist()
        ]
    if pa.types.is_boolean(found) or pa.types.is_date(found):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _number(text: str) -> str:
    """Return a decimal number without the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text
