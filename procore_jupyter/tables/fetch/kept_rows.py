"""`KeptRows`: rows that were read a while ago, place by place, and who is reading those of a place now.

Rows are kept for each table, place and sent condition, and not for a whole selection: another set of projects costs only
the projects that are new.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from procore_jupyter.session.lists.page_order import PageOrder
    from procore_jupyter.tables.arrow.learned import Learned
    from procore_jupyter.tables.cache import Cache, Key
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.fetch.batch import Batch
    from procore_jupyter.tables.fetch.pending import Pending
    from procore_jupyter.tables.incomplete import Incomplete
    from procore_jupyter.tables.parameters.selection import Selection
    from procore_jupyter.tables.place import Place

ROWS, BEGUN = "rows", "begun"
"""The first part of the keys of rows: of all that a place has, and of those that came before a reading was stopped."""

MOST_QUERIES = 200
"""Queries of one table that are looked through for rows that were asked for with fewer conditions."""

Columns = Mapping[str, "pa.Array"]
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wanted:
    """Which rows are gathered.

    Parameters
    ----------
    selection : Selection
        The table, and what is sent.
    places : sequence of Place
        The places.
    limit : int or None
        Rows that are wanted at most; None for all.
    strict : bool
        Raise an error if rows are missing.
    labels : bool
        Custom fields have their labels.
    at_least : bool
        More rows may come than are wanted: kept ones that were asked for with fewer conditions.
    unit : str
        What the places are: ``projects``, ``RFIs``, ``lists``.
    """

    selection: Selection
    places: Sequence[Place]
    limit: int | None = None
    strict: bool = False
    labels: bool = True
    at_least: bool = False
    unit: str = "lists"


@dataclass(frozen=True)
class PlaceRows:
    """The rows of one place, or why Procore refused them.

    Parameters
    ----------
    batches : sequence of (mapping of str to pyarrow.Array, int)
        The columns by name, those left out that hold nothing, and the number of rows.
    fields : sequence of str
        The columns that they have beside those of the catalog, and those that hold something.
    learned : Learned
        What was learned of the columns.
    inexact : frozenset of str
        Columns that don't say how their values were written.
    labelled : bool
        Custom fields have their labels, or there are none. If not, their labels weren't asked for.
    incomplete : sequence of Incomplete
        What is missing.
    error : ProcoreAPIError or None
        Why there is no row: Procore refused.
    notes : sequence of str
        Remarks, a line each.
    requests, bytes : int
        Requests that were sent for them, and bytes of the answers' bodies.
    when : float
        When they had been read, in seconds since 1970.
    """

    batches: Sequence[tuple[Columns, int]]
    fields: Sequence[str]
    learned: Learned
    inexact: frozenset[str]
    labelled: bool
    incomplete: Sequence[Incomplete]
    error: Exception | None
    notes: Sequence[str]
    requests: int
    bytes: int
    when: float

    @property
    def length(self) -> int:
        """The number of rows."""
        return sum(length for _, length in self.batches)

    @property
    def size(self) -> int:
        """Bytes of the rows, about; at least one, so that a place without rows counts too."""
        return 1 + sum(int(column.nbytes) for columns, _ in self.batches for column in columns.values())


@dataclass(frozen=True)
class BegunRows:
    """The rows of one place up to where a reading was stopped.

    Parameters
    ----------
    batches : sequence of Batch
        The rows that were handed on, as they were read.
    learned : Learned
        What was learned of their columns.
    fields : sequence of str
        As in `PlaceRows`.
    labels : bool
        Custom fields have their labels.
    key : object
        Tells the list from others.
    pages : PageOrder
        The list's pages.
    pending : Pending
        Rows that came and were not handed on, and which ones came.
    when : float
        When the reading was stopped.
    """

    batches: Sequence[Batch]
    learned: Learned
    fields: Sequence[str]
    labels: bool
    key: object
    pages: PageOrder
    pending: Pending
    when: float

    @property
    def length(self) -> int:
        """The number of rows that have come."""
        return self.pending.kept + len(self.pending.rows)


def with_labels(rows: PlaceRows, label: Callable[[pa.Array], pa.Array]) -> PlaceRows:
    """Return rows whose custom fields have their labels.

    Parameters
    ----------
    rows : PlaceRows
        The rows.
    label : callable
        Returns custom fields with their labels.
    """
    if rows.labelled:
        return rows
    from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS

    batches = [
        ({name: label(one) if name == CUSTOM_FIELDS else one for name, one in columns.items()}, length)
        for columns, length in rows.batches
    ]
    made = [columns[CUSTOM_FIELDS].type for columns, _ in batches if CUSTOM_FIELDS in columns]
    types = {**rows.learned.types, CUSTOM_FIELDS: made[0]}
    learned = dataclasses.replace(rows.learned, types=types)
    return dataclasses.replace(rows, batches=batches, learned=learned, labelled=True)


def stripped(columns: Columns, all_columns: Columns) -> Columns:
    """Return those of a batch's columns that hold something, as they are among all of them now."""
    from procore_jupyter.tables.arrow.written import WRITTEN

    return {
        name: all_columns[name]
        for name, column in columns.items()
        if name != WRITTEN and column.null_count < len(column)
    }


