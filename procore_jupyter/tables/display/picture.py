"""`Picture`: fetched rows as text and as HTML: a caption, what is missing, and the columns that there is room for."""

from __future__ import annotations

import functools
import html
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.tables.arrow.types import in_words
from procore_jupyter.tables.display.cells import GAP, LONGEST, ROWS, WIDTH, cell, padded, width
from procore_jupyter.wording import NO_FORMULAS, counted, moment, one_line

if TYPE_CHECKING:
    from procore_jupyter.tables.result import Fetched

LONGEST_LINE = 400
"""Characters of a line above the rows; the rest is cut."""

LONGEST_HOVER = 200
"""Characters of a column's name in the text shown over its head."""

FEW_PROJECTS = 3
"""Projects that are named if several didn't answer; the others are counted."""

_QUIET = "color:var(--jp-ui-font-color2,#616161);font-size:var(--jp-ui-font-size1,13px)"
_ALERT = (
    "color:var(--jp-ui-font-color1,#212121);font-size:var(--jp-ui-font-size1,13px);"
    "border-left:3px solid var(--jp-warn-color1,#bf360c);padding-left:8px;margin:2px 0"
)


@dataclass(frozen=True)
class Column:
    """One column as it is drawn.

    Parameters
    ----------
    name : str
        The column's name.
    kind : str
        Its type in words.
    cells : sequence of str
        The values of the first rows, as texts.
    number : bool
        Whether the values stand at the right edge.
    """

    name: str
    kind: str
    cells: Sequence[str]
    number: bool = False

    @property
    def head(self) -> str:
        """The name on one line."""
        return one_line(self.name, LONGEST)

    @functools.cached_property
    def breadth(self) -> int:
        """Characters that the widest of head and cells takes."""
        return max(width(text) for text in (self.head, *self.cells))


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
        The columns in the order in which they are drawn; those without room are named below.
    more : int
        Rows that there are below the drawn ones.
    others : sequence of str
        Names of further columns, for which there is no room.
    at_least : bool
        There may be more rows below than `more`.
    """

    caption: str
    alerts: Sequence[str] = ()
    notes: Sequence[str] = ()
    columns: Sequence[Column] = ()
    more: int = 0
    others: Sequence[str] = ()
    at_least: bool = False

    def _fitting(self, room: int) -> Sequence[Column]:
        """Return the first columns that fit side by side; at least one."""
        used = 0
        for place, column in enumerate(self.columns):
            used += column.breadth + len(GAP)
            if place and used > room:
                return self.columns[:place]
        return self.columns

    def _below(self, drawn: int) -> list[str]:
        below = (
            [f"… {'at least ' if self.at_least else ''}{counted(self.more, 'more row')}"] if self.more else []
        )
        hidden = [*(column.name for column in self.columns[drawn:]), *self.others]
        if hidden:
            below.append(one_line(f"not shown: {', '.join(hidden)}", WIDTH - 4))
        return below

    def __str__(self) -> str:
        columns = self._fitting(min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
        lines = [one_line(text, LONGEST_LINE) for text in (*self.alerts, self.caption, *self.notes)]
        if columns and columns[0].cells:
            rule = "─" * (sum(column.breadth for column in columns) + len(GAP) * (len(columns) - 1))
            rows = zip(*(column.cells for column in columns), strict=True)
            lines += [_row(columns, [column.head for column in columns]), rule]
            lines += [_row(columns, row) for row in rows]
        return "\n".join(lines + self._below(len(columns)))

    def html(self) -> str:
        """Return the picture as HTML in JupyterLab's own colours and type, whatever the theme."""
        columns = self._fitting(WIDTH)
        out = [_line(text, f"role='status' style='{_ALERT}'") for text in self.alerts]
        out += [_line(text) for text in (self.caption, *self.notes)]
        if columns and columns[0].cells:
            sides = [f"text-align:{'right' if column.number else 'left'}" for column in columns]
            out.append("<table style='margin:0'><thead><tr>")
            for column, side in zip(columns, sides, strict=True):
                hover = html.escape(f"{one_line(column.name, LONGEST_HOVER)}: {column.kind}", quote=True)
                out.append(f"<th scope='col' style='{side}' title='{hover}'>{html.escape(column.head)}</th>")
            out.append("</tr></thead><tbody>")
            for row in zip(*(column.cells for column in columns), strict=True):
                cells = (
                    f"<td style='{side}'>{html.escape(text)}</td>"
                    for text, side in zip(row, sides, strict=True)
                )
                out.append(f"<tr>{''.join(cells)}</tr>")
            out.append("</tbody></table>")
        out += [_line(text) for text in self._below(len(columns))]
        return f"<div class='{NO_FORMULAS}'>{''.join(out)}</div>"


