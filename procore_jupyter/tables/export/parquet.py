"""`ParquetFile`: a Parquet file that is written as rows come, and takes the old one's place when it is whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from procore_jupyter.files import target
from procore_jupyter.tables.fetch.stream import Stream

LEAST_GROUP = 4 * 1024 * 1024
"""Bytes of Arrow in a row group, at least: the group waits in memory until it is whole."""

MOST_GROUP = 32 * 1024 * 1024
"""Bytes of Arrow in a row group, at most."""

GROUPS = 32
"""A row group holds this fraction of what the file holds already, between the two bounds.

So a small file costs little memory, and a large one has few groups: each costs some kilobytes until the end.
"""


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

    def write(self, rows: Stream) -> None:
        """Write all rows of a stream, and the end of the file."""
        try:
            with rows:
                for batch in rows:
                    self._waiting.append(batch)
                    self._bytes += batch.nbytes
                    del batch  # it would stay in memory while the next one is made
                    if self._bytes >= min(max(LEAST_GROUP, self._written // GROUPS), MOST_GROUP):
                        self._flush()
            if self._writer is None and not self._waiting:
                nothing = [pa.nulls(0, one.type) for one in rows.schema]
                self._waiting.append(pa.RecordBatch.from_arrays(nothing, schema=rows.schema))
            self._flush()
            self._close()
        finally:
            with contextlib.suppress(Exception):
                self._close()

    def _flush(self) -> None:
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

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[ParquetFile]:
    """Give a file that takes the place of the one at a path if the context ends without an error.

    Raises
    ------
    OSError
        There can be no file at this path.
    """
    with target.replacing(path) as file:
        yield ParquetFile(file.beside)
