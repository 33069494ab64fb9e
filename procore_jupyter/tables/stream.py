"""`Stream`: rows as record batches of one schema, each made when it is asked for.

A table in memory widens a column for a value that doesn't fit it. A stream can't: its schema is that of the first
rows. So a value that doesn't fit is NULL, and stands as JSON in the column ``_unfit``; a field that the first rows
didn't have stands in ``_extra``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa

from procore_jupyter.tables.arrow.ingest import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.reading import Batch, Reading
from procore_jupyter.tables.result import (
    Fetched,
    assembled,
    ordered,
    raise_where_all_failed,
    raise_where_incomplete,
)


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
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Generator[pa.RecordBatch, None, None],
        first: pa.RecordBatch | None = None,
    ) -> None:
        self.schema = schema
        self._batches, self._first = batches, first

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


def stream_of(rows: pa.Table) -> Stream:
    """Return rows in memory as a stream."""
    return Stream(rows.schema, (batch for batch in rows.to_batches()))


def stream(reading: Reading, ended: Callable[[Fetched], None], *, strict: bool = False) -> Stream:
    """Return the rows of a reading as they come. The first ones have come by then: they decide the schema.

    Parameters
    ----------
    reading : Reading
        Reads the rows.
    ended : callable
        Takes what is known of the rows, when all have been given.
    strict : bool
        Raise an error, after the last row, if rows are missing.

    Raises
    ------
    ProcoreAPIError, requests.RequestException
        All places failed; or, if `strict`, one did. Raised here or while the stream is read.
    """
    batches = _records(reading, ended, strict)
    first = next(batches, None)
    return Stream(_without_rows(reading) if first is None else first.schema, batches, first)


def _records(
    reading: Reading, ended: Callable[[Fetched], None], strict: bool
) -> Generator[pa.RecordBatch, None, None]:
    given: dict[int, int] = {}
    batches = reading.batches()
    try:
        for batch in batches:
            yield _record(reading, batch)
            given[batch.place] = given.get(batch.place, 0) + batch.length
    finally:
        batches.close()
    raise_where_all_failed(reading)
    if strict:
        raise_where_incomplete(reading.incomplete, reading.failures)
    ended(
        Fetched(
            without_rows(pa.schema([])),
            tuple(reading.places),
            tuple(_with_rows_given(reading, given)),
            (*reading.ingest.notes, *reading.notes),
            reading.scope.requests,
            reading.scope.bytes,
            cut=reading.cut,
            written=reading.rows,
        )
    )


def _record(reading: Reading, batch: Batch) -> pa.RecordBatch:
    """Return a batch in the stream's schema, which the first batch decides."""
    ingest = reading.ingest
    if not ingest.frozen:
        ingest.freeze()
    columns = {**batch.columns, **ingest.as_now(batch.columns, batch.length)}
    names = [*ordered(reading.selection.spec, ingest.schema, reading.places), UNFIT, EXTRA]
    arrays = [columns.get(name, pa.nulls(batch.length, pa.string())) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names)


def _without_rows(reading: Reading) -> pa.Schema:
    return pa.schema([*assembled(reading, []).schema, (UNFIT, pa.string()), (EXTRA, pa.string())])


def _with_rows_given(reading: Reading, given: dict[int, int]) -> Iterator[Incomplete]:
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
