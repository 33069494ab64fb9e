"""`Library`: the tables that a session can read, found by name or by address."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.profiles.kept_facts import kept_facts
from procore_jupyter.profiles.kept_labels import kept_labels
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.listing import Listing, listing
from procore_jupyter.tables.definitions.spec import TableSpec, usual_largest
from procore_jupyter.tables.location.project_table import PROJECTS
from procore_jupyter.tables.parameters.arguments import pairs
from procore_jupyter.tables.parameters.selection import selection_at, selection_of
from procore_jupyter.tables.reader import Reader
from procore_jupyter.tables.table import Table

if TYPE_CHECKING:
    from procore_jupyter.profiles import Profile
    from procore_jupyter.profiles.kept_facts import Tables
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.cache import Cache
    from procore_jupyter.tables.location.places import Places
    from procore_jupyter.tables.progress import Draw

_NO_PATH = re.compile(r"[?#{}%\\]|://")
_NEEDS_PATH = "get_all needs the path of a list of Procore's API, such as /rest/v1.0/projects/4711/rfis. Parameters go beside it."
_NOTHING = frozenset({"none", "nan", "nat", "<na>", "null", "undefined"})
"""What a path holds, in small letters, where a variable without a value was put in."""


def library_of(
    session: RefreshingSession, places: Places, cache: Cache, settings: Settings, draw: Callable[[], Draw]
) -> Library:
    """Return the tables that a session can read.

    Parameters
    ----------
    session : RefreshingSession
        Sends the requests.
    places, cache
        The session's companies and projects, and the rows that it keeps.
    settings : Settings
        What it connects to.
    draw : callable
        Returns what shows the progress of a reading.
    """
    host = settings.environment.api_host

    def reader(catalog: Catalog) -> Reader:
        made = Reader(
            session,
            places,
            cache,
            catalog,
            concurrency=settings.max_concurrency,
            page_size=settings.page_size,
            max_rows=settings.max_rows,
            draw=draw,
            kept_labels=functools.partial(kept_labels, host),
        )
        if PROJECTS in catalog.tables:
            places.lists = made.project_table
        return made

    return Library(settings.profile, reader, functools.partial(kept_facts, host))


class Library:
    """The tables that a session can read.

    Examples
    --------
    List them all; find some by a word; see what one takes and holds.

    >>> procore.tables
    >>> procore.tables.search("log")
    >>> procore.tables.describe("rfis")

    Open one, as ``procore.table("rfis")`` does.

    >>> procore.tables["rfis"]
    """

    def __init__(
        self, profile: Profile, reader: Callable[[Catalog], Reader], kept: Callable[[], Tables] = dict
    ) -> None:
        """Find tables for a session.

        Parameters
        ----------
        profile : Profile
            What is connected to: its tables are those there are.
        reader : callable
            Returns a `Reader` that knows the catalog.
        kept : callable
            Returns what a check has found of tables and a person has kept. Raises ConfigurationError if it can't be read.
        """
        self._profile, self._reader, self._kept = profile, reader, kept

    # Tables

    @functools.cached_property
    def catalog(self) -> Catalog:
        """The tables that the profile has. Raises ConfigurationError if it describes one wrongly."""
        return Catalog(self._profile, self._kept())

    @functools.cached_property
    def reader(self) -> Reader:
        """What reads their rows."""
        return self._reader(self.catalog)

    def open(self, name: str, given: Mapping[str, Any] | None = None, *, strict: bool = False) -> Table:
        """Return a table. Nothing is fetched before it is looked at.

        Parameters
        ----------
        name : str
            A name of the catalog; or the path of a list, which begins with ``/`` or ``rest/``.
        given : mapping or None
            Parameters, as for `Procore.table` and `Procore.get_all`.
        strict : bool
            Raise an error if rows are missing.

        Raises
        ------
        TableNotFound
            No table has that name.
        ParameterError
            A parameter is missing, isn't known, or has a value that it doesn't take; or the path is none.
        """
        if not isinstance(name, str):
            raise ParameterError(f"A table's name must be a text, not {type(name).__name__}.")
        if name.strip().startswith(("/", "rest/")):
            return self.at(name, given or {}, strict=strict)
        selection = selection_of(self.catalog.find(name), given or {}, today=self.reader.today)
        return Table(self.reader, selection, strict=strict)

    def at(self, path: str, given: Mapping[str, Any], *, strict: bool = False) -> Table:
        """Return the list at a path as a table. Raises ParameterError if the path is none.

        The catalog's facts hold for a list that it knows; for another list, what arrives decides the columns.
        """
        if not isinstance(path, str) or not path.strip().strip("/"):
            raise ParameterError(_NEEDS_PATH)
        if path in self:
            raise ParameterError(f"{_NEEDS_PATH} {path} is a table:  procore.table({path!r})")
        path = f"/{path.strip().strip('/')}"
        segments = path[1:].split("/")
        if not path.isprintable() or _NO_PATH.search(path) or {"", ".", ".."} & {*segments}:
            raise ParameterError(_NEEDS_PATH)
        for one in segments:
            if one.lower() in _NOTHING:
                raise ParameterError(f"The path {path:.200} has {one} where an id belongs.")
        spec, held = self.catalog.at(path) or (_unknown(path), {})
        more = dict(given)
        params = pairs(more.pop("params", None))
        return Table(
            self.reader, selection_at(spec, held, params, more, today=self.reader.today), strict=strict
        )

    # The tables as a mapping, and drawn

    def __getitem__(self, name: str) -> Table:
        """Return a table, as `Procore.table` does."""
        return self.open(name)

    def describe(self, name: str) -> Listing:
        """Return what is known of a table, to be drawn: its parameters, its columns, its source.

        Raises
        ------
        TableNotFound
            No table has that name; the message names the nearest.
        """
        return Listing([self.catalog.find(name)], name, records=self.catalog.records)

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalog.tables)

    def __len__(self) -> int:
        return len(self.catalog.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.catalog.tables or name in self.catalog.probable

    def _ipython_key_completions_(self) -> list[str]:
        return [*self]

    def search(self, pattern: str = "") -> Listing:
        """Return the tables in whose name, title or note a pattern occurs, to be drawn; without a pattern, all."""
        if not isinstance(pattern, str):
            raise ParameterError(f"A word to search for must be a text, not {type(pattern).__name__}.")
        return listing(self.catalog, pattern)

    def __repr__(self) -> str:
        return repr(self.search())

    def _repr_html_(self) -> str:
        return self.search()._repr_html_()


def _unknown(path: str) -> TableSpec:
    """Return what is known of a list that the catalog doesn't have."""
    name, largest = path.rpartition("/")[2] or "rows", usual_largest(path)
    return TableSpec(name, path, "global", probable=True, shape="unknown", largest_page=largest)
