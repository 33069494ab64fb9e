"""What is shown of fetched rows: their caption, what is missing, and the first of them as cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from procore_jupyter.tables.arrow.types import in_words
from procore_jupyter.tables.display.cells import GAP, ROWS, WIDTH, cell
from procore_jupyter.tables.display.drawing import Column, Picture, age
from procore_jupyter.tables.reading import FEW_PROJECTS
from procore_jupyter.tables.result import Fetched
from procore_jupyter.wording import counted


def picture(seen: Fetched, name: str, shown: Sequence[str], now: float) -> Picture:
    """Return what is drawn of fetched rows.

    Parameters
    ----------
    seen : Fetched
        The rows.
    name : str
        What they are.
    shown : sequence of str
        The columns to draw first.
    now : float
        The time, in seconds since 1970.
    """
    rows = seen.rows
    drawn = [*_columns(rows, shown, len(seen.places) > 1)]
    total = seen.told_rows if seen.told_rows is not None else rows.num_rows
    names = {column.name for column in drawn}
    return Picture(
        caption=_caption(seen, name, now),
        alerts=alerts(seen, name),
        notes=seen.notes,
        columns=drawn,
        more=max(0, total - min(ROWS, rows.num_rows)),
        others=[one for one in rows.column_names if one not in names],
    )


def _caption(seen: Fetched, name: str, now: float) -> str:
    parts = [name]
    if of := _about(seen):
        parts.append(of)
    rows = seen.rows.num_rows if seen.told_rows is None else seen.told_rows
    parts.append(f"{counted(rows, 'row')} × {counted(seen.rows.num_columns, 'column')}")
    if seen.told_rows is not None:
        parts.append(f"the first {seen.rows.num_rows:,} read")
    parts.append(counted(seen.requests, "request"))
    parts.append(age(now - seen.when))
    return " · ".join(parts)


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
    lines = []
    refused = [one for one in seen.incomplete if one.status is not None or one.project_id is None]
    whole = [one for one in seen.incomplete if one.status is not None]
    if whole and len(seen.places) > 1:
        answered = len(seen.places) - len(whole)
        named = "; ".join(f'"{one.project}" {_reason(one.status)}' for one in whole[:FEW_PROJECTS])
        more = f"; and {len(whole) - FEW_PROJECTS} more" if len(whole) > FEW_PROJECTS else ""
        lines.append(
            f"Incomplete: {name} · {len(seen.places)} {_unit(seen)} · {answered} answered: {named}{more}. See .incomplete"
        )
    else:
        lines += [f"Incomplete: {one.message}" for one in refused if one in whole]
    lines += [f"Incomplete: {one.message} See .incomplete" for one in seen.incomplete if one.status is None]
    if seen.cut:
        rows = seen.rows.num_rows if seen.written is None else seen.written
        lines.append(f"Incomplete: cut at {counted(rows, 'row')} (MaxRows); there are more.")
    return lines


def _unit(seen: Fetched) -> str:
    return "projects" if len({place.project for place in seen.places}) == len(seen.places) else "lists"


def _reason(status: int | None) -> str:
    if status == 403:
        return "has it switched off, or you may not see it"
    if status == 404:
        return "isn't there, or you may not see it"
    return f"answered with an error ({status})" if status else "could not be read"


def _columns(rows: pa.Table, shown: Sequence[str], several: bool) -> Iterator[Column]:
    """Give the columns to draw, those to be seen first before the others, as long as there is room."""
    first = [name for name in shown if name in rows.column_names]
    if several and first and "project_id" in rows.column_names:
        first.insert(0, "project_id")
    names = [*first, *(name for name in rows.column_names if name not in first)]
    used = 0
    for name in names:
        column = _column(name, rows[name].slice(0, ROWS))
        yield column
        used += column.takes
        if used > WIDTH + len(GAP):
            return


def _column(name: str, values: pa.ChunkedArray) -> Column:
    found = values.type
    number = bool(pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found))
    if pa.types.is_timestamp(found):
        values = values.cast(pa.string())  # Python's own times would import pandas
    texts: list[Any] = values.to_pylist()
    return Column(name, in_words(found), [cell(value) for value in texts], number)
