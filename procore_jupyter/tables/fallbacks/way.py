"""`Way`: how the lists of a table are asked for: at which address, with which form of conditions, for which days."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

from procore_jupyter.tables.definitions.spec import Alternate, TableSpec, is_paged, usual_largest
from procore_jupyter.tables.fallbacks.condition import LIST, Condition, conditions_of
from procore_jupyter.tables.parameters.selection import Selection

START, END = "start_date", "end_date"


@dataclass(frozen=True)
class Way:
    """How lists are asked for.

    Parameters
    ----------
    spec : TableSpec
        The table at the address to ask.
    listed : frozenset of str
        Conditions, by their parameters, whose only value is sent as a list.
    left_out : frozenset of str
        Conditions that aren't sent: the rows are picked out here.
    last : date or None
        The last day to ask for, at most; None for the one that the selection says.
    at_a_time : int or None
        Days that one request may ask for; None for all of them.
    page_size : int or None
        Rows a page to ask for; None for as many as are usual.
    """

    spec: TableSpec
    listed: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    last: datetime.date | None = None
    at_a_time: int | None = None
    page_size: int | None = None

    def parts(self, selection: Selection) -> list[Selection]:
        """Return the parts of a selection that one request each may ask for, the last days first."""
        return [
            dataclasses.replace(
                selection,
                query=tuple(
                    (name, days[name].isoformat() if name in days else value)
                    for name, value in selection.query
                ),
            )
            for first, last in self.windows(selection)
            for days in ({START: first, END: last},)
        ] or [selection]

    def sent(self, part: Selection) -> Selection:
        """Return what is asked for in place of a part: at which address, and with which form of conditions."""
        query = [pair for pair in part.query if pair[0].removesuffix(LIST) not in self.left_out]
        query = [(f"{name}{LIST}" if name in self.listed else name, value) for name, value in query]
        return dataclasses.replace(part, spec=self.spec, query=tuple(query))

    def windows(self, selection: Selection) -> list[tuple[datetime.date, datetime.date]]:
        """Return the first and the last day of each part, the last days first; empty if no range of days is asked for."""
        days = days_of(selection)
        if days is None:
            return []
        first, last = days
        if self.last is not None and first <= self.last < last:
            last = self.last
        found = []
        while self.at_a_time and (last - first).days >= self.at_a_time:
            since = last - datetime.timedelta(days=self.at_a_time - 1)
            found.append((since, last))
            last = since - datetime.timedelta(days=1)
        return [*found, (first, last)]

    def picked_here(self, selection: Selection) -> list[Condition]:
        """Return the conditions that the API isn't asked for, or isn't known to heed at this address."""
        return [
            one
            for one in conditions_of(selection.spec, selection.query)
            if one.param in self.left_out
            or (self.spec.path != selection.spec.path and one.told.name not in self._taken(selection.spec))
        ]

    def _taken(self, spec: TableSpec) -> tuple[str, ...]:
        """Return the conditions that the address in use is known to heed."""
        return next((one.takes for one in spec.alternates if one.path == self.spec.path), ())


def at(spec: TableSpec, other: Alternate) -> TableSpec:
    """Return a table at another address of its list."""
    return dataclasses.replace(
        spec,
        path=other.path,
        shape=other.shape,
        list_key=other.list_key,
        query=other.query,
        parents=other.parents,
        largest_page=usual_largest(other.path),
        limited=True,
        whole=False,
        paged=is_paged(other.shape, other.list_key),
    )


def can_pick(way: Way, selection: Selection) -> bool:
    """Return whether rows can be picked out here by each condition that isn't the API's at this address."""
    return all(one.is_known(selection.spec) for one in way.picked_here(selection))


def days_of(selection: Selection) -> tuple[datetime.date, datetime.date] | None:
    """Return the first and the last day that a selection asks for; None if it asks for no range of days."""
    found = dict(selection.query)
    if not selection.spec.dates or START not in found or END not in found:
        return None
    return datetime.date.fromisoformat(found[START]), datetime.date.fromisoformat(found[END])
