"""`Batch`: some rows of one place as columns, while a table's rows are put together."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from procore_jupyter.tables.arrow.ingest import Ingest


@dataclass(frozen=True)
class Batch:
    """Rows of one place.

    Parameters
    ----------
    place : int
        The place's number in `Reading.places`.
    columns : mapping of str to pyarrow.Array
        The columns by name.
    length : int
        The number of rows.
    """

    place: int
    columns: Mapping[str, pa.Array]
    length: int


def in_one_piece(batch: Batch, schema: Container[str]) -> Batch:
    """Return a batch in memory of its own, without the columns of the schema that hold nothing.

    Copying lets the page's buffers be freed: otherwise one live column pins all of them. `Ingest.as_now` gives the
    empty columns back.
    """
    columns = {
        name: column
        for name, column in batch.columns.items()
        if column.null_count < len(column) or name not in schema
    }
    together = pa.RecordBatch.from_arrays([*columns.values()], [*columns])
    piece = together.serialize(memory_pool=pa.system_memory_pool())
    again = pa.ipc.read_record_batch(piece, together.schema)
    return Batch(batch.place, dict(zip(columns, again.columns, strict=True)), batch.length)


def as_one(ingest: Ingest, batches: Sequence[Batch]) -> list[dict[str, pa.Array]]:
    """Return the columns of batches, all with the same types: those that take the values of each."""
    while True:
        before = dict(ingest.schema)
        made = [ingest.as_now(batch.columns, batch.length) for batch in batches]
        if ingest.schema == before:
            return made
