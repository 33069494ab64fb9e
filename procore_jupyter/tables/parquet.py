"""Rows into a Parquet file, all at once or as they come."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from procore_jupyter.files import private
from procore_jupyter.tables.arrow.ingest import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.reading import Batch, Incomplete, Reading
from procore_jupyter.tables.result import Fetched, ordered, raise_where_all_failed, raise_where_incomplete

LEAST_GROUP, MOST_GROUP = 4 * 1024 * 1024, 32 * 1024 * 1024
GROUPS = 32
"""A row group's bytes of Arrow, which wait in memory until it is whole: a thirty-second of what the file holds
already, between these bounds. A small file costs little memory, and a large one has few groups, each of which costs some
kilobytes until the end."""


class ParquetFile:
    """A Parquet file that is written row group by row group.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._waiting: list[pa.RecordBatch] = []
        self._bytes = self._written = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows; all have the schema of the first."""
        self._waiting.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= min(max(LEAST_GROUP, self._written // GROUPS), MOST_GROUP):
            self._flush()

    def _flush(self) -> None:
        import pyarrow.parquet as pq

        if not self._waiting:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._waiting[0].schema, compression="zstd")
        group = pa.Table.from_batches(self._waiting)
        self._writer.write_table(group, row_group_size=max(1, group.num_rows))
        self._written += self._bytes
        self._waiting, self._bytes = [], 0
        del group
        pa.default_memory_pool().release_unused()  # the next group is a while away

    def finish(self, empty: pa.Schema) -> None:
        """Write what is left, and the end; a file without rows has this schema."""
        if self._writer is None and not self._waiting:
            self._waiting.append(
                pa.RecordBatch.from_arrays([pa.nulls(0, one.type) for one in empty], schema=empty)
            )
        self._flush()
        self._close()

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):
            self._close()


def write(rows: pa.Table, path: Path) -> None:
    """Write rows that are in memory."""
    with private.replacing(path) as beside, ParquetFile(beside) as file:
        for batch in rows.to_batches():
            file.write(batch)
        file.finish(rows.schema)


def stream(reading: Reading, path: Path, *, strict: bool) -> Fetched:
    """Write rows as they come; return what one should know of them, and no row.

    Of a place that fails in the middle, what it gave before stands in the file; `Incomplete` says so.

    Raises
    ------
    ProcoreAPIError, requests.RequestException
        All places failed; or, `strict`, one did. There is no file then, or the old one.
    """
    written: dict[int, int] = {}
    with private.replacing(path) as beside, ParquetFile(beside) as file:
        with contextlib.closing(reading.batches()) as batches:
            for batch in batches:
                file.write(_record(reading, batch))
                written[batch.place] = written.get(batch.place, 0) + batch.length
        raise_where_all_failed(reading)
        if strict:
            raise_where_incomplete(reading.incomplete, reading.failures)
        file.finish(_empty(reading))
    return Fetched(
        without_rows(pa.schema([])),
        tuple(reading.places),
        tuple(_with_rows_written(reading, written)),
        (*reading.ingest.notes, *reading.notes),
        reading.scope.requests,
        reading.scope.bytes,
        cut=reading.cut,
        written=reading.rows,
    )


def _record(reading: Reading, batch: Batch) -> pa.RecordBatch:
    """Return a batch in the file's schema, which the first one decides."""
    ingest = reading.ingest
    if not ingest.frozen:
        ingest.freeze()
    columns = {**batch.columns, **ingest.as_now(batch.columns, batch.length)}
    names = [*ordered(reading.selection.spec, ingest.schema, reading.places), UNFIT, EXTRA]
    arrays = [columns.get(name, pa.nulls(batch.length, pa.string())) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names)


def _empty(reading: Reading) -> pa.Schema:
    from procore_jupyter.tables.result import assembled

    found = assembled(reading, [])
    return pa.schema([*found.schema, (UNFIT, pa.string()), (EXTRA, pa.string())])


def _with_rows_written(reading: Reading, written: dict[int, int]) -> Iterator[Incomplete]:
    failed = {reading.places[index].project: written.get(index, 0) for index in reading.failures}
    for one in reading.incomplete:
        count = next(
            (rows for project, rows in failed.items() if project and project[0] == one.project_id), 0
        )
        if one.status is not None and count:
            yield one._replace(message=f"{one.message} Its first {count:,} rows stand in the file.")
        else:
            yield one
