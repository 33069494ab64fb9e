"""`SessionSource`: the rows of a session's tables, for queries."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.files.forks import in_each_child
from procore_jupyter.tables.cache import KEPT
from procore_jupyter.tables.location.place_names import same_name
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Named, Place

if TYPE_CHECKING:
    from procore_jupyter.tables.location.place_names import Directory
    from procore_jupyter.tables.parameters.selection import Selection
    from procore_jupyter.tables.reader import Reader
    from procore_jupyter.tables.result import Fetched


MOST_TABLES = 8
"""Tables that are kept as they were put together, at most."""

MOST_BYTES = 500_000_000
"""Bytes of them, at most, as Arrow counts them; most of it are the kept rows' own."""


PIECE = 122_880
"""Rows of a piece: as many as a row group of DuckDB's, which a thread of it takes."""


class PutTogether:
    """Tables of kept rows as they were put together last: that takes longer than many a query over them.

    Parameters
    ----------
    clock : callable
        Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tables: dict[Hashable, tuple[float, Fetched]] = {}
        self._begin_anew()
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin with a free lock: at first, and in a process that was forked."""
        self._lock = threading.Lock()

    def get(self, key: Hashable, newest: float) -> Fetched | None:
        """Return a table, unless rows have come since. `newest` is when the newest of its rows did, in seconds since 1970."""
        with self._lock:
            self._drop_old()
            made, found = self._tables.get(key, (0.0, None))
            return found if newest < made else None

    def put(self, key: Hashable, found: Fetched) -> None:
        """Keep a table that was just put together, and forget the oldest if these are too many or too large."""
        with self._lock:
            self._drop_old()
            self._tables.pop(key, None)
            self._tables[key] = (self._clock(), found)
            while len(self._tables) > MOST_TABLES or self._size > MOST_BYTES:
                del self._tables[next(iter(self._tables))]

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._tables.clear()

    def _drop_old(self) -> None:
        oldest = self._clock() - KEPT
        self._tables = {key: one for key, one in self._tables.items() if one[1].when > oldest}

    @property
    def _size(self) -> int:
        return sum(int(found.rows.nbytes) for _, found in self._tables.values())


