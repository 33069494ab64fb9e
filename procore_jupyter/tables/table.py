"""`Table`: the rows of a selection, fetched when somebody looks at them."""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, overload

from procore_jupyter.errors import ParameterError, ProcoreWarning
from procore_jupyter.tables.caller import NotFetched, warn_caller
from procore_jupyter.wording import one_line, quoted

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

    from procore_jupyter.tables.display.picture import Picture
    from procore_jupyter.tables.export.workbook import SheetOrigin, SheetSource
    from procore_jupyter.tables.fetch.stream import Stream
    from procore_jupyter.tables.frames.frames import DtypeBackend
    from procore_jupyter.tables.incomplete import Incomplete
    from procore_jupyter.tables.parameters.selection import Selection
    from procore_jupyter.tables.reader import Reader
    from procore_jupyter.tables.result import Fetched

MANY = 10_000
"""Rows above which drawing a table reads its first page alone; `Table.fetch` and the like read all."""


class Table:
    """Rows of a Procore table. Nothing is fetched before somebody looks at them.

    Showing it in a notebook, `head`, `to_pandas` and the like fetch; properties, ``repr``, ``bool`` and ``dir`` never do.

    Parameters
    ----------
    reader : Reader
        Reads the rows.
    selection : Selection
        Which rows.
    limit : int or None
        The table is the first rows of the selection, so many at most; None for all.
    strict : bool
        Raise an error if rows are missing.
    fetched : Fetched or None
        The rows, if they are in memory already.
    """

    def __init__(
        self,
        reader: Reader,
        selection: Selection,
        *,
        limit: int | None = None,
        strict: bool = False,
        fetched: Fetched | None = None,
    ) -> None:
        self._reader, self._selection, self._limit, self._strict = reader, selection, limit, strict
        self._seen = self._told_of = fetched
        self._warned = False

    # What is known without asking anyone

    @property
    def name(self) -> str:
        """What the rows are: ``rfis``."""
        return self._selection.spec.name

    @property
    def columns(self) -> list[str]:
        """The names of the columns: of the rows that came, else as the catalog knows them."""
        seen = self._shown
        return [*(self._selection.spec.known_columns if seen is None else seen.rows.column_names)]

    @property
    def schema(self) -> pa.Schema:
        """The columns and their Arrow types: of the rows that came, else as the catalog knows them.

        Rows may bring further columns, and values that widen a type. The schema is empty if the catalog knows no column.
        """
        seen = self._shown
        return self._reader.catalog.schema(self._selection.spec) if seen is None else seen.rows.schema

    @property
    def num_rows(self) -> int:
        """The number of rows, as ``len``. Raises a TypeError until they are fetched; never fetches."""
        return len(self)

    @property
    def is_fetched(self) -> bool:
        """Whether all rows are in memory."""
        seen = self._shown
        return seen is not None and seen.told_rows is None

    @property
    def incomplete(self) -> list[Incomplete]:
        """What is missing of the rows that came last: project, status, message."""
        return [*self._told_of.incomplete] if self._told_of is not None else []

    @property
    def notes(self) -> list[str]:
        """Remarks on the rows that came last: columns that widened, a list that changed while it was read, missing fields."""
        told = self._told_of
        return [] if told is None else [*told.notes, *([told.missing_fields] if told.missing_fields else [])]

    def __len__(self) -> int:
        seen = self._shown
        if seen is None or seen.told_rows is not None:
            raise NotFetched(
                f"{self.name} has not been fetched, so its number of rows isn't known yet. "
                "Fetch it first:  .fetch()  or  .to_pandas()"
            )
        return int(seen.rows.num_rows)

    def __bool__(self) -> bool:
        return True

    # Rows

    def fetch(self) -> Table:
        """Fetch all rows that aren't in memory yet, and return this table.

        Raises
        ------
        ProcoreAPIError
            Procore refused all of it; with ``strict=True``, any of it.
        LoginRequired, RateLimited, ConfigurationError
            Nobody is signed in; Procore's limit lasts too long; company or project isn't chosen.
        """
        self._all()
        return self

    def refresh(self) -> Table:
        """Fetch all rows again, and return this table."""
        self._seen = None
        self._reader.forget(self._selection)
        return self.fetch()

    def head(self, n: int = 5) -> Table:
        """Return the first `n` rows as a table that is fetched already, with as few requests as it takes.

        Drawn, it shows all of them up to 60; a table on its own shows ten.
        """
        try:
            count = operator.index(n)
        except TypeError:
            count = -1
        if count < 0:
            raise ParameterError(f"head needs a number of rows, such as  .head(20), not {quoted(n)}.")
        count = count if self._limit is None else min(count, self._limit)
        here = self._current()
        if here is None:
            first = self._reader.first(self._selection, count, strict=self._strict)
        else:
            first = here.first(count)
        return Table(self._reader, self._selection, limit=count, strict=self._strict, fetched=first)

    def to_arrow(self) -> pa.Table:
        """Return all rows as a `pyarrow.Table`. Raises as `fetch`."""
        return self._all().rows

    def to_pandas(
        self,
        flatten: bool = True,
        exact: bool = False,
        tz: str | None = "UTC",
        dtype_backend: DtypeBackend | None = None,
    ) -> pandas.DataFrame:
        """Return all rows as a `pandas.DataFrame`. Raises as `fetch`.

        Parameters
        ----------
        flatten : bool
            Records become columns with dotted names (``ball_in_court.name``), and a list of records has its names beside
            it (``assignees.name``). If not, records and lists have Arrow's types.
        exact : bool
            Money, hours and quantities are `decimal.Decimal`. If not, they are ``float64``; a column that would lose a
            digit by it stays decimal, and a `ProcoreWarning` says so.
        tz : str or None
            The zone of times: a name such as ``"America/New_York"``; ``"project"`` for the clock of each row's project
            (one request at most); None for UTC without an offset, as Excel takes it.
        dtype_backend : "pyarrow" or None
            ``"pyarrow"``: Arrow's types for every column, with exact numbers. None: ``Int64``, ``boolean``,
            ``datetime64`` and pandas' string.

        Raises
        ------
        ParameterError
            A parameter has a value that it doesn't take, or a project's zone isn't known.
        """
        from procore_jupyter.tables.frames import frames, zones

        frames.check(flatten, tz, dtype_backend)  # before any request
        if self._current() is None:  # importing pandas takes half a second, and the first pages take longer
            threading.Thread(target=frames.import_pandas, name="procore pandas", daemon=True).start()
        rows = self._all().rows
        return frames.to_pandas(
            rows,
            flatten,
            exact,
            tz,
            dtype_backend,
            of_projects=lambda: zones.ProjectZones(self._reader.project_table).of(rows),
            tell=lambda note: warn_caller(f"{self.name}: {note}", ProcoreWarning),
        )

    def to_polars(self, flatten: bool = True) -> polars.DataFrame:
        """Return all rows as a `polars.DataFrame`. Raises as `fetch`; ConfigurationError if polars is missing.

        Parameters
        ----------
        flatten : bool
            Records become columns, as in `to_pandas`.
        """
        from procore_jupyter.tables.frames import frames

        frames.check(flatten)  # before any request
        return frames.to_polars(self._all().rows, flatten)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write all rows to a Parquet file, some thousand at a time: the file may be larger than the memory.

        The rows are those of `to_batches`. An older file is replaced when the new one is whole, and keeps its mode.

        Parameters
        ----------
        path : str or PathLike
            The file, whose folder is there. A symbolic link is followed.

        Raises
        ------
        OSError
            The file can't be written: it is a folder or a pipe, it has no folder, you can't write there. Raised before
            anything is requested.
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `fetch`.
        """
        from procore_jupyter.tables.export.parquet import replacing

        with replacing(path) as file:  # before any request: there may be no such place
            file.write(self.to_batches())

    def to_csv(self, path: str | os.PathLike[str], *, tz: str = "UTC") -> None:
        """Write all rows to a CSV file that Excel reads (UTF-8, RFC 4180), some thousand at a time. Flat, as `to_excel`.

        A text that a spreadsheet would take for a formula has an apostrophe before it.

        Parameters
        ----------
        path : str or PathLike
            As `to_parquet`.
        tz : str
            The zone of the times: ``"UTC"``, ``"America/New_York"``, or ``"project"`` for the clock of each row's project.
            They are written without it.

        Raises
        ------
        OSError, ParameterError, ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `to_excel`.
        """
        from procore_jupyter.tables.export.csv import to_csv
        from procore_jupyter.tables.frames import zones

        zones.check_for_file(tz, self._selection.spec)  # before any request
        to_csv(path, self.to_batches, tz=tz, of_projects=zones.ProjectZones(self._reader.project_table).of)

    def to_excel(self, path: str | os.PathLike[str], *, tz: str = "UTC") -> None:
        """Write all rows to an Excel workbook, some thousand at a time: `procore_jupyter.to_excel` of this table alone.

        Parameters
        ----------
        path : str or PathLike
            The file, which ends in ``.xlsx`` and whose folder is there.
        tz : str
            The zone of the times, as for `to_csv`.

        Raises
        ------
        OSError, ParameterError, ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `procore_jupyter.to_excel`.
        """
        from procore_jupyter.tables.export.workbook import sheet_name, write_workbook

        write_workbook(path, {sheet_name(self.name): self._sheet()}, tz=tz)

    def _sheet(self) -> SheetSource:
        """Return what a workbook's sheet of this table holds."""
        from procore_jupyter.tables.export.workbook import SheetSource
        from procore_jupyter.tables.frames.zones import ProjectZones

        zones = ProjectZones(self._reader.project_table)
        return SheetSource(self._selection, self._expected_rows, self.to_batches, zones.of, self._origin)

    def _origin(self) -> SheetOrigin:
        """Return where the rows that came last are from."""
        from procore_jupyter.tables.export.workbook import SheetOrigin

        return SheetOrigin(self._selection, self._reader.host, self._limit, self._told_of, self.notes)

    @property
    def _expected_rows(self) -> int:
        """How many rows there will be, as far as that is known without asking anyone."""
        seen = self._shown
        if seen is None:
            return 0
        rows = int(seen.rows.num_rows) if seen.told_rows is None else seen.told_rows
        return min([rows, *(one for one in (self._limit, self._reader.max_rows) if one is not None)])

    def to_batches(self) -> Stream:
        """Return all rows as `pyarrow.RecordBatch`, some thousand at a time, all of one schema.

        Rows that were fetched are used again; others are fetched as you take the batches, but not kept. The columns
        are then those of the first rows: a value that doesn't fit its column is NULL and is kept in ``_unfit``, a field that
        the first rows didn't have is kept in ``_extra``, both as JSON. `incomplete` and `notes` cover these rows after
        the last batch, or when the stream is closed.

        Returns
        -------
        Stream
            An iterator with ``.schema`` and ``.close()``, which is a context manager and an Arrow stream too.

        Raises
        ------
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `fetch`; here, or while the batches are read.
        """
        from procore_jupyter.tables.fetch.stream import stream, stream_of

        if (
            self._current()
            or self._limit is not None
            or self._reader.kept(self._selection, strict=self._strict)
        ):
            return stream_of(self._all())
        return stream(self._reader.begin(self._selection), self._streamed, strict=self._strict)

    def _streamed(self, found: Fetched, ended: bool) -> None:
        """Remember what is known of rows that a stream gave and that aren't kept; say it, unless an error does."""
        self._told_of = found
        if not ended:
            return
        _warn_of_lack(found, self.name)
        for note in found.notes:  # of rows in memory, the drawn table shows them
            warn_caller(note, ProcoreWarning)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self._all().rows.to_batches():
            yield from batch.to_pylist()

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    @overload
    def __getitem__(self, index: str) -> pa.ChunkedArray: ...
    def __getitem__(
        self, index: int | slice | str
    ) -> dict[str, Any] | list[dict[str, Any]] | pa.ChunkedArray:
        """Return a row by its place, rows by a slice, or a column by its name.

        Raises
        ------
        KeyError
            No column has that name; the message names the nearest.
        IndexError, TypeError
            No row has that place; the index is of another type (raised before anything is fetched).
        """
        from procore_jupyter.tables.frames.row_access import item

        return item(index, self.name, lambda: self._all().rows)

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand all rows to a library that takes Arrow's streams (pandas, polars, DuckDB), without a copy.

        The rows are fetched once and kept, as for `to_arrow`: such libraries may ask for them again and again.
        """
        return self._all().rows.__arrow_c_stream__(requested_schema)

    @property
    def _shown(self) -> Fetched | None:
        """The rows in memory, as long as the company and the project that they are of are still the ones meant."""
        seen = self._seen
        return seen if seen is not None and self._reader.means_the_same(self._selection, seen) else None

    def _current(self) -> Fetched | None:
        """Return all rows if they are in memory and may be used again."""
        seen = self._seen
        whole = seen is not None and seen.told_rows is None
        return seen if seen is not None and whole and self._reader.is_current(self._selection, seen) else None

    def _read(self, peek: int | None = None) -> Fetched:
        if self._limit is not None:
            return self._reader.first(self._selection, self._limit, strict=self._strict)
        return self._reader.rows(self._selection, strict=self._strict, peek=peek)

    def _all(self) -> Fetched:
        here = self._current()
        if here is None:
            here = self._seen = self._told_of = self._read()
            self._warned = False
        if not self._warned:  # a drawn table says it itself
            self._warned = True
            _warn_of_lack(here, self.name)
        return here

    # Drawing

    def __repr__(self) -> str:
        seen = self._shown
        if seen is None:
            return f"<{one_line(' · '.join(self._selection.facts(self.columns)), 300)}: not fetched yet; .head() shows the first rows, .to_pandas() fetches all>"
        return str(self._picture(seen))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Draw the table; fetch its rows, or the first page of many, unless they are in memory."""
        seen = self._seen
        if seen is None or not self._reader.is_current(self._selection, seen):
            seen = self._seen = self._told_of = self._read(peek=MANY)
            self._warned = False
        picture = self._picture(seen)
        return {"text/plain": str(picture), "text/html": picture.html()}

    def _picture(self, seen: Fetched) -> Picture:
        from procore_jupyter.tables.display.picture import picture

        return picture(seen, self.name, self._selection.spec.show, self._limit)


def _warn_of_lack(found: Fetched, name: str) -> None:
    from procore_jupyter.tables.display.picture import warn_of_lack

    warn_of_lack(found, name)
