"""`Library`: a session's tables: found by name, and what reading them has to know: companies, projects, labels."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.session import paging
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.cache import Cache
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.listing import Listing, listing
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.places import Places
from procore_jupyter.tables.progress import Draw, Undrawn
from procore_jupyter.tables.selection import Named, Place, Selection, selection_of
from procore_jupyter.tables.sources import SelectionSource
from procore_jupyter.tables.table import Table

if TYPE_CHECKING:
    from procore_jupyter.profiles import Profile
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.reading import Reading

DEFINITIONS = "/rest/v1.1/companies/{company_id}/custom_field_definitions"
DEFINITIONS_A_PAGE = 100


class Library:
    """The tables that a session can read.

    Parameters
    ----------
    session : RefreshingSession
        Asks.
    places : Places
        Knows which company and which projects are meant.
    cache : Cache
        Keeps what was fetched.
    profile : Profile
        What is connected to: whose tables there are.
    concurrency, page_size, max_rows : int, int or None, int or None
        ``MaxConcurrency``, ``PageSize``, ``MaxRows``.
    draw : callable
        Returns what shows progress, asked each time something is read.
    """

    def __init__(
        self,
        session: RefreshingSession,
        places: Places,
        cache: Cache,
        profile: Profile,
        *,
        concurrency: int = 4,
        page_size: int | None = None,
        max_rows: int | None = None,
        draw: Callable[[], Draw] = lambda: Undrawn,
    ) -> None:
        self._session, self._profile = session, profile
        self.places, self.cache = places, cache
        self._concurrency, self._page_size, self._max_rows = concurrency, page_size, max_rows
        self._draw = draw

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
        return Table(SelectionSource(self, selection, strict=strict), clock=self.cache.clock)

    def _today(self) -> datetime.date:
        return datetime.datetime.fromtimestamp(self.cache.clock(), datetime.UTC).date()

    # Reading

    def reading(
        self, selection: Selection, *, limit: int | None = None, peek: int | None = None, frugal: bool = False
    ) -> Reading:
        """Return what reads a selection; the places are found first, in this thread."""
        from procore_jupyter.tables.arrow.ingest import Ingest
        from procore_jupyter.tables.reading import Reading

        self._session._wait_for_sign_in()
        places = self.places.of(selection, self.parents)
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

    def _labels(self, company: Named | None) -> Mapping[int, str]:
        """Return the labels of a company's custom fields; none where they can't be had: then the numbers stand."""
        if company is None:
            return {}

        def ask() -> dict[int, str]:
            path = DEFINITIONS.format(company_id=company[0])
            try:
                rows = paging.rows(
                    self._session,
                    path,
                    page_size=DEFINITIONS_A_PAGE,
                    headers=self.places.headers_for(company),
                )
            except ProcoreAPIError:
                return {}
            return {
                int(row["id"]): str(row["label"])
                for row in rows
                if isinstance(row, dict) and str(row.get("id", "")).isdecimal() and row.get("label")
            }

        return self.cache.once(("labels", company[0]), ask)

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
