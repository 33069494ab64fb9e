"""`TableCheck`: asks tables for a few rows, and with the values in these rows.

Of each list two requests at most are made: for five rows; then for a page of the largest size beyond the list's end, which shows
whether that size is taken, and costs no rows. Where the first is refused in a way that the catalog foresees (days, another
version), the second asks in the other way instead. Filters take one more.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from procore_jupyter.check.answers import ROWS, answered, paged, refused
from procore_jupyter.check.finding import FAILS, UNTOLD, Finding
from procore_jupyter.check.reply import ListReply, reply_of
from procore_jupyter.check.soundness import Params, soundness, trial_of
from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import Named, Place

if TYPE_CHECKING:
    from procore_jupyter.check.inquiry import Inquiry
    from procore_jupyter.tables.definitions.spec import Alternate, TableSpec
    from procore_jupyter.tables.library import Library

A_TABLE = 2
"""Requests that a table takes, at most; with filters, one more."""

FAR = 1000
"""The number of a page that hardly a list has, for those that don't say how many rows they have."""

DAYS = datetime.timedelta(days=89)
"""From the first to the last of the days that a list is asked for which refused all days."""

_DAYS = re.compile(r"(?i)end[ _]?date|date range|days")


@dataclass
class AskedTable:
    """A table's list at one place, and how often it was asked."""

    spec: TableSpec
    selection: Selection
    place: Place
    inquiry: Inquiry
    times: int = 0

    def ask(self, more: Params) -> ListReply:
        """Ask the list, with more parameters than those it needs."""
        self.times += 1
        path, params = self.selection.path(self.place), [*self.selection.params(self.place), *more]
        return reply_of(self.inquiry.get(path, params), self.spec)

    def few(self) -> ListReply:
        """Ask for the first rows."""
        return self.ask([("page", 1), ("per_page", ROWS)] if self.spec.paged else [])


