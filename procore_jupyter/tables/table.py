"""`Table`: rows that are fetched when somebody looks at them."""

from __future__ import annotations

import contextlib
import importlib
import operator
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from procore_jupyter.errors import ProcoreIncompleteWarning, ProcoreWarning
from procore_jupyter.tables.display.drawing import Picture
from procore_jupyter.wording import counted, nearest, one_line

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

    from procore_jupyter.tables.frames import DtypeBackend
    from procore_jupyter.tables.reader import Reader
    from procore_jupyter.tables.reading import Incomplete
    from procore_jupyter.tables.result import Fetched
    from procore_jupyter.tables.selection import Selection
    from procore_jupyter.tables.stream import Stream

MANY = 10_000
"""Rows above which drawing a table reads its first page alone; `Table.fetch` and the like read all."""

_PACKAGE = __name__.partition(".")[0]


class _NotFetched(TypeError, AttributeError):
    """The number of rows isn't known: what ``len`` raises; and ``hasattr(table, "num_rows")`` is false meanwhile."""


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
        """The names of the columns: those that came, else those that are known beforehand."""
        return [*(self._selection.spec.known_columns if self._seen is None else self._seen.rows.column_names)]

    @property
    def schema(self) -> pa.Schema:
        """The columns and their Arrow types: of the rows that came, else as the catalog knows them.

        Rows may bring further columns, and values that widen a type. It is empty for a list of which no column is known.
        """
        if self._seen is None:
            return self._reader.catalog.schema(self._selection.spec)
        return self._seen.rows.schema

    @property
    def num_rows(self) -> int:
        """How many rows there are, as ``len``. Raises an error before they are fetched, and never fetches."""
        return len(self)

    @property
    def is_fetched(self) -> bool:
        """Whether all rows are in memory."""
        return self._seen is not None and self._seen.told_rows is None

    @property
    def incomplete(self) -> list[Incomplete]:
        """What is missing, as far as is known: project, status, message."""
        return [*self._told_of.incomplete] if self._told_of is not None else []

    @property
    def notes(self) -> list[str]:
        """What one should know of the rows, as far as is known."""
        return [*self._told_of.notes] if self._told_of is not None else []

    def __len__(self) -> int:
        if self._seen is None or not self.is_fetched:
            raise _NotFetched(
                f"{self.name} has not been fetched, so nobody knows how many rows it has. "
                "Fetch it first:  .fetch()  or  .to_pandas()"
            )
        return int(self._seen.rows.num_rows)

    def __bool__(self) -> bool:
        return True

    # Rows

    def fetch(self) -> Table:
        """Fetch all rows, where they aren't there yet, and return this table.

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
        """Fetch all rows anew, and return this table."""
        self._seen = None
        self._reader.forget(self._selection)
        return self.fetch()

    def head(self, n: int = 5) -> Table:
        """Return the first `n` rows as a table that is fetched already, with as few requests as it takes."""
        count = max(0, n if self._limit is None else min(n, self._limit))
        here = self._current()
        if here is None:
            first = self._reader.first(self._selection, count, strict=self._strict)
        else:
            first = here.first(count)
        return Table(self._reader, self._selection, limit=count, strict=self._strict, fetched=first)

    def to_arrow(self) -> pa.Table:
        """Return all rows as a `pyarrow.Table`. Raises as `fetch`."""
        return self._all().rows

    def to_pandas(self, dtype_backend: DtypeBackend | None = None) -> pandas.DataFrame:
        """Return all rows as a `pandas.DataFrame`. Raises as `fetch`.

        Parameters
        ----------
        dtype_backend : "pyarrow" or None
            ``"pyarrow"``: Arrow's types for every column. None: pandas' own, but for money and nested values; ids
            stay whole numbers, also where some are missing.
        """
        if self._current() is None:  # half a second, which passes while the first pages come
            threading.Thread(target=_import_pandas, name="procore pandas", daemon=True).start()
        from procore_jupyter.tables.frames import to_pandas

        return to_pandas(self._all().rows, dtype_backend)

    def to_polars(self) -> polars.DataFrame:
        """Return all rows as a `polars.DataFrame`. Raises as `fetch`, and ConfigurationError where polars is missing."""
        from procore_jupyter.tables.frames import to_polars

        return to_polars(self._all().rows)

    def to_parquet(self, path: str | Path) -> None:
        """Write all rows to a Parquet file, some thousand at a time: as large as the disk, not as the memory.

        What was fetched is written; else rows are fetched and not kept. Then the columns are those of the first rows:
        a value that doesn't fit one stands in the column ``_unfit``, what comes in new fields in ``_extra`` (as JSON).
        The file is replaced when it is whole.

        Parameters
        ----------
        path : str or Path
            The file.

        Raises
        ------
        OSError
            It can't be written.
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `fetch`.
        """
        from procore_jupyter.tables.parquet import replacing

        with replacing(Path(path).expanduser()) as file:  # before any request: the folder may not be there
            file.write(self.to_batches())

    def to_batches(self) -> Stream:
        """Return all rows as `pyarrow.RecordBatch`, some thousand at a time, all of one schema.

        What was fetched is used; else rows are fetched as the batches are asked for, and not kept. Then the columns are
        those of the first rows: a value that doesn't fit one is NULL there and stands in ``_unfit``, a field that they
        didn't have stands in ``_extra`` (both as JSON). After the last batch, `incomplete` and `notes` tell of these rows.

        Returns
        -------
        Stream
            An iterator with ``.schema`` and ``.close()``; a context manager; and what takes Arrow's streams takes it.

        Raises
        ------
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `fetch`: here, or while the batches are read.
        """
        from procore_jupyter.tables.stream import stream, stream_of

        if (
            self._current()
            or self._limit is not None
            or self._reader.kept(self._selection, strict=self._strict)
        ):
            return stream_of(self._all().rows)
        return stream(self._reader.begin(self._selection, frugal=True), self._streamed, strict=self._strict)

    def _streamed(self, found: Fetched) -> None:
        """Tell what is known of rows that were given and aren't kept."""
        self._told_of = found
        _warn(found, self.name)
        for note in found.notes:  # nowhere else would they be seen
            _warn_caller(note, ProcoreWarning)

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
            There is no such row; the index is of another type, which is told before anything is fetched.
        """
        if not isinstance(index, (slice, str)):
            try:
                index = operator.index(index)
            except TypeError:
                raise TypeError(
                    f"{self.name}[…] takes a row's number, a slice of rows, or a column's name, not {type(index).__name__}. "
                    "Several columns:  .to_pandas()[[…]]"
                ) from None
        rows = self._all().rows
        if isinstance(index, str):
            if index not in rows.column_names:
                meant = nearest(index, rows.column_names)
                hint = f"Did you mean {meant!r}?" if meant else "Its columns are in .columns."
                raise KeyError(f"{self.name} has no column {index!r:.80}. {hint}")
            return rows[index]
        if isinstance(index, slice):
            places = [*range(rows.num_rows)[index]]
            found: list[dict[str, Any]] = rows.take(places).to_pylist() if places else []
            return found
        place = range(rows.num_rows)[index]
        one: dict[str, Any] = rows.slice(place, 1).to_pylist()[0]
        return one

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the rows to whatever takes Arrow's (pandas, polars, DuckDB), without a copy."""
        return self._all().rows.__arrow_c_stream__(requested_schema)

    def _current(self) -> Fetched | None:
        """Return all rows, where they are there and may be used again."""
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
        if not self._warned:  # drawn, it says so itself
            self._warned = True
            _warn(here, self.name)
        return here

    # Drawing

    def __repr__(self) -> str:
        if self._seen is None:
            return f"<{one_line(' · '.join(self._facts()), 300)}: not fetched yet; .head() shows the first rows, .to_pandas() fetches all>"
        return str(self._picture(self._seen))

    def _facts(self) -> Iterator[str]:
        """Give what is known of the table beforehand, and what is asked for."""
        selection, spec = self._selection, self._selection.spec
        yield f"Table {spec.name}"
        if spec.title:
            yield spec.title
        if spec.scope != "global":
            yield f"by {spec.scope}"
        if self.columns:
            yield counted(len(self.columns), "column")
        where = (("company_id", selection.company), ("project_id", selection.project), *selection.parents)
        yield from (f"{name}={value}" for name, value in where if value is not None)
        yield from (f"{name}={value}" for name, value in selection.query)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Draw it; what isn't there yet is fetched."""
        seen = self._seen
        if seen is None or not self._reader.is_current(self._selection, seen):
            seen = self._seen = self._told_of = self._read(peek=MANY)
            self._warned = False
        picture = self._picture(seen)
        return {"text/plain": str(picture), "text/html": picture.html()}

    def _picture(self, seen: Fetched) -> Picture:
        from procore_jupyter.tables.display.picture import picture

        return picture(seen, self.name, self._selection.spec.show, self._reader.clock())


def _import_pandas() -> None:
    with contextlib.suppress(ImportError):  # told of where it is needed
        importlib.import_module("pandas")


def _warn(found: Fetched, name: str) -> None:
    """Warn of rows that are missing."""
    if found.incomplete or found.cut:
        from procore_jupyter.tables.display.picture import alerts

        for line in alerts(found, name):
            _warn_caller(line, ProcoreIncompleteWarning)


def _warn_caller(line: str, category: type[Warning]) -> None:
    """Give a warning that points to the line which called this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(f"{_PACKAGE}."):
        level, frame = level + 1, frame.f_back
    warnings.warn(line, category, stacklevel=level)
