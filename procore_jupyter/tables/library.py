"""`Library`: the tables that a session can read, found by name or by address."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.listing import Listing, listing
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.selection import Selection, selection_of
from procore_jupyter.tables.table import Table

if TYPE_CHECKING:
    from procore_jupyter.profiles import Profile
    from procore_jupyter.tables.reader import Reader


class Library:
    """The tables that a session can read.

    Parameters
    ----------
    profile : Profile
        What is connected to: its tables are those there are.
    reader : callable
        Returns a `Reader` that knows the catalog.
    """

    def __init__(self, profile: Profile, reader: Callable[[Catalog], Reader]) -> None:
        self._profile, self._reader = profile, reader

    # Tables

    @functools.cached_property
    def catalog(self) -> Catalog:
        """The tables that the profile has. ConfigurationError where it describes one wrongly."""
        return Catalog(self._profile)

    @functools.cached_property
    def reader(self) -> Reader:
        """Reads their rows."""
        return self._reader(self.catalog)

    def open(self, name: str, given: Mapping[str, Any], *, strict: bool = False) -> Table:
        """Return a table, to be fetched when it is looked at.

        Raises
        ------
        TableNotFound
            There is none of that name.
        ConfigurationError
            A parameter is missing, isn't known, or has a value that it doesn't take.
        """
        return Table(
            self.reader, selection_of(self.catalog.find(name), given, today=self.reader.today), strict=strict
        )

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
            return Table(self.reader, Selection(spec, query=tuple(_pairs(params))), strict=strict)
        spec, held = known
        scope = {one: params.pop(one) for one in ("company_id", "project_id") if one in params} | dict(held)
        query: list[tuple[str, str]] = []
        if spec.dates and not {"log_date", "start_date", "end_date"} & params.keys():
            query += [
                pair
                for pair in selection_of(spec, {**scope}, today=self.reader.today).query
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
        return Table(self.reader, selection, strict=strict)

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