def _row(columns: Sequence[Column], texts: Sequence[str]) -> str:
    cells = (padded(text, one.breadth, right=one.number) for one, text in zip(columns, texts, strict=True))
    return GAP.join(cells).rstrip()


def _line(text: str, attributes: str = f"style='{_QUIET}'") -> str:
    return f"<div {attributes}>{html.escape(one_line(text, LONGEST_LINE))}</div>"


def picture(seen: Fetched, name: str, shown: Sequence[str]) -> Picture:
    """Return the picture of fetched rows.

    Parameters
    ----------
    seen : Fetched
        The rows.
    name : str
        The table's name.
    shown : sequence of str
        The columns to draw first.
    """
    rows = seen.rows
    drawn = [*_columns(rows, shown, several=len(seen.places) > 1)]
    names = {column.name for column in drawn}
    return Picture(
        caption=_caption(seen, name),
        alerts=alerts(seen, name),
        notes=seen.notes,
        columns=drawn,
        more=max(0, _total(seen) - min(ROWS, rows.num_rows)),
        others=[one for one in rows.column_names if one not in names],
        at_least=seen.at_least,
    )


def _total(seen: Fetched) -> int:
    return seen.rows.num_rows if seen.told_rows is None else seen.told_rows


def _caption(seen: Fetched, name: str) -> str:
    least = "at least " if seen.at_least else ""
    size = f"{least}{counted(_total(seen), 'row')} × {counted(seen.rows.num_columns, 'column')}"
    part = "" if seen.told_rows is None else f"the first {seen.rows.num_rows:,} read"
    how = f"fetched {moment(seen.when)} with {counted(seen.requests, 'request')}"
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
        named = "; ".join(f'"{one.project}" {_reason(one.status)}' for one in refused[:FEW_PROJECTS])
        more = f"; and {len(refused) - FEW_PROJECTS} more" if len(refused) > FEW_PROJECTS else ""
        places = f"{asked} {unit} · {answered} answered: {named}{more}"
        lines = [f"Incomplete: {name} · {places}. See .incomplete"]
    else:
        lines = [f"Incomplete: {one.message}" for one in refused]
    lines += [f"Incomplete: {one.message} See .incomplete" for one in seen.incomplete if one.status is None]
    if seen.cut:
        rows = seen.rows.num_rows if seen.written is None else seen.written
        lines.append(f"Incomplete: cut at {counted(rows, 'row')} (MaxRows); there are more.")
    return lines


def _reason(status: int | None) -> str:
    if status == 403:
        return "has it switched off, or you may not see it"
    if status == 404:
        return "isn't there, or you may not see it"
    return f"answered with an error ({status})" if status else "could not be read"


def _columns(rows: pa.Table, shown: Sequence[str], *, several: bool) -> Iterator[Column]:
    """Give the columns to draw, those of `shown` first, as long as there is room."""
    first = [name for name in shown if name in rows.column_names]
    if several and first and "project_id" in rows.column_names:
        first.insert(0, "project_id")
    used = 0
    for name in dict.fromkeys([*first, *rows.column_names]):
        column = _column(name, rows[name].slice(0, ROWS))
        yield column
        used += column.breadth + len(GAP)
        if used > WIDTH + len(GAP):
            return


def _column(name: str, values: pa.ChunkedArray) -> Column:
    found = values.type
    number = pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    if pa.types.is_timestamp(found):
        values = values.cast(pa.string())  # Python's own times would import pandas
    return Column(name, in_words(found), [cell(value) for value in values.to_pylist()], bool(number))
