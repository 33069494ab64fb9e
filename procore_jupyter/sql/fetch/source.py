"""`RowSource`: where the rows of a query's tables come from."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from procore_jupyter.tables.parameters.selection import Selection
    from procore_jupyter.tables.place import Named, Place
    from procore_jupyter.tables.result import Fetched


class RowSource(Protocol):
    """What reads rows at places, and knows which projects there are."""

    @property
    def today(self) -> datetime.date:
        """The last day of daily logs to ask for."""

    @property
    def requests(self) -> int:
        """Requests that lists of projects took."""

    @property
    def abreast(self) -> int:
        """Requests under way at a time."""

    @property
    def lacks_labels(self) -> bool:
        """Whether the labels of custom fields are wanted, and would have to be asked for."""

    def company(self) -> Named:
        """Return the company that tables are read in."""

    def chosen_project(self) -> Named | None:
        """Return the project that a person has chosen; None if none."""

    def projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...]:
        """Return projects: ``"all"``, ``"all active"``, or those of some ids and names."""

    def known_projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...] | None:
        """Return the same if nobody needs to be asked for it; else None."""

    def rows_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        names: bool = False,
        abreast: int | None = None,
    ) -> Fetched:
        """Return the rows of these places. Rows that were read for fewer conditions may be among them.

        Parameters
        ----------
        selection : Selection
            What is wanted of them.
        places : sequence of Place
            The places.
        names : bool
            Whether the projects' names are wanted.
        abreast : int or None
            Requests under way at a time, at most.

        Raises
        ------
        ProcoreAPIError
            All places failed.
        """

    def kept_at(self, selection: Selection, places: Sequence[Place]) -> Mapping[Place, float]:
        """Return those of some places whose rows are at hand, with their age in seconds."""

    def pages(
        self, selection: Selection, places: Sequence[Place], *, names: bool = False
    ) -> Iterator[Fetched]:
        """Give the rows of these places, a request at a time: each time all that have come so far."""


Enough = Callable[["Mapping[str, Fetched]"], bool]
"""Tells whether some rows are enough for the answer."""
