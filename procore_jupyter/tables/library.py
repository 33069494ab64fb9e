"""`Library`: a session's tables: found by name, and what reading them has to know: companies, projects, labels."""

from __future__ import annotations

import datetime
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from procore_jupyter.errors import ConfigurationError, ProcoreAPIError
from procore_jupyter.session import paging
from procore_jupyter.tables.cache import Kept
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.listing import Listing, listing
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.progress import Draw, Undrawn
from procore_jupyter.tables.selection import ALL, ALL_ACTIVE, Named, Place, Selection, selection_of
from procore_jupyter.tables.sources import SelectionSource
from procore_jupyter.tables.table import Table

if TYPE_CHECKING:
    from procore_jupyter.profiles import Profile
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.reading import Reading

Found = TypeVar("Found")

PROJECTS = "/rest/v1.1/projects"
PROJECTS_A_PAGE = 300
"""The most that Procore gives (its API description of the list)."""

DEFINITIONS = "/rest/v1.1/companies/{company_id}/custom_field_definitions"
DEFINITIONS_A_PAGE = 100


class Around(Protocol):
    """What a library needs to know of the session it belongs to, beside asking through it."""

    @property
    def project_id(self) -> int | None:
        """The chosen project."""

    def needed_company(self) -> Named:
        """Return the chosen company, or the only one. ConfigurationError where it isn't clear."""

    def company_named(self, wanted: int | str) -> Named:
        """Return the company that is meant. ConfigurationError where there is none."""

    def pick_project(self, wanted: int | str, known: Sequence[Named]) -> Named:
        """Return the project that is meant. ConfigurationError where there is none."""

    def choose_project(self, known: Sequence[Named]) -> ConfigurationError:
        """Return the error that says how to choose one of several projects."""


