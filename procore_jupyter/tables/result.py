"""`Fetched`: a table's rows in memory, with where they are from and what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.tables.arrow.remarks import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import converted, settled, without_rows
from procore_jupyter.tables.incomplete import Incomplete, raise_first

if TYPE_CHECKING:
    from procore_jupyter.tables.arrow.ingest import Ingest
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.place import Place


@dataclass(frozen=True)
class Fetched:
    """Rows, and how they came.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    places : tuple of Place
        The companies, projects and parents whose rows were read.
    incomplete : tuple of Incomplete
        What is missing.
    notes : tuple of str
        Remarks on the rows, a line each.
    requests : int
        Requests that were sent now.
    bytes : int
        Bytes of the answers' bodies, unpacked; also of rows that were here already.
    told_rows : int or None
        How many rows Procore says there are, if only some of them were read; None if all were.
    at_least : bool
        Some lists haven't said how many rows they have, so there may be more than `told_rows`.
    cut : bool
        There are more rows than ``MaxRows`` let through.
    written : int or None
        Rows that a stream gave, and that aren't in `rows`; None if no stream did.
    when : float
        When the reading ended, in seconds since 1970.
    stamp : tuple
        What was chosen, and how often everything had been forgotten (`Reader.is_current`).
    missing_fields : str
        What the rows lack of the documented fields, in a line; empty if nothing.
    earlier_requests : int
        Requests that had been sent for the rows that were here already.
    kept_places : int
        Places whose rows were here already.
    """

    rows: pa.Table
    places: tuple[Place, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    told_rows: int | None = None
    at_least: bool = False
    cut: bool = False
    written: int | None = None
    when: float = field(default_factory=time.time)
    stamp: tuple[object, ...] = ()
    missing_fields: str = ""
    earlier_requests: int = 0
    kept_places: int = 0

    def first(self, count: int) -> Fetched:
        """Return the first rows, with what is known of all.

        More rows than were wanted are no lack; fewer, because of ``MaxRows``, are one.
        """
        return replace(self, rows=self.rows.slice(0, count), cut=self.cut and self.rows.num_rows < count)


def raise_where_incomplete(incomplete: Sequence[Incomplete], failures: Mapping[int, Exception]) -> None:
    """Raise an error if rows are missing: the first place's own, else one that says what is missing."""
    if failures:
        raise failures[min(failures)]
    raise_first(incomplete)


def assembled(
    ingest: Ingest, spec: TableSpec, places: Sequence[Place], batches: Sequence[Mapping[str, pa.Array]]
) -> pa.Table:
    """Return batches of columns, all of the types that the schema has now, as one table.

    Parameters
    ----------
    ingest : Ingest
        Knows all columns that came, each of the widest type that came.
    spec : TableSpec
        The table.
    places : sequence of Place
        The places of the rows.
    batches : sequence of mapping of str to pyarrow.Array
        The batches, out of `batch.as_one`.
    """
    names = ordered(spec, [*ingest.schema], places)
    types = {name: settled(found) for name, found in ingest.schema.items()}
    records = [
        pa.RecordBatch.from_arrays([converted(columns[name], types[name]) for name in names], names)
        for columns in batches
    ]
    if records:
        return pa.Table.from_batches(records)
    return without_rows(pa.schema([(name, types[name]) for name in names]))


def ordered(spec: TableSpec, names: Iterable[str], places: Sequence[Place]) -> list[str]:
    """Return the columns in a table's order: the key, those that say where a row is from, the others."""
    of_place = [*(places[0].columns if places else spec.place_columns)]
    names = [name for name in names if name not in (UNFIT, EXTRA)]
    own = [name for name in names if name not in of_place]
    key = [spec.key] if spec.key in own else []
    return [*key, *of_place, *(name for name in own if name not in key)]
