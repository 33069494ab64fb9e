"""`Stream`: rows as record batches of one schema, each made when it is asked for.

A table in memory widens a column for a value that doesn't fit it. A stream can't: its schema is that of the first
rows, which wait until there are enough of them to tell, from whatever projects. So a value that doesn't fit is NULL, and
stands as JSON in the column ``_unfit``; a field that the first rows didn't have stands in ``_extra``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa
import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.tables.arrow.ingest import BATCH
from procore_jupyter.tables.arrow.remarks import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.caller import in_one_line
from procore_jupyter.tables.fetch.batch import Batch, as_one
from procore_jupyter.tables.fetch.reading import Reading
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.project_names import with_names
from procore_jupyter.tables.place import Place
from procore_jupyter.tables.result import (
    Fetched,
    assembled,
    ordered,
    raise_where_incomplete,
)
from procore_jupyter.wording import counted

FIRST_ROWS = BATCH
"""Rows that decide the schema, at least."""

FIRST_BYTES = 4 * 1024 * 1024
"""Bytes of Arrow that decide it, however few rows they are."""


class Stream:
    """An iterator of `pyarrow.RecordBatch`, all of one schema. Libraries that take Arrow's streams take it.

    Parameters
    ----------
    schema : pyarrow.Schema
        The schema of all batches.
    batches : generator
        Gives the batches.
    first : pyarrow.RecordBatch or None
        A batch that comes before those.
    expected : callable
        Returns how many rows there will be, as far as that is known.
    places : sequence of Place
        The places of the rows.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Generator[pa.RecordBatch, None, None],
        first: pa.RecordBatch | None = None,
        *,
        expected: Callable[[], int] = lambda: 0,
        places: Sequence[Place] = (),
    ) -> None:
        self.schema, self.places = schema, places
        self._batches, self._first, self._expected = batches, first, expected

    @property
    def expected_rows(self) -> int:
        """How many rows there will be, as far as Procore has said."""
        return self._expected()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        first, self._first = self._first, None
        return next(self._batches) if first is None else first

    def close(self) -> None:
        """Ask for no more rows: requests under way are cut, and no further batch comes."""
        self._first = None
        self._batches.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the batches that are left to a library that takes Arrow's streams."""
        return pa.RecordBatchReader.from_batches(self.schema, self).__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<Stream of {len(self.schema)} columns>"


def stream_of(found: Fetched) -> Stream:
    """Return rows in memory as a stream."""
    rows = found.rows
    batches = (batch for batch in rows.to_batches())
    return Stream(rows.schema, batches, expected=lambda: int(rows.num_rows), places=found.places)


Told = Callable[[Fetched, bool], None]
"""Takes what is known of rows that a stream gave, and whether it ended without an error, with the last row."""


def stream(reading: Reading, told: Told, *, strict: bool = False) -> Stream:
    """Return the rows of a reading as they come. The first ones have come by then: they decide the schema.

    Parameters
    ----------
    reading : Reading
        Reads the rows.
    told : callable
        Takes what is known of the rows in the end, however the stream ends.
    strict : bool
        Raise an error, after the last row, if rows are missing.

    Raises
    ------
    ProcoreAPIError, requests.RequestException
        All places failed; or, if `strict`, one did. Raised here or while the stream is read.
    """
    batches = _records(reading, told, strict)
    first = next(batches, None)
    schema = _without_rows(reading) if first is None else first.schema
    return Stream(schema, batches, first, expected=lambda: reading.expected_rows, places=reading.places)


def _records(reading: Reading, told: Told, strict: bool) -> Generator[pa.RecordBatch, None, None]:
    given: dict[int, int] = {}
    batches = reading.batches()
    read = ended = False
    try:
        for batch in itertools.chain(_first(reading, batches), batches):
            yield _record(reading, batch)
            given[batch.place] = given.get(batch.place, 0) + batch.length
        read = True
        reading.raise_where_all_failed()
        if strict:
            raise_where_incomplete(reading.incomplete, reading.failures)
        ended = True
    except (KeyboardInterrupt, requests.RequestException) as error:
        if not isinstance(error, ProcoreError):
            in_one_line(error, "")
        raise
    finally:
        batches.close()
        told(_known(reading, given, read=read), ended)


def _known(reading: Reading, given: Mapping[int, int], *, read: bool) -> Fetched:
    """Return what is known of rows that were given, by place; `read` tells whether they were read to the end."""
    missing = [*_with_rows_given(reading, given)]
    if not read:
        rows = counted(sum(given.values()), "row")
        words = f"They were not read to their end: {rows} came before that."
        missing.append(Incomplete(reading.selection.spec.name, None, None, words))
    named = reading.called.note if reading.called is not None else ""
    return Fetched(
        without_rows(pa.schema([])),
        tuple(reading.places),
        tuple(missing),
        (*reading.ingest.notes, *reading.notes, *filter(None, [reading.emptiness, named])),
        reading.scope.requests,
        reading.scope.bytes,
        cut=reading.cut,
        written=reading.rows,
        missing_fields=reading.missing_fields,
    )


def _first(reading: Reading, batches: Iterator[Batch]) -> Sequence[Batch]:
    """Return the first rows, which decide the schema: at least so many, if there are, of whatever places."""
    first: list[Batch] = []
    rows = size = 0
    for batch in batches:
        first.append(batch)
        rows += batch.length
        size += sum(column.nbytes for column in batch.columns.values())
        if rows >= FIRST_ROWS or size >= FIRST_BYTES:
            break
    first = [
        Batch(batch.place, columns, batch.length)
        for batch, columns in zip(first, as_one(reading.ingest, first), strict=True)
    ]
    reading.ingest.freeze()
    return first


def _record(reading: Reading, batch: Batch) -> pa.RecordBatch:
    """Return a batch in the stream's schema."""
    ingest = reading.ingest
    columns = {**batch.columns, **ingest.as_now(batch.columns, batch.length)}
    names = [*ordered(reading.selection.spec, ingest.schema, reading.places), UNFIT, EXTRA]
    arrays = [columns.get(name, pa.nulls(batch.length, pa.string())) for name in names]
    record = pa.RecordBatch.from_arrays(arrays, names)
    if reading.called is None:
        return record
    [named] = with_names(pa.Table.from_batches([record]), reading.called).to_batches()
    return named


def _without_rows(reading: Reading) -> pa.Schema:
    rows = assembled(reading.ingest, reading.selection.spec, reading.places, [])
    known = rows if reading.called is None else with_names(rows, reading.called)
    return pa.schema([*known.schema, (UNFIT, pa.string()), (EXTRA, pa.string())])


def _with_rows_given(reading: Reading, given: Mapping[int, int]) -> Iterator[Incomplete]:
    """Give what is missing, and for a project that failed in the middle how many of its rows have been given."""
    failed = {reading.places[index].project: given.get(index, 0) for index in reading.failures}
    for one in reading.incomplete:
        count = next(
            (rows for project, rows in failed.items() if project and project[0] == one.project_id), 0
        )
        if one.status is not None and count:
            yield one._replace(message=f"{one.message} Its first {count:,} rows came before that.")
        else:
            yield one