class Library:
    """The tables that a session can read.

    Parameters
    ----------
    session : RefreshingSession
        Asks.
    around : Around
        Knows the chosen company and project.
    profile : Profile
        What is connected to: whose tables there are.
    concurrency, page_size, max_rows : int, int or None, int or None
        ``MaxConcurrency``, ``PageSize``, ``MaxRows``.
    draw : callable
        Returns what shows progress, asked each time something is read.
    clock : callable
        Unix time in seconds.
    """

    def __init__(
        self,
        session: RefreshingSession,
        around: Around,
        profile: Profile,
        *,
        concurrency: int = 4,
        page_size: int | None = None,
        max_rows: int | None = None,
        draw: Callable[[], Draw] = lambda: Undrawn,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._session, self._around, self._profile = session, around, profile
        self._concurrency, self._page_size, self._max_rows = concurrency, page_size, max_rows
        self._draw, self.clock = draw, clock
        self.kept = Kept(clock)

    # Tables

    @functools.cached_property
    def catalog(self) -> Catalog:
        """The tables that the profile has. ConfigurationError where it describes one wrongly."""
        return Catalog(self._profile)

    def open(self, name: str, given: Mapping[str, Any], *, strict: bool = False) -> Table:
        """Return a table, to be fetched when it is looked at.

        Raises
        ------
        TableNotFound
            There is none of that name.
        ConfigurationError
            A parameter is missing, isn't known, or has a value that it doesn't take.
        """
        return self._table(selection_of(self.catalog.find(name), given, today=self._today()), strict)

    def open_path(self, path: str, given: Mapping[str, Any], *, strict: bool = False) -> Table:
        """Return the list at an address as a table, to be fetched when it is looked at.

        What the catalog knows of it counts; of an unknown list, what arrives decides.
        """
        path = "/" + path.strip().lstrip("/")
        if "://" in path or "?" in path or "#" in path or ".." in path:
            raise ConfigurationError(
                "get_all takes the path of a list of Procore's API, such as /rest/v1.0/projects/4711/rfis; parameters go beside it."
            )
        params = {name: value for name, value in given.items() if value is not None}
        known = self.catalog.at(path)
        if known is None:
            spec = TableSpec(
                path.rpartition("/")[2] or "rows", path, "global", probable=True, shape="unknown"
            )
            return self._table(Selection(spec, query=tuple(_pairs(params))), strict)
        spec, held = known
        scope = {one: params.pop(one) for one in ("company_id", "project_id") if one in params} | dict(held)
        query: list[tuple[str, str]] = []
        if spec.dates and not {"log_date", "start_date", "end_date"} & params.keys():
            query += [
                pair
                for pair in selection_of(spec, {**scope}, today=self._today()).query
                if pair[0].endswith("_date")
            ]
        parents = tuple((one, scope.pop(one, None) or params.pop(one, None)) for one in spec.parents)
        query += _pairs(params)
        selection = Selection(
            spec,
            scope.get("company_id"),
            scope.get("project_id"),
            tuple((one, value) for one, value in parents if value is not None),
            tuple(query),
        )
        return self._table(selection, strict)

    def _table(self, selection: Selection, strict: bool) -> Table:
        return Table(SelectionSource(self, selection, strict=strict), clock=self.clock)

    def _today(self) -> datetime.date:
        return datetime.datetime.fromtimestamp(self.clock(), datetime.UTC).date()

    # Reading

    def reading(
        self, selection: Selection, *, limit: int | None = None, peek: int | None = None, frugal: bool = False
    ) -> Reading:
        """Return what reads a selection; the places are found first, in this thread."""
        from procore_jupyter.tables.arrow.ingest import Ingest
        from procore_jupyter.tables.reading import Reading

        self._session.wait_for_sign_in()
        places = selection.places(self)
        company = next((place.company for place in places if place.company is not None), None)
        labels = functools.partial(self._labels, company)
        limits = [one for one in (limit, self._max_rows) if one is not None]
        return Reading(
            self._session,
            selection,
            places,
            Ingest(selection.spec.columns, self.catalog.records, labels, others=selection.spec.others),
            concurrency=self._concurrency,
            page_size=self._page_size,
            limit=min(limits, default=None),
            peek=peek,
            frugal=frugal,
            draw=self._draw(),
        )

    def chosen_for(self, selection: Selection) -> tuple[object, ...]:
        """Return the chosen company and project, as far as a selection depends on them."""
        company = self._session.company_id if selection.company is None else None
        by_project = selection.spec.scope == "project" and selection.project is None
        return company, self._around.project_id if by_project else None

    def _once(self, key: tuple[object, ...], ask: Callable[[], Found]) -> Found:
        """Return what was kept under a key, or ask for it and keep it."""
        found: Found | None = self.kept.get(key)
        if found is None:
            found = ask()
            self.kept.put(key, found)
        return found

    # What a selection asks for (`selection.Lookup`)

    def company(self, wanted: Any) -> Named:
        """Return the company that is meant; None means the chosen one."""
        return self._around.needed_company() if wanted is None else self._around.company_named(_whole(wanted))

    def projects(self, wanted: Any, company: Named) -> Sequence[Named]:
        """Return the projects that are meant; None means the chosen one, or the only one."""
        if wanted is None:
            wanted = self._around.project_id
        if wanted is None:
            known = self.active_projects(company)
            if len(known) != 1:
                raise self._around.choose_project(known)
            return known
        if isinstance(wanted, str) and wanted.strip().lower() in (ALL, ALL_ACTIVE):
            status = "All" if wanted.strip().lower() == ALL else "Active"
            found = self.active_projects(company, status)
            if not found:
                raise ConfigurationError(f"Procore lists no project of {company[1] or company[0]} for you.")
            return found
        if isinstance(wanted, tuple):
            if not wanted:
                raise ConfigurationError('project_id is an empty list. "all active" means all of them.')
            return [self._project(one, company) for one in wanted]
        return [self._project(wanted, company)]

    def parents(self, column: str, place: Place) -> Sequence[int | str]:
        """Return the values of a column of another table at a place."""
        name, _, column = column.partition(".")
        given: dict[str, Any] = {}
        if place.company is not None:
            given["company_id"] = place.company[0]
        if place.project is not None:
            given["project_id"] = place.project[0]
        spec = self.catalog.find(name)
        # All of its columns, but no more requests than it takes: who asks for this, as a rule reads that too.
        rows = self.open(
            name, {key: value for key, value in given.items() if key in spec.parameters}
        ).to_arrow()
        return [value for value in rows[column].unique().to_pylist() if value is not None]

    def active_projects(self, company: Named, status: str = "Active") -> Sequence[Named]:
        """Return a company's projects; asked for once in a while."""

        def ask() -> list[Named]:
            params = {"company_id": company[0], "filters[by_status]": status, "view": "compact"}
            self._session.wait_for_sign_in()
            rows = paging.rows(
                self._session, PROJECTS, params, page_size=PROJECTS_A_PAGE, headers=self._header(company)
            )
            return [
                (int(row["id"]), str(row.get("name") or ""))
                for row in rows
                if str(row.get("id", "")).isdecimal()
            ]

        return self._once(("projects", company[0], status), ask)

    def forget_projects(self, company: Named) -> None:
        """Forget a company's projects: they are asked for anew when they are needed next."""
        self.kept.drop_start(("projects", company[0]))

    def known_projects(self, company: Named) -> dict[int, str]:
        """Return the names of projects, as far as they were asked for already."""
        return {
            number: name
            for projects in self.kept.with_start(("projects", company[0]))
            for number, name in projects
        }

    def _project(self, wanted: Any, company: Named) -> Named:
        wanted = _whole(wanted)
        if isinstance(wanted, int):
            return wanted, self.known_projects(company).get(wanted, "")
        active = self.active_projects(company)
        try:
            return self._around.pick_project(wanted, active)
        except ConfigurationError:
            return self._around.pick_project(wanted, self.active_projects(company, "All"))

    def _header(self, company: Named) -> dict[str, str] | None:
        return None if company[0] == self._session.company_id else {"Procore-Company-Id": str(company[0])}

    def _labels(self, company: Named | None) -> Mapping[int, str]:
        """Return the labels of a company's custom fields; none where they can't be had: then the numbers stand."""
        if company is None:
            return {}

        def ask() -> dict[int, str]:
            path = DEFINITIONS.format(company_id=company[0])
            try:
                rows = paging.rows(
                    self._session, path, page_size=DEFINITIONS_A_PAGE, headers=self._header(company)
                )
            except ProcoreAPIError:
                return {}
            return {
                int(row["id"]): str(row["label"])
                for row in rows
                if isinstance(row, dict) and str(row.get("id", "")).isdecimal() and row.get("label")
            }

        return self._once(("labels", company[0]), ask)

    # As something to look at

    def __getitem__(self, name: str) -> Listing:
        """Return what is known of one table, to be drawn. TableNotFound where there is none."""
        return Listing([self.catalog.find(name)], name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalog.tables)

    def __len__(self) -> int:
        return len(self.catalog.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.catalog.tables or name in self.catalog.probable

    def search(self, pattern: str = "") -> Listing:
        """Return the tables in whose name, title or note a pattern occurs, to be drawn; all where there is none."""
        return listing(self.catalog, pattern)

    def __repr__(self) -> str:
        return repr(self.search())

    def _repr_html_(self) -> str:
        return self.search()._repr_html_()


def _pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in params.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            pairs.append((name, ("true" if one else "false") if isinstance(one, bool) else str(one)))
    return pairs


def _whole(wanted: Any) -> int | str:
    """Return an id as a number, a name as it is."""
    if isinstance(wanted, bool) or not isinstance(wanted, (int, str)):
        raise ConfigurationError(f"An id or a name is wanted, not {type(wanted).__name__}.")
    if isinstance(wanted, str) and wanted.strip().isascii() and wanted.strip().isdecimal():
        return int(wanted)
    return wanted