class SessionSource:
    """The rows of a session's tables.

    Parameters
    ----------
    reader : Reader
        Reads them.
    put_together : PutTogether
        Keeps tables as they were put together.
    labelled : collection of str
        The tables whose custom fields are read, so that their labels are wanted.
    """

    def __init__(self, reader: Reader, put_together: PutTogether, labelled: Collection[str] = ()) -> None:
        self._reader, self._put_together, self._labelled = reader, put_together, labelled
        self.requests = 0
        """Requests that lists of projects took."""

    @property
    def today(self) -> datetime.date:
        """The last day of daily logs to ask for."""
        return self._reader.today

    @property
    def abreast(self) -> int:
        """Requests under way at a time."""
        return self._reader.abreast

    @property
    def lacks_labels(self) -> bool:
        """Whether the labels of custom fields are wanted, and would have to be asked for."""
        return bool(self._labelled) and not self._reader.knows_labels(self.company())

    def company(self) -> Named:
        """Return the company that tables are read in."""
        return self._reader._places.company()

    def chosen_project(self) -> Named | None:
        """Return the project that a person has chosen; None if none."""
        return self._reader._places.project

    def projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...]:
        """Return projects: ``"all"``, ``"all active"``, or those of some ids and names."""
        before = [*map(id, self._lists())]
        found = self._reader._places.projects(wanted, self.company())
        self.requests += sum(one.requests for one in self._lists() if id(one) not in before)
        return found

    def _lists(self) -> list[Directory]:
        """Return the lists of projects that are kept."""
        company = self.company()[0]
        kept = [self._reader._cache.get(("projects", company, status)) for status in ("All", "Active")]
        return [one for one in kept if one is not None]

    def known_projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...] | None:
        """Return the same if nobody needs to be asked for it; else None."""
        places = self._reader._places
        if isinstance(wanted, tuple):
            active = [name for _, name in self.known_projects(ALL_ACTIVE) or ()]
            listed = (isinstance(one, int) or any(same_name(one, name) for name in active) for one in wanted)
            here = (
                all(listed) or self.known_projects(ALL) is not None
            )  # else one that isn't active may be called so
            return tuple(places.projects(wanted, self.company())) if here else None
        status = {ALL: "All", ALL_ACTIVE: "Active"}[wanted]
        found: Directory | None = self._reader._cache.get(("projects", self.company()[0], status))
        if found is None and places.lists is not None:
            found = places.lists.known(self.company(), status)
            if found is not None:
                places.keep_projects(self.company(), found, status)
        return found

    def rows_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        names: bool = False,
        abreast: int | None = None,
    ) -> Fetched:
        """Return the rows of these places; more than are wanted, where these are kept."""
        labels = selection.spec.name in self._labelled
        key = (selection.key, frozenset(place.key for place in places))
        ages = self.kept_at(selection, places)
        if len(ages) == len(places) and ages:
            newest = self._reader.clock() - min(ages.values())
            for more in _ways(names, labels):
                found = self._put_together.get((*key, *more), newest)
                if found is not None:
                    return dataclasses.replace(found, requests=0)
        found = self._reader.rows_at(
            selection, places, at_least=True, names=names, labels=labels, abreast=abreast
        )
        found = dataclasses.replace(found, rows=_in_large_pieces(found.rows))
        if not found.incomplete:
            self._put_together.put((*key, names, labels), found)
        return found

    def kept_at(self, selection: Selection, places: Sequence[Place]) -> Mapping[Place, float]:
        """Return those of some places whose rows are at hand, with their age in seconds."""
        return self._reader.kept_at(selection, places, at_least=True)

    def pages(
        self, selection: Selection, places: Sequence[Place], *, names: bool = False
    ) -> Iterator[Fetched]:
        """Give the rows of these places, as few requests at a time as may be: each time all that have come so far.

        What is kept comes first, then the first place's first page, then twice as much each time: a list is read from its
        start each time, so in all no page is asked for more than twice.
        """
        kept = self.kept_at(selection, places)
        here = [place for place in places if place in kept]
        left = [place for place in places if place not in kept]
        labels, spent = selection.spec.name in self._labelled, 0
        if here:
            yield (found := self.rows_at(selection, here, names=names))
            spent += found.requests
        for count in _growing(len(left)):
            some, size = [*here, *left[:count]], selection.spec.page_size(self._reader.page_size)
            whole = False
            while not whole:
                if count > 1:
                    found = self.rows_at(selection, some, names=names)
                else:
                    found = self._reader.first_at(selection, some, size, names=names, labels=labels)
                whole, size = not found.cut, 2 * size
                spent += found.requests
                yield dataclasses.replace(found, requests=spent, cut=False)


def _ways(names: bool, labels: bool) -> list[tuple[bool, bool]]:
    """Return the ways in which rows may have been read that have what is wanted of projects' names and of labels."""
    return [(one, other) for one in {names, True} for other in {labels, True}]


def _in_large_pieces(rows: pa.Table) -> pa.Table:
    """Return rows in pieces that DuckDB takes one by one: of the small ones that pages are, each costs it as much as a large one."""
    pieces = max((column.num_chunks for column in rows.columns), default=0)
    if pieces * PIECE <= 2 * rows.num_rows or pieces < 2 or rows.nbytes > MOST_BYTES:
        return rows
    return pa.Table.from_batches(rows.combine_chunks().to_batches(PIECE), rows.schema)


def _growing(most: int) -> Iterator[int]:
    """Give 1, 2, 4, … and in the end `most`."""
    count = 1
    while count < most:
        yield count
        count *= 2
    if most:
        yield most
