"""`Picture`: fetched rows as text: a caption, what is missing, and the columns that there is room for; and as HTML."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procore_jupyter.errors import ProcoreIncompleteWarning
from procore_jupyter.tables.caller import warn_caller
from procore_jupyter.tables.display.cells import GAP, MOST_ROWS, ROWS, WIDTH, padded
from procore_jupyter.tables.display.columns import MOST_COLUMNS, Column, drawn_columns
from procore_jupyter.tables.display.markup import LONGEST_LINE, page
from procore_jupyter.wording import counted, moment, one_line

if TYPE_CHECKING:
    from procore_jupyter.tables.result import Fetched

FEW_PROJECTS = 3
"""Projects that are named if several didn't answer; the others are counted."""


@dataclass(frozen=True)
class Picture:
    """All that a drawn table shows.

    Parameters
    ----------
    caption : str
        What the rows are, how many, and how they came.
    alerts : sequence of str
        What is missing, a line each.
    notes : sequence of str
        Remarks on the rows, a line each.
    columns : sequence of Column
        The columns in the order in which they are drawn. As text, those without room are named below.
    more : int
        Rows that there are below the drawn ones.
    others : sequence of Column
        Further columns, which are only named.
    at_least : bool
        There may be more rows below than `more`.
    """

    caption: str
    alerts: Sequence[str] = ()
    notes: Sequence[str] = ()
    columns: Sequence[Column] = ()
    more: int = 0
    others: Sequence[Column] = ()
    at_least: bool = False

    def _fitting(self, room: int) -> Sequence[Column]:
        """Return the first columns that fit side by side; at least one."""
        used = 0
        for place, column in enumerate(self.columns):
            used += column.breadth + len(GAP)
            if place and used > room:
                return self.columns[:place]
        return self.columns

    def _more(self) -> str:
        """Return the line that counts the rows below; an empty text if there are none."""
        least = "at least " if self.at_least else ""
        return f"… {least}{counted(self.more, 'more row')}" if self.more else ""

    def _hidden(self, drawn: int) -> str:
        """Return the line that names the columns without room; an empty text if all have it."""
        names = [column.name for column in (*self.columns[drawn:], *self.others)]
        return one_line(f"not shown: {', '.join(names)}", WIDTH - 4) if names else ""

    def __str__(self) -> str:
        columns = self._fitting(min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
        lines = [one_line(text, LONGEST_LINE) for text in (*self.alerts, self.caption, *self.notes)]
        if columns and columns[0].cells:
            rule = "─" * (sum(column.breadth for column in columns) + len(GAP) * (len(columns) - 1))
            rows = zip(*(column.cells for column in columns), strict=True)
            lines += [_row(columns, [column.head for column in columns]), rule]
            lines += [_row(columns, row) for row in rows]
        return "\n".join([*lines, *filter(None, (self._more(), self._hidden(len(columns))))])

    def html(self) -> str:
        """Return the picture as HTML: all columns side by side, in a box that scrolls."""
        return page(self.caption, self.alerts, self.notes, self.columns, self._more(), self.others)


def _row(columns: Sequence[Column], texts: Sequence[str]) -> str:
    cells = (padded(text, one.breadth, right=one.number) for one, text in zip(columns, texts, strict=True))
    return GAP.join(cells).rstrip()


def picture(seen: Fetched, name: str, shown: Sequence[str], head: int | None = None) -> Picture:
    """Return the picture of fetched rows.

    Parameters
    ----------
    seen : Fetched
        The rows.
    name : str
        The table's name.
    shown : sequence of str
        The columns to draw first.
    head : int or None
        Rows that a person asked to see; None if they asked for the table.
    """
    rows = seen.rows
    count = min(rows.num_rows, ROWS if head is None else min(head, MOST_ROWS))
    columns = drawn_columns(rows, shown, count, _telling_apart(seen))
    return Picture(
        caption=_caption(seen, name),
        alerts=alerts(seen, name),
        notes=seen.notes,
        columns=columns[:MOST_COLUMNS],
        more=max(0, _total(seen) - count),
        others=columns[MOST_COLUMNS:],
        at_least=seen.at_least,
    )


def _telling_apart(seen: Fetched) -> list[str]:
    """Return the columns that tell apart the places that rows are from: the project, the row of another table."""
    found = []
    if len({place.project for place in seen.places}) > 1:
        found.append("project_name" if "project_name" in seen.rows.column_names else "project_id")
    parents = {parent for place in seen.places for parent in place.parents}
    names = [name for name, _ in parents]
    return [*found, *sorted(name for name in {*names} if names.count(name) > 1)]


def _total(seen: Fetched) -> int:
    return seen.rows.num_rows if seen.told_rows is None else seen.told_rows


def _caption(seen: Fetched, name: str) -> str:
    least = "at least " if seen.at_least else ""
    size = f"{least}{counted(_total(seen), 'row')} × {counted(seen.rows.num_columns, 'column')}"
    part = "" if seen.told_rows is None else f"the first {seen.rows.num_rows:,} read"
    how = f"fetched {moment(seen.when)} with {counted(seen.requests + seen.earlier_requests, 'request')}"
    parts = [name, _about(seen), size, part, how]
    return " · ".join(one for one in parts if one)


def _about(seen: Fetched) -> str:
    places = seen.places
    if len(places) == 1:
        return str(places[0])
    projects = {place.project for place in places if place.project is not None}
    if len(projects) > 1:
        return counted(len(projects), "project")
    return str(places[0]).partition(" · ")[0] if places else ""


def alerts(seen: Fetched, name: str) -> list[str]:
    """Return the lines that say what is missing."""
    refused = [one for one in seen.incomplete if one.status is not None]
    projects = {place.project[0] if place.project else None for place in seen.places}
    # A project that refused to say whose rows there are never became a place.
    asked = len(seen.places) + sum(one.project_id not in projects for one in refused)
    if refused and asked > 1:
        unit = "projects" if len({place.project for place in seen.places}) == len(seen.places) else "lists"
        answered = asked - len(refused)
        named = "; ".join(f"{one.project}: {_reason(one.status)}" for one in refused[:FEW_PROJECTS])
        more = f"; and {len(refused) - FEW_PROJECTS} more" if len(refused) > FEW_PROJECTS else ""
        places = f"{answered} of {asked} {unit}. {named}{more}"
        lines = [f"Incomplete: {name} · {places}. Details: .incomplete"]
    else:
        lines = [f"Incomplete: {one.message}" for one in refused]
    lines += [
        f"Incomplete: {one.message} Details: .incomplete" for one in seen.incomplete if one.status is None
    ]
    if seen.cut:
        rows = seen.rows.num_rows if seen.written is None else seen.written
        lines.append(f"Incomplete: cut at {counted(rows, 'row')} (MaxRows); there are more.")
    return lines


def warn_of_lack(found: Fetched, name: str) -> None:
    """Warn of rows of a table that are missing."""
    if found.incomplete or found.cut:
        for line in alerts(found, name):
            warn_caller(line, ProcoreIncompleteWarning)


def _reason(status: int | None) -> str:
    if status == 403:
        return "the tool is off, or you don't have access"
    if status == 404:
        return "not found, or you don't have access"
    return f"answered with an error ({status})" if status else "could not be read"