class TableCheck:
    """Asks tables of one project for a few rows.

    Parameters
    ----------
    inquiry : Inquiry
        Sends the requests.
    library : Library
        The tables.
    company, project : (int, str) or None
        Whose rows are asked for.
    filters : bool
        Whether the filters are tried too.

    Attributes
    ----------
    seen : dict of str to ListReply
        The first answer of each table that gave rows.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        library: Library,
        company: Named,
        project: Named | None,
        *,
        filters: bool = False,
    ) -> None:
        self.seen: dict[str, ListReply] = {}
        self._inquiry, self._library, self._filters = inquiry, library, filters
        self._company, self._project = company, project

    def look(self, spec: TableSpec) -> Iterator[Finding]:
        """Ask a table, and tell what was found.

        Raises
        ------
        requests.RequestException, LoginRequired, RateLimited
            No other table could be asked either.
        """
        try:
            place = self._place(spec)
            table = AskedTable(spec, self._selection(spec, place), place, self._inquiry)
        except ParameterError as error:
            yield Finding(
                spec.name, UNTOLD, str(error), told="It needs rows of another table, or a parameter."
            )
            return
        first = table.few()
        if not first.fine:
            yield from self._otherwise(table, first)
            return
        self.seen[spec.name] = first
        yield from answered(spec, first, self._library.catalog.records)
        if not spec.paged:
            return
        trial = trial_of(spec, first.rows) if self._filters else None
        if trial is not None:
            yield from soundness(trial, table.ask)
        empty = next((one for one in spec.alternates if one.when == "empty"), None)
        if not first.rows and empty is not None:
            yield from self._below(table, empty)
        elif table.times < A_TABLE + self._filters:
            beyond = [("page", _beyond(spec, first)), ("per_page", spec.largest_page)]
            yield from paged(spec, first, table.ask(beyond))

    # Where

    def _place(self, spec: TableSpec) -> Place:
        """Return the place whose rows are asked for. Raises ParameterError if there is none."""
        project = self._project if spec.scope == "project" else None
        if spec.scope == "project" and project is None:
            raise ParameterError("There is no project to check.")
        parents = tuple((name, self._parent(name, of)) for name, of in spec.parents.items())
        return Place(None if spec.scope == "global" else self._company, project, parents)

    def _parent(self, name: str, tables: tuple[str, ...]) -> int | str:
        for of in tables:
            table, _, column = of.partition(".")
            for row in self.seen[table].rows if table in self.seen else ():
                value = row.get(column)
                if isinstance(value, (int, str)) and not isinstance(value, bool) and value != "":
                    return value
        names = " or ".join(of.partition(".")[0] for of in tables)
        raise ParameterError(
            f"Rows of {names} are needed to check it, and there were none."
            if names
            else f"{name} is needed to check it."
        )

    def _selection(self, spec: TableSpec, place: Place, **more: Any) -> Selection:
        given = {name: value for name, value in place.columns.items() if name in spec.place_columns}
        return selection_of(spec, {**given, **more}, today=self._library.reader.today)

    # In another way

    def _otherwise(self, table: AskedTable, first: ListReply) -> Iterator[Finding]:
        """Tell of a refusal; where the catalog knows another way, ask in that way once."""
        spec = table.spec
        gone = next((one for one in spec.alternates if one.when == "gone"), None)
        if first.status == 400 and spec.dates and _DAYS.search(first.said):
            yield from self._in_days(table, first)
        elif first.status in (404, 410) and gone is not None:
            yield self._elsewhere(table, first, gone)
        else:
            yield refused(spec, first)

    def _in_days(self, table: AskedTable, first: ListReply) -> Iterator[Finding]:
        spec, today = table.spec, self._library.reader.today
        end = today - datetime.timedelta(days=1)
        table.selection = self._selection(spec, table.place, start_date=end - DAYS, end_date=end)
        reply = table.few()
        taken = "taken" if reply.fine else "refused too"
        too_late = "end" in first.said.lower()
        yield Finding(
            spec.name,
            FAILS,
            f"All days up to {today} are refused ({first.said}); the {DAYS.days + 1} up to {end} are {taken}.",
            believed="All days up to today are accepted, in the last time zone to reach it.",
            advice="Fewer days are then requested at a time." if reply.fine else "Please report it.",
            told=f"All days up to today are refused; the {DAYS.days + 1} before are {taken}.",
            said=first.said,
            oddity="end-date" if too_late else "short-ranges",
        )
        if reply.fine:
            self.seen[spec.name] = reply
            yield from answered(spec, reply, self._library.catalog.records)

    def _elsewhere(self, table: AskedTable, first: ListReply, other: Alternate) -> Finding:
        spec, status = table.spec, self._status(table, other)[0]
        there = status < 400
        return Finding(
            spec.name,
            FAILS,
            f"{spec.path} is gone (HTTP {first.status}); {other.path} {'is' if there else 'is not either'}.",
            believed=f"It is at {spec.path}.",
            advice="The other address is then used automatically."
            if there
            else "You don't have access, or its tool is off.",
            told=f"{spec.path} answers {first.status}, {other.path} {status}.",
            said=first.said,
            oddity="version-gone",
        )

    def _below(self, table: AskedTable, other: Alternate) -> Iterator[Finding]:
        """Ask a list, which is empty, at its other address."""
        try:
            parents = tuple((name, self._parent(name, of)) for name, of in other.parents.items())
        except ParameterError:
            return
        table.place = Place(table.place.company, table.place.project, parents)
        status, rows = self._status(table, other)
        if status < 400 and rows:
            spec = table.spec
            found = f"{spec.path} is empty, and {other.path} isn't."
            advice = "The other address is then used automatically."
            yield Finding(
                spec.name,
                FAILS,
                found,
                believed=f"Its rows are at {spec.path}.",
                advice=advice,
                told=found,
                oddity="nothing-flat",
            )

    def _status(self, table: AskedTable, other: Alternate) -> tuple[int, int]:
        """Ask the list at another address; return the HTTP status and the number of rows."""
        values: Mapping[str, str] = {name: str(value) for name, value in table.place.columns.items()}
        query = [(name, values[name]) for name in other.query if name in values]
        answer = self._inquiry.get(other.path.format_map(values), [*query, ("page", 1), ("per_page", ROWS)])
        return answer.status_code, len(reply_of(answer, table.spec).rows)


def _beyond(spec: TableSpec, first: ListReply) -> int:
    """Return the number of a page beyond a list's end, for pages of the largest size."""
    total = first.pages.total
    return FAR if total is None else total // spec.largest_page + 2
