"""`ReadingProgress`: counts what a reading has brought, and says beforehand that it takes many requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procore_jupyter.session.lists.page_order import PageOrder
from procore_jupyter.tables.progress import Progress
from procore_jupyter.wording import duration

if TYPE_CHECKING:
    from procore_jupyter.session.limits.rate_limit import Pace
    from procore_jupyter.session.scope import Scope
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.fallbacks.place_lists import PlaceLists
    from procore_jupyter.tables.place import Place

MANY_REQUESTS = 200
"""Requests above which a reading says first that it takes so many."""

PROJECTS, LISTS = "projects", "lists"
"""What several lists are, if they are one for each project; and if nobody knows."""


@dataclass(frozen=True)
class Here:
    """What of the rows that are wanted needn't be read.

    Parameters
    ----------
    places, rows : int
        How many places, and rows of them, are here already.
    unit : str
        What the places are: ``projects``, ``RFIs``, ``lists``.
    """

    places: int = 0
    rows: int = 0
    unit: str = LISTS

    def of(self, all_places: int) -> str:
        """Return the words for it: "31 of 40 projects were here already"; an empty text if nothing is here."""
        return f"{self.places:,} of {all_places:,} {self.unit} {self.words}" if self.places else ""

    @property
    def words(self) -> str:
        """What is said of these places."""
        return f"{'was' if self.places == 1 else 'were'} here already"


def unit_of(spec: TableSpec, places: Sequence[Place], find: Callable[[str], TableSpec]) -> str:
    """Return what several places are: projects, or rows of another table by its title.

    Parameters
    ----------
    spec : TableSpec
        The table.
    places : sequence of Place
        The places.
    find : callable
        Returns a table by its name.
    """
    if len({place.project for place in places}) == len(places):
        return PROJECTS
    [*_, parents] = spec.parents.values() or [()]
    tables = {one.partition(".")[0] for one in parents}
    return (find(tables.pop()).title if len(tables) == 1 else "") or LISTS


class ReadingProgress:
    """How far one reading has come.

    Parameters
    ----------
    name : str
        What is read: ``RFIs``.
    lists : PlaceLists
        The lists.
    pace : Pace
        Knows how long the limits let requests wait.
    here : Here
        What needn't be read.
    abreast : int
        Requests under way at a time.

    Attributes
    ----------
    shown : Progress
        What is drawn.
    """

    def __init__(self, name: str, lists: PlaceLists, pace: Pace, here: Here, abreast: int) -> None:
        self.shown = Progress(name)
        self._lists, self._pace, self._here, self._abreast = lists, pace, here, abreast
        self._pages: dict[int, int] = {}  # of lists that have told it
        self._more = 0  # pages of these beyond the first ones
        self._said = False
        self._count_lists()

    @property
    def _several(self) -> bool:
        return self._lists.count + self._here.places > 1

    def _count_lists(self) -> None:
        """Count the lists, if there are several: how many there are may turn out only while they are read."""
        if not self._several:
            return
        shown, here = self.shown, self._here
        shown.total, shown.done = self._lists.count + here.places, self._lists.done + here.places
        if here.unit == PROJECTS:
            shown.where = f"project {min(shown.done + 1, shown.total):,} of {shown.total:,}"
        else:
            shown.where = f"{shown.done:,} of {shown.total:,} {here.unit}"
        shown.here = f"{here.places:,} {here.words}" if here.places else ""

    def page(self, index: int, pages: PageOrder, limit: int | None) -> None:
        """Count a page that came.

        Parameters
        ----------
        index : int
            The list's number.
        pages : PageOrder
            The list's pages.
        limit : int or None
            The most rows that are wanted.
        """
        if pages.total is None or not pages.size:
            return
        wanted = pages.total if limit is None else min(pages.total, limit)
        before, self._pages[index] = self._pages.get(index, 1), max(1, -(-wanted // pages.size))
        self._more += self._pages[index] - before
        if not self._several:
            self.shown.done += 1
            self.shown.total = max(self.shown.done, self._pages[index])

    def count(self, rows: int, all_rows: int | None, scope: Scope) -> None:
        """Count what has come.

        Parameters
        ----------
        rows : int
            Rows that came.
        all_rows : int or None
            Rows that there are; None if that isn't known.
        scope : Scope
            Counts the requests.
        """
        self.shown.rows = rows + self._here.rows
        self.shown.all_rows = None if all_rows is None else all_rows + self._here.rows
        self.shown.requests = scope.requests
        self._count_lists()

    def announce(self, tell: Callable[[str], None] | None) -> None:
        """Say once, as soon as an answer has come, that the reading takes many requests, if it does.

        Parameters
        ----------
        tell : callable or None
            Takes the line, where nothing is drawn.
        """
        expected = self._lists.count + self._more
        if self._said or expected <= MANY_REQUESTS or not self.shown.requests:
            return
        self._said = True
        passed = self.shown.clock() - self.shown.begun
        left = expected - self.shown.requests
        seconds = max(self._pace.seconds_for(left), left * passed / self.shown.requests / self._abreast)
        self.shown.first = (
            f"{self.shown.name}: about {expected:,} requests, which take about {duration(seconds)}."
        )
        if tell is not None:
            tell(self.shown.first)
