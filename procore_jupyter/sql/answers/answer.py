"""`Answer`: the rows of a query, which are a table like any other, with what they cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.tables.arrow.types import settled
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.display.cells import MOST_ROWS, ROWS
from procore_jupyter.tables.display.columns import MOST_COLUMNS, drawn_columns
from procore_jupyter.tables.display.picture import Picture, alerts, warn_of_lack
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.result import Fetched
from procore_jupyter.tables.table import Table
from procore_jupyter.wording import counted, moment

if TYPE_CHECKING:
    from procore_jupyter.sql.answers.explaining import Explanation
    from procore_jupyter.tables.export.workbook import SheetOrigin
    from procore_jupyter.tables.reader import Reader

NAME = "sql"
"""What an answer is called where a table has its name."""

_SELECTION = Selection(TableSpec(NAME, "", "global"))
_LARGEST_WHOLE = 18
"""Digits that each 64-bit number has."""


class Answer(Table):
    """The rows of a query: a table like any other, whose rows are in memory.

    Parameters
    ----------
    reader : Reader
        Knows the time zones of projects.
    fetched : Fetched
        The rows.
    read : mapping of str to Fetched
        The rows of Procore's tables that they were made of, by name.
    requests : Explanation
        What each reading of a table asked for, and what it cost.
    about : str
        Which projects the rows are of, for the caption.
    again : callable
        Runs the query anew.
    query : str
        The query.
    limit : int or None
        The answer is the first rows of another one, so many at most; None for all.
    """

    def __init__(
        self,
        reader: Reader,
        fetched: Fetched,
        read: dict[str, Fetched],
        requests: Explanation,
        about: str,
        again: Callable[[], Answer],
        query: str,
        *,
        limit: int | None = None,
    ) -> None:
        super().__init__(reader, _SELECTION, limit=limit, fetched=fetched)
        self._rows, self._of_tables, self._about, self._again = fetched, read, about, again
        self._requests = requests
        self.query = query
        """The query."""

    @property
    def requests(self) -> Explanation:
        """What each reading of a table asked for, and how many requests that took."""
        return self._requests

    @property
    def caption(self) -> str:
        """Of which projects the rows are, how many there are, what they cost, and how old they are."""
        rows = self._rows.rows
        size = f"{counted(rows.num_rows, 'row')} × {counted(rows.num_columns, 'column')}"
        cost = counted(self._rows.requests, "request")
        parts = (self._about, size, cost, moment(self._rows.when))
        return " · ".join(part for part in parts if part)

    def refresh(self) -> Answer:
        """Run the query anew, with rows that are fetched anew, and return its answer."""
        return self._again()

    def head(self, n: int = 5) -> Answer:
        """Return the first `n` rows as a table, which shows all of them up to 60 when it is drawn."""
        first = self._rows.first(max(0, n))
        made = Answer(  # of an explanation, its rows
            self._reader,
            first,
            self._of_tables,
            self._requests,
            self._about,
            self._again,
            self.query,
            limit=max(0, n),
        )
        made._warned = self._warned
        return made

    @property
    def _shown(self) -> Fetched:
        return self._rows

    def _current(self) -> Fetched:
        return self._rows

    def _read(self, peek: int | None = None) -> Fetched:
        return self._rows

    def _all(self) -> Fetched:
        if not self._warned:
            self._warned = True
            for name, found in self._lacking():
                warn_of_lack(found, name)
        return self._rows

    def _origin(self) -> SheetOrigin:
        return super()._origin()._replace(query=self.query)

    def _lacking(self) -> list[tuple[str, Fetched]]:
        """Return what lacks rows: the tables that were read, by name, and the answer itself if it was cut."""
        own = dataclasses.replace(self._rows, incomplete=())
        return [*((name, found) for name, found in self._of_tables.items() if found.incomplete), (NAME, own)]

    def __repr__(self) -> str:
        return str(self._drawing())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Draw the answer."""
        drawing = self._drawing()
        return {"text/plain": str(drawing), "text/html": drawing.html()}

    def _drawing(self) -> Picture | Explanation:
        return self._picture(self._rows)

    def _picture(self, seen: Fetched) -> Picture:
        rows = seen.rows
        count = min(rows.num_rows, ROWS if self._limit is None else min(self._limit, MOST_ROWS))
        columns = drawn_columns(rows, rows.column_names, count)
        columns.sort(key=lambda one: rows.column_names.index(one.name))  # as the query has them
        return Picture(
            caption=f"SQL · {self.caption}",
            alerts=[line for name, found in self._lacking() for line in alerts(found, name)],
            notes=seen.notes,
            columns=columns[:MOST_COLUMNS],
            more=max(0, rows.num_rows - count),
            others=columns[MOST_COLUMNS:],
        )


class Explained(Answer):
    """The answer to ``EXPLAIN``: a row for each reading of a table, drawn as what it says."""

    @property
    def caption(self) -> str:
        """What the query would cost, in words."""
        return self._requests.caption

    def _drawing(self) -> Picture | Explanation:
        return self._requests


def familiar(rows: pa.Table) -> pa.Table:
    """Return rows of DuckDB's as a table of this package has them.

    Each column has a name of its own; whole numbers have 64 bits wherever all of them fit; times are in UTC, to the
    microsecond.
    """
    columns = [_familiar(column) for column in rows.columns]
    return pa.table(columns, names=distinct(rows.column_names))


def distinct(names: Sequence[str]) -> list[str]:
    """Return names so that no two are the same, in any case: ``id``, ``id_1``."""
    taken: set[str] = set()
    found = []
    for name in names:
        number, made = 0, name
        while made in taken or (number and made in names):
            number += 1
            made = f"{name}_{number}"
        taken.add(made)
        found.append(made)
    return found


def _familiar(column: pa.ChunkedArray) -> pa.ChunkedArray:
    found = column.type
    if pa.types.is_decimal(found) and found.scale == 0 and found.precision > _LARGEST_WHOLE:
        return _narrowed(column)
    if pa.types.is_uint64(found):
        return _narrowed(column)
    if pa.types.is_integer(found):
        return column.cast(pa.int64())
    if pa.types.is_float32(found):
        return column.cast(pa.float64())
    if pa.types.is_timestamp(found):
        return column.cast(pa.timestamp("us", "UTC"), safe=False)  # without their nanoseconds
    if pa.types.is_null(found):
        return column.cast(settled(found))
    return column


def _narrowed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whole numbers with 64 bits; as they are if one of them has more."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column if pa.types.is_decimal(column.type) else column.cast(pa.decimal128(20, 0))