class KeptRows:
    """Rows in memory, place by place.

    Parameters
    ----------
    cache : Cache
        Keeps them, and knows whose turn it is to read.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._asked: dict[tuple[str, str], dict[Query, None]] = {}  # what was sent for each table

    def found(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        strict: bool = False,
        at_least: bool = False,
    ) -> dict[int, PlaceRows]:
        """Return the rows of a selection that are kept, by the numbers of their places.

        Parameters
        ----------
        selection : Selection
            The rows that are wanted.
        places : sequence of Place
            The places.
        strict : bool
            No row may be missing.
        at_least : bool
            More rows may come than are wanted: those that were asked for with fewer conditions.
        """
        spec, wanted = selection.spec, selection.query
        queries = [wanted]
        if at_least:
            asked = [*self._asked.get((spec.name, spec.path), ())]
            queries += [one for one in asked if one != wanted and includes(spec, one, wanted)]
        found: dict[int, PlaceRows] = {}
        left = [*range(len(places))]
        for query in queries:
            kept = self._cache.get_several(_key(selection, places[number], query) for number in left)
            for number, rows in zip(left, kept, strict=True):
                if rows is not None and not (strict and rows.incomplete):
                    found[number] = rows
            left = [number for number in left if number not in found]
        return {number: found[number] for number in sorted(found)}

    @property
    def times_forgotten(self) -> int:
        """How often everything has been forgotten."""
        return self._cache.times_forgotten

    def put(self, selection: Selection, place: Place, rows: PlaceRows, *, since: int) -> None:
        """Keep the rows of a selection at a place, unless everything was forgotten since they were asked for."""
        spec = selection.spec
        asked = self._asked.setdefault((spec.name, spec.path), {})
        asked[selection.query] = None
        if len(asked) > MOST_QUERIES:
            del asked[next(iter(asked))]
        key = _key(selection, place, selection.query)
        self._cache.put(key, rows, size=rows.size, when=rows.when, since=since)

    def put_begun(self, selection: Selection, place: Place, rows: BegunRows, *, since: int) -> None:
        """Keep the first rows of a selection at a place, for a reading that goes on with them; `since` as for `put`."""
        size = sum(int(column.nbytes) for batch in rows.batches for column in batch.columns.values())
        key = _key(selection, place, selection.query, BEGUN)
        self._cache.put(key, rows, size=1 + size, when=rows.when, since=since)

    def take_begun(self, selection: Selection, place: Place, *, labels: bool) -> BegunRows | None:
        """Return the first rows of a selection at a place if they are kept, and keep them no more."""
        key = _key(selection, place, selection.query, BEGUN)
        found: BegunRows | None = self._cache.get(key)
        self._cache.drop_start(key)
        return found if found is not None and found.labels == labels else None

    def alone(self, selection: Selection, place: Place) -> contextlib.AbstractContextManager[None]:
        """Let one thread at a time read the rows of a selection at a place, while the context lasts."""
        return self._cache.alone(_key(selection, place, selection.query))

    def forget(self, selection: Selection) -> None:
        """Forget the rows of a selection: of its projects, where these are ids, else of all."""
        name, path = selection.spec.name, selection.spec.path
        project = selection.project
        several = project if isinstance(project, tuple) else (project,)
        exact = {*several} if all(isinstance(one, int) for one in several) else None

        def is_meant(key: tuple[Any, ...]) -> bool:
            _, _, _, query, place = key
            return query == selection.query and (exact is None or place[1] in exact)

        for kind in (ROWS, BEGUN):
            self._cache.drop_start((kind, name, path), is_meant)

    def forget_table(self, name: str) -> None:
        """Forget all rows of a table."""
        for kind in (ROWS, BEGUN):
            self._cache.drop_start((kind, name))


def in_turn(selection: Selection, places: Sequence[Place]) -> list[int]:
    """Return the numbers of places in the order in which every thread waits for its turn: no two wait for each other."""
    return sorted(
        range(len(places)), key=lambda number: repr(_key(selection, places[number], selection.query))
    )


def _key(selection: Selection, place: Place, query: Query, kind: str = ROWS) -> Key:
    return kind, selection.spec.name, selection.spec.path, query, place.key


def includes(spec: TableSpec, asked: Query, wanted: Query) -> bool:
    """Tell whether a list that was asked for in one way has all rows that another way would give.

    Conditions that Procore takes as they are compared here only leave rows out, and a longer stretch of days has more of them;
    of anything else, nobody knows what it does.

    Parameters
    ----------
    spec : TableSpec
        The table.
    asked, wanted : tuple of (str, str)
        The parameters that were sent, and those that would be.
    """
    narrowing = {one.param.removesuffix("[]") for one in spec.filters.values() if one.sound}
    before, now = _by_name(asked), _by_name(wanted)
    days, of_days = _days(spec, before), _days(spec, now)
    if days != of_days and (days is None or of_days is None or days[0] > of_days[0] or days[1] < of_days[1]):
        return False
    for name in {*before, *now} - {*spec.dates}:
        if before.get(name) != now.get(name) and (name in before or name not in narrowing):
            return False
    return True


def _by_name(query: Query) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, value in query:
        found.setdefault(name.removesuffix("[]"), set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _days(spec: TableSpec, query: Mapping[str, frozenset[str]]) -> tuple[str, str] | None:
    """Return the first and the last day of a query; None if it names none, or not both."""
    if not spec.dates:
        return None
    ends = [query.get(name, query.get("log_date", frozenset())) for name in ("start_date", "end_date")]
    days = [day for end in ends for day in end]
    return (days[0], days[1]) if [len(end) for end in ends] == [1, 1] else None
