"""Where a `Table`'s rows come from: a selection that is read when somebody looks, or its first rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from procore_jupyter.tables.cache import KEPT

if TYPE_CHECKING:
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.reading import Reading
    from procore_jupyter.tables.result import Fetched
    from procore_jupyter.tables.selection import Selection

MANY = 10_000
"""Where a table has more rows than this, drawing it reads the first page, and only `Table.fetch` and the like the others."""


class Source(Protocol):
    """Where a table's rows come from."""

    name: str
    """What they are."""

    shown: Sequence[str]
    """The columns to draw first."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns that are known before anything is fetched."""

    def read(self) -> Fetched:
        """Fetch all rows."""

    def look(self) -> Fetched:
        """Fetch enough to draw: all rows, unless they are many."""

    def head(self, count: int) -> Fetched:
        """Fetch so many rows."""

    def stream(self, path: Path) -> Fetched:
        """Write all rows to a Parquet file, and keep none."""

    def is_current(self, found: Fetched) -> bool:
        """Tell whether rows that were fetched may be used again."""

    def forget(self) -> None:
        """Fetch anew what is read next."""


class SelectionSource:
    """Reads a selection, and uses rows again that were fetched a while ago.

    Parameters
    ----------
    library : Library
        Reads, and keeps.
    selection : Selection
        What is wanted.
    strict : bool
        Rows that are missing are an error.
    """

    def __init__(self, library: Library, selection: Selection, *, strict: bool) -> None:
        self.name = selection.spec.name
        self.shown: Sequence[str] = selection.spec.show
        self._library, self._selection, self._strict = library, selection, strict
        self._kept_then = library.cache.times_forgotten
        self._chosen_then = library.places.chosen_for(selection)

    @property
    def columns(self) -> Sequence[str]:
        """The columns that are known before anything is fetched."""
        spec = self._selection.spec
        if not spec.columns:
            return ()
        place = {"global": (), "company": ("company_id",), "project": ("company_id", "project_id")}[
            spec.scope
        ]
        extra = [*place, *spec.parents]
        key = [spec.key] if spec.key in spec.columns else []
        return [*key, *extra, *(name for name in spec.columns if name not in (*key, *extra))]

    @property
    def _key(self) -> tuple[object, ...]:
        return ("rows", *self._library.places.chosen_for(self._selection), *self._selection.key)

    def _used_again(self) -> Fetched | None:
        self._kept_then = self._library.cache.times_forgotten
        self._chosen_then = self._library.places.chosen_for(self._selection)
        found: Fetched | None = self._library.cache.get(self._key)
        if found is not None and self._strict and found.incomplete:
            return None  # kept by somebody who was content with less
        return found

    def read(self) -> Fetched:
        """Fetch all rows; use those again that were fetched a while ago."""
        return self._used_again() or self._whole()

    def look(self) -> Fetched:
        """Fetch enough to draw."""
        return self._used_again() or self._whole(peek=MANY)

    def _whole(self, peek: int | None = None) -> Fetched:
        found = self._read(self._library.reading(self._selection, peek=peek))
        if found.told_rows is None:  # a part is nothing to be used again
            self._library.cache.put(self._key, found)
        return found

    def head(self, count: int) -> Fetched:
        """Fetch so many rows."""
        self._kept_then = self._library.cache.times_forgotten
        found = self._read(self._library.reading(self._selection, limit=max(1, count)))
        # That there are more than so few is no lack; that MaxRows let fewer through is.
        if len(found.rows) < count:
            return found
        return dataclasses.replace(found, rows=found.rows.slice(0, count), cut=False)

    def _read(self, reading: Reading) -> Fetched:
        from procore_jupyter.tables.result import raise_where_incomplete, read_all

        found = read_all(reading)
        self._chosen_then = self._library.places.chosen_for(self._selection)
        if self._strict:
            raise_where_incomplete(found.incomplete, reading.failures)
        return dataclasses.replace(found, when=self._library.cache.clock())

    def stream(self, path: Path) -> Fetched:
        """Write all rows to a Parquet file."""
        from procore_jupyter.tables.parquet import stream, write

        kept = self._used_again()
        if kept is not None:
            write(kept.rows, path)
            return dataclasses.replace(kept, written=len(kept.rows))
        return stream(self._library.reading(self._selection, frugal=True), path, strict=self._strict)

    def is_current(self, found: Fetched) -> bool:
        """Tell whether rows are of the last quarter of an hour, of what is chosen now, and nobody said that they be forgotten."""
        same = self._kept_then == self._library.cache.times_forgotten
        same = same and self._chosen_then == self._library.places.chosen_for(self._selection)
        return same and self._library.cache.clock() - found.when < KEPT

    def forget(self) -> None:
        """Forget what was kept of it."""
        self._library.cache.drop_start(self._key)


class FirstRows:
    """The first rows of another source, which are all that this one has.

    Parameters
    ----------
    source : Source
        What they are the first rows of.
    count : int
        How many.
    """

    def __init__(self, source: Source, count: int) -> None:
        self.name, self.shown = source.name, source.shown
        self._source, self._count = source, count

    @property
    def columns(self) -> Sequence[str]:
        """The columns that are known before anything is fetched."""
        return self._source.columns

    def read(self) -> Fetched:
        """Fetch them."""
        return self._source.head(self._count)

    look = read

    def head(self, count: int) -> Fetched:
        """Fetch fewer of them."""
        return self._source.head(min(count, self._count))

    def stream(self, path: Path) -> Fetched:
        """Write them to a Parquet file."""
        from procore_jupyter.tables.parquet import write

        found = self.read()
        write(found.rows, path)
        return dataclasses.replace(found, written=len(found.rows))

    def is_current(self, found: Fetched) -> bool:
        """Tell whether they may be used again."""
        return self._source.is_current(found)

    def forget(self) -> None:
        """Forget what was kept of all."""
        self._source.forget()
