"""`ProjectNames`: what projects are called, for the column beside their ids. NamesAsked for once, and beside the rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.scope import in_haste
from procore_jupyter.tables.definitions.spec import PROJECT_NAME
from procore_jupyter.tables.place import Named, Place
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    import pyarrow as pa

    from procore_jupyter.tables.cache import Cache
    from procore_jupyter.tables.location.place_names import Directory
    from procore_jupyter.tables.location.places import Places

Names = Mapping[int, str]


class ProjectNames:
    """The names of projects, as far as one request a session can tell them.

    Parameters
    ----------
    places : Places
        Knows the projects that were listed.
    cache : Cache
        Says whether everything was forgotten.
    ask : callable
        Lists projects of a company, as many as one request can.
    """

    def __init__(self, places: Places, cache: Cache, ask: Callable[[Named], Directory]) -> None:
        self._places, self._cache, self._ask = places, cache, ask
        self._lock = threading.Lock()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._forgotten = self._cache.times_forgotten
        self._known: dict[int, dict[int, str]] = {}
        self._asked: dict[int, str] = {}  # companies that were asked, and why that was in vain

    def of(self, places: Sequence[Place], *, ask: bool = True) -> NamesAsked:
        """Return the names of the projects of places; those that nobody knows yet come while the caller does something else.

        Parameters
        ----------
        places : sequence of Place
            The places.
        ask : bool
            Ask Procore for names that nobody knows, unless it was asked before.
        """
        company = next((place.company for place in places if place.company is not None), None)
        projects = {place.project[0]: place.project[1] for place in places if place.project is not None}
        if company is None or not projects:
            return NamesAsked({}, lambda: "")
        with self._lock:
            if self._forgotten != self._cache.times_forgotten:
                self._begin_anew()
            known = self._known.setdefault(company[0], {})
            known.update((number, name) for number, name in self._places.known_projects(company[0]) if name)
            known.update((number, name) for number, name in projects.items() if name)
            lacking = [number for number in projects if number not in known]
            asking = bool(ask and lacking and company[0] not in self._asked)
            if asking:
                self._asked[company[0]] = ""
        made: list[int] = []
        thread = threading.Thread(
            target=self._look, args=(company, made), name="procore-project-names", daemon=True
        )
        if asking:
            thread.start()

        def wait() -> str:
            if asking:
                thread.join()
            return self._asked.get(company[0], "") if ask and any(one not in known for one in lacking) else ""

        return NamesAsked(known, wait, made)

    def _look(self, company: Named, made: list[int]) -> None:
        """Ask for the names, and note how many requests that took. A failure leaves them out, and is told on the table."""
        try:
            with in_haste():
                listed = self._ask(company)
        except (ProcoreError, requests.RequestException) as error:
            self._asked[company[0]] = one_line(str(error), 200)
        else:
            made.append(listed.requests)
            found = {number: name for number, name in listed if name}
            self._known.setdefault(company[0], {}).update(found)


class NamesAsked:
    """Names that may be on their way.

    Parameters
    ----------
    names : mapping of int to str
        The names by the projects' ids; it may grow until `wait` has returned.
    wait : callable
        Waits for names that are on their way; returns why some can't be had, or an empty text.
    made : sequence of int
        The requests that these took, once they have come.
    """

    def __init__(self, names: Names, wait: Callable[[], str], made: Sequence[int] = ()) -> None:
        self._names, self._wait, self._made, self._why = names, wait, made, ""
        self._came = False

    @property
    def requests(self) -> int:
        """The requests that names took which have come."""
        return sum(self._made)

    def names(self) -> Names:
        """Return the names. Waits for those that are on their way."""
        if not self._came:
            self._why, self._came = self._wait(), True
        return self._names

    @property
    def note(self) -> str:
        """The remark that names are missing; empty if none is, or the reason isn't known."""
        return (
            f"{PROJECT_NAME} is empty: the list of projects can't be read. {self._why}" if self._why else ""
        )


def with_names(rows: pa.Table, asked: NamesAsked) -> pa.Table:
    """Return rows with their projects' names beside the ids; a name that a row says itself comes before."""
    import pyarrow as pa

    if "project_id" not in rows.column_names:
        return rows
    names = asked.names() if rows.num_rows else {}
    own = rows[PROJECT_NAME] if PROJECT_NAME in rows.column_names else None
    ids = rows["project_id"]
    made = column(ids, names)
    if own is not None:
        made = own if not pa.types.is_string(own.type) else _first_known(own, made)
        rows = rows.drop_columns([PROJECT_NAME])
    return rows.add_column(rows.column_names.index("project_id") + 1, PROJECT_NAME, made)


def column(ids: pa.Array | pa.ChunkedArray, names: Names) -> Any:
    """Return the names of the projects whose ids are given; null where none is known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from procore_jupyter.tables.arrow.types import array_of

    several = (
        ids.unique()
    )  # few among many rows: a list of thousands of projects isn't gone through for each batch
    called = array_of([names.get(_number(one)) or None for one in several.to_pylist()], pa.string())
    return called.take(pc.index_in(ids, value_set=several))


def _number(id: int | str | None) -> int:
    """Return an id that may have come as text; 0 if it is none."""
    text = str(id)
    return int(text) if text.isascii() and text.isdecimal() and not text.startswith("0") else 0


def _first_known(own: pa.ChunkedArray, made: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.coalesce(own, made)
