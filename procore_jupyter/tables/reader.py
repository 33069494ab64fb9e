"""`Reader`: reads selections for one session, and uses rows again that it read a while ago."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from procore_jupyter.tables.cache import KEPT, Cache
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.fetch.field_labels import FieldLabels
from procore_jupyter.tables.fetch.kept_parts import KeptParts
from procore_jupyter.tables.fetch.kept_rows import BegunRows, KeptRows, Wanted
from procore_jupyter.tables.fetch.reading_progress import Here, unit_of
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.parents import parents_at
from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.location.places import Places
from procore_jupyter.tables.location.project_names import ProjectNames, with_names
from procore_jupyter.tables.location.project_table import PROJECTS, ProjectTable
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.parameters.times import WESTERNMOST
from procore_jupyter.tables.place import ALL, Named, Place
from procore_jupyter.tables.progress import Draw, Undrawn

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.arrow.ingest import Ingest
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.fetch.reading import Reading
    from procore_jupyter.tables.result import Fetched


class _Meant(NamedTuple):
    """What a selection means: its places, with what is missing of them and what is remarkable."""

    selection: Selection
    places: list[Place]
    incomplete: list[Incomplete]
    notes: list[str]


class Reader:
    """Reads selections for one session.

    Parameters
    ----------
    session : RefreshingSession
        Asks Procore.
    places : Places
        Knows which company and which projects are meant.
    cache : Cache
        Keeps rows and the labels of custom fields.
    catalog : Catalog
        Describes the records that columns hold, and the tables that parents are rows of.
    concurrency : int
        Requests under way at a time (``MaxConcurrency``).
    page_size : int or None
        Rows a page (``PageSize``); None for as many as each list gives.
    max_rows : int or None
        The most rows that a table gives (``MaxRows``); None for all.
    draw : callable
        Returns what shows progress; called whenever a reading begins.
    kept_labels : callable
        Returns the labels of a company's custom fields that an administrator has saved, for where Procore refuses them.
    """

    def __init__(
        self,
        session: RefreshingSession,
        places: Places,
        cache: Cache,
        catalog: Catalog,
        *,
        concurrency: int = 4,
        page_size: int | None = None,
        max_rows: int | None = None,
        draw: Callable[[], Draw] = lambda: Undrawn,
        kept_labels: Callable[[int], Mapping[int, str]] = lambda company: {},
    ) -> None:
        self.catalog, self.clock, self.page_size, self.max_rows = catalog, cache.clock, page_size, max_rows
        self._session, self._places, self._cache = session, places, cache
        self._proven: set[object] = set()
        self._kept, self._parts = KeptRows(cache), KeptParts(cache)
        self._labels = FieldLabels(session, cache, kept_labels)
        self.abreast, self._draw = concurrency, draw
        self.project_table = ProjectTable(self, places)
        self._names = ProjectNames(places, cache, self.project_table.first_page)

    @property
    def host(self) -> str:
        """The API's address: ``https://api.procore.com``."""
        return str(self._session._api)

    @property
    def today(self) -> datetime.date:
        """The day that it is in the westernmost time zone: no company's day is an earlier one."""
        return datetime.datetime.fromtimestamp(self.clock(), WESTERNMOST).date()

    def begin(self, selection: Selection) -> Reading:
        """Return a frugal reading of a selection, which has found its places and has asked for no row yet.

        Raises
        ------
        LoginRequired, ConfigurationError, ProcoreAPIError
            Nobody is signed in; company or project isn't chosen; Procore doesn't list them.
        """
        meant = self._meant(selection)
        ingest = self._ingest(meant.selection, meant.places, [], labels=True)
        reading = self._reading(meant, meant.places, ingest, self.max_rows, frugal=True)
        reading.called = self._names.of(meant.places) if selection.spec.scope == "project" else None
        return reading

    def _meant(self, selection: Selection, places: Sequence[Place] | None = None) -> _Meant:
        """Return what a selection means; if places are given, those of it. Asks Procore where it has to."""
        selection = self._settled(selection)
        meant = _Meant(selection, [], [], [selection.spec.remark] if selection.spec.remark else [])
        if places is None:
            places = self._places.of(
                selection,
                lambda name, wanted, at: parents_at(
                    self.catalog,
                    self._rows_of,
                    selection,
                    name,
                    wanted,
                    at,
                    meant.incomplete,
                    meant.notes,
                ),
                meant.incomplete,
            )
        meant.places.extend(places)
        return meant

    def _rows_of(self, spec: TableSpec, given: Mapping[str, Any]) -> Fetched:
        return self.rows(selection_of(spec, given, today=self.today))

    def _ingest(
        self, selection: Selection, places: Sequence[Place], made: list[int], *, labels: bool
    ) -> Ingest:
        from procore_jupyter.tables.arrow.ingest import Ingest
        from procore_jupyter.tables.location.row_places import columns_at

        company = next((place.company for place in places if place.company is not None), None)
        return Ingest(
            columns_at(selection.spec, places),
            self.catalog.records,
            functools.partial(self._labels.of, company, made) if labels else dict,
            others=selection.spec.others,
        )

    def _reading(
        self,
        meant: _Meant,
        places: Sequence[Place],
        ingest: Ingest,
        limit: int | None,
        over: Callable[[int], None] = lambda place: None,
        *,
        peek: int | None = None,
        frugal: bool = False,
        abreast: int | None = None,
        draw: Draw | None = None,
        here: Here | None = None,
        begun: Mapping[int, BegunRows] = MappingProxyType({}),
    ) -> Reading:
        """Return a reading of some places of a selection; the parameters are as those of `Reading` and `rows_at`."""
        from procore_jupyter.tables.fallbacks.place_lists import PlaceLists
        from procore_jupyter.tables.fetch.reading import Reading

        lists = PlaceLists(
            meant.selection,
            places,
            self._session._quirks,
            self._proven,
            lambda there, name, at, *found: parents_at(
                self.catalog, self._rows_of, there, name, ALL, at, *found
            ),
            today=self.today,
            page_size=self.page_size,
            incomplete=meant.incomplete,
            notes=meant.notes,
            begun={place: (rows.key, rows.pages) for place, rows in begun.items()},
        )
        return Reading(
            self._session,
            meant.selection,
            places,
            lists,
            ingest,
            concurrency=abreast or self.abreast,
            limit=limit,
            peek=peek,
            frugal=frugal,
            draw=self._draw() if draw is None else draw,
            incomplete=meant.incomplete,
            notes=meant.notes,
            over=over,
            begun=begun,
            here=here or Here(unit=unit_of(meant.selection.spec, places, self.catalog.find)),
        )

    def _settled(self, selection: Selection) -> Selection:
        """Return a selection that means the same whatever is chosen meanwhile. Waits for the sign-in."""
        self._session._wait_for_sign_in()
        if selection.spec.scope != "global":
            self._places.company(selection.company)  # the only one is chosen by this
        return self._places.pinned(selection)

    def rows(self, selection: Selection, *, strict: bool = False, peek: int | None = None) -> Fetched:
        """Return all rows of a selection: of each place those that are kept, else from Procore.

        Parameters
        ----------
        selection : Selection
            The rows that are wanted.
        strict : bool
            Raise an error if rows are missing.
        peek : int or None
            Read the first page alone of a list that has more rows than this.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            Procore gave no row of it; or, if `strict`, not all.
        LoginRequired, ConfigurationError
            As `begin`.
        """
        if peek is None:
            return self._whole(self._meant(selection), limit=self.max_rows, strict=strict)
        return self._part(selection, ("peek",), strict=strict, limit=self.max_rows, peek=peek)

    def first(self, selection: Selection, count: int, *, strict: bool = False) -> Fetched:
        """Return the first rows of a selection, with as few requests as it takes. Raises as `rows`."""
        limit = max(1, count if self.max_rows is None else min(count, self.max_rows))
        return self._part(selection, ("first", limit), strict=strict, limit=limit).first(count)

    def kept(self, selection: Selection, *, strict: bool = False) -> Fetched | None:
        """Return all rows of a selection if they are kept; if `strict`, only if none is missing. Raises as `begin`."""
        meant = self._meant(selection)
        ages = self._ages(meant.selection, meant.places, strict=strict)
        if len(ages) < len(meant.places):
            return None
        return self._whole(meant, limit=self.max_rows, strict=strict)

    def rows_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        strict: bool = False,
        at_least: bool = False,
        names: bool = False,
        labels: bool = False,
        peek: int | None = None,
        abreast: int | None = None,
        draw: Draw | None = None,
    ) -> Fetched:
        """Return the rows of a selection at these places and no others; without a place, a table without rows.

        Parameters
        ----------
        selection : Selection
            The table, and what is sent.
        places : sequence of Place
            The places, with the parents that they have.
        strict : bool
            Raise an error if rows are missing.
        at_least : bool
            More rows may come than are wanted: kept ones that were asked for with fewer conditions.
        names : bool
            Ask for the projects' names, if they aren't known and nobody has asked yet.
        labels : bool
            Custom fields have their labels. If not, they may be called by their numbers, and nobody asks for labels.
        peek : int or None
            Read the first page alone of a list that has more rows than this.
        abreast : int or None
            Requests under way at a time; None for as many as a reading may have (``MaxConcurrency``).
        draw : callable or None
            Shows the progress; None for what shows that of any reading.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            Procore gave no row of any place; or, if `strict`, not all.
        LoginRequired
            Nobody is signed in.
        """
        meant = self._meant(selection, places)
        wanted = Wanted(meant.selection, meant.places, None, strict, labels, at_least)
        return self._gathered(meant, wanted, names=names, peek=peek, abreast=abreast, draw=draw)

    def first_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        count: int,
        *,
        names: bool = False,
        labels: bool = False,
    ) -> Fetched:
        """Return the first rows of a selection at these places, so many at most; more may come, as with `at_least`.

        The parameters and errors are those of `rows_at`.
        """
        meant = self._meant(selection, places)
        wanted = Wanted(meant.selection, meant.places, count, False, labels, at_least=True)
        return self._gathered(meant, wanted, names=names)

    def kept_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        strict: bool = False,
        at_least: bool = False,
    ) -> dict[Place, float]:
        """Return the places whose rows are kept, and how many seconds ago they were read. Asks nobody.

        The parameters are those of `rows_at`, which makes no request for the rows of these places.
        """
        return self._ages(self._places.pinned(selection), places, strict=strict, at_least=at_least)

    def _ages(self, selection: Selection, places: Sequence[Place], **how: bool) -> dict[Place, float]:
        found = self._kept.found(selection, places, **how)
        if all(rows.error is not None for rows in found.values()):  # `Gathering` asks again
            return {}
        now = self.clock()
        return {places[number]: now - rows.when for number, rows in found.items()}

    def means_the_same(self, selection: Selection, found: Fetched) -> bool:
        """Return whether rows are of the company and the project that a selection means now."""
        return found.stamp[1:] == self._stamp(selection)[1:]

    def is_current(self, selection: Selection, found: Fetched) -> bool:
        """Return whether rows of a selection may be used again.

        They are, unless they are older than `KEPT`, everything was forgotten since, or another company or
        project is chosen and the selection means the chosen one.
        """
        return found.stamp == self._stamp(selection) and self.clock() - found.when < KEPT

    def forget(self, selection: Selection) -> None:
        """Forget the rows of a selection, and the lists that say where they are."""
        pinned = self._places.pinned(selection)
        self._kept.forget(pinned)
        self._parts.forget(pinned)
        if pinned.spec.scope == "project" and not isinstance(pinned.project, int):
            self._cache.drop_start(("projects",))
            self.forget_table(PROJECTS)
        for spec in self.catalog.above(pinned.spec):
            self.forget_table(spec.name)

    def forget_table(self, name: str) -> None:
        """Forget all rows of a table."""
        self._kept.forget_table(name)
        self._parts.forget_table(name)

    def knows_labels(self, company: Named) -> bool:
        """Return whether nobody needs to be asked for the labels of a company's custom fields."""
        return self._labels.are_known(company)

    def projects(self, company: Named, status: str = "Active") -> Directory:
        """Return a company's projects by id and name, as `ProjectTable` lists them."""
        return self.project_table.projects(company, status)

    def _part(self, selection: Selection, part: tuple[object, ...], *, strict: bool, **how: Any) -> Fetched:
        """Return a part of a selection's rows, as `KeptParts.of` does; the rest is as for `_whole`."""
        return self._parts.of(
            self._settled(selection),
            part,
            lambda: self._whole(self._meant(selection), strict=strict, **how),
            strict=strict,
        )

    def _whole(self, meant: _Meant, *, limit: int | None, strict: bool, peek: int | None = None) -> Fetched:
        """Return the rows of what a selection means; the parameters are as `Wanted`'s and `Reading`'s."""
        return self._gathered(meant, Wanted(meant.selection, meant.places, limit, strict), peek=peek)

    def _gathered(self, meant: _Meant, wanted: Wanted, *, names: bool = True, **how: Any) -> Fetched:
        """Return the rows of what a selection means.

        Parameters
        ----------
        meant : _Meant
            What it means.
        wanted : Wanted
            The same, and how much of it.
        names : bool
            Ask for the projects' names, if they aren't known.
        **how
            ``peek``, ``abreast`` and ``draw``, as for `rows_at`.
        """
        from procore_jupyter.tables.fetch.gathering import Gathering

        forgotten = self._cache.times_forgotten
        spec, company = meant.selection.spec, meant.places[0].company if meant.places else None
        made: list[int] = []
        ingest = self._ingest(meant.selection, meant.places, made, labels=wanted.labels)
        called = self._names.of(meant.places, ask=names)
        found = Gathering(
            self._kept,
            dataclasses.replace(wanted, unit=unit_of(spec, wanted.places, self.catalog.find)),
            ingest,
            lambda places, limit, over, here, begun: self._reading(
                meant, places, ingest, limit, over, here=here, begun=begun, **how
            ),
            self.clock,
            meant.incomplete,
            meant.notes,
        ).fetched()
        if spec.name == PROJECTS:
            self.project_table.learn(meant.selection, company, found)
        if spec.scope == "project":
            found = dataclasses.replace(found, rows=with_names(found.rows, called))
            notes = (*found.notes, *filter(None, [called.note]))
            found = dataclasses.replace(found, notes=notes, requests=found.requests + called.requests)
        found = dataclasses.replace(found, requests=found.requests + sum(made))
        return dataclasses.replace(found, stamp=(forgotten, meant.selection.company, meant.selection.project))

    def _stamp(self, selection: Selection) -> tuple[object, ...]:
        pinned = self._places.pinned(selection)
        return self._cache.times_forgotten, pinned.company, pinned.project
