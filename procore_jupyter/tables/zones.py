"""Time zones: the times of rows in a zone by its name, or each in its project's own."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.selection import selection_of
from procore_jupyter.wording import counted, nearest, one_line, quoted

if TYPE_CHECKING:
    from procore_jupyter.tables.reader import Reader

UTC = "UTC"
PROJECT = "project"

PROJECTS = "projects"
"""The table that has the projects' zones."""

_COLUMNS = ("tz_name", "time_zone")
"""The columns of a project's zone; the tz database's own name is in the first."""


def placed(rows: pa.Table, tz: str | None, of_projects: Callable[[], Mapping[int, str]]) -> pa.Table:
    """Return rows with their columns of times in a zone.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows, their times in UTC.
    tz : str or None
        A name of the tz database; ``"project"`` for the zone of each row's project, and None for UTC, both without an
        offset.
    of_projects : callable
        Returns the zones of the rows' projects by their ids. Called for ``"project"`` alone.

    Raises
    ------
    ParameterError
        There is no such zone, or no project to take it from.
    """
    check(tz)
    times = [place for place, found in enumerate(rows.schema.types) if pa.types.is_timestamp(found)]
    if tz is not None and tz != PROJECT:
        wanted = pa.timestamp("us", tz)
    elif tz == PROJECT and ("project_id" not in rows.column_names or rows["project_id"].null_count):
        raise ParameterError(
            'tz="project" needs a project_id in every row. Give a zone\'s name:  tz="America/New_York"'
        )
    else:
        wanted = pa.timestamp("us")
    found = of_projects() if tz == PROJECT and times else {}
    for place in times:
        column = rows.column(place)
        moved = _local(column, rows["project_id"], found) if tz == PROJECT else column.cast(wanted)
        rows = rows.set_column(place, pa.field(rows.column_names[place], wanted), moved)
    return rows


def check(tz: object) -> None:
    """Raise a ParameterError unless something is a zone's name, ``"project"`` or None."""
    if tz is not None and tz != PROJECT:
        check_name(tz, PROJECT, others=', or "project", or None')


def check_name(tz: object, *more: str, others: str = "") -> None:
    """Raise a ParameterError unless something is a zone's name; the message names the nearest.

    Parameters
    ----------
    tz : object
        What should be a zone's name.
    more : str
        What may have been meant too.
    others : str
        The words for what else is taken.
    """
    if isinstance(tz, str) and _is_zone(tz):
        return
    zones = sorted({*more, *zoneinfo.available_timezones()}, reverse=True)
    names = {name.rpartition("/")[2]: name for name in zones}  # a place is known by its own name
    meant = nearest(tz.rpartition("/")[2], names) if isinstance(tz, str) else ""
    hint = f" Did you mean {quoted(names[meant])}?" if meant else ""
    raise ParameterError(f'tz is a zone\'s name such as "America/New_York"{others}; not {tz!r:.60}.{hint}')


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _local(times: pa.ChunkedArray, projects: pa.ChunkedArray, found: Mapping[int, str]) -> pa.Array:
    """Return times as the clocks of their projects show them."""
    import numpy as np
    import pandas

    moments = times.cast(pa.timestamp("us")).to_numpy()
    local = np.full(len(moments), np.datetime64("NaT", "us"), "datetime64[us]")
    of_rows = pandas.Series(projects.to_numpy()).map(found.__getitem__).to_numpy()
    for zone in {*found.values()}:
        there = of_rows == zone
        shown = pandas.DatetimeIndex(moments[there], tz=UTC).tz_convert(zone).tz_localize(None)
        local[there] = shown.to_numpy()
    return pa.array(local)


def of_projects(reader: Reader, rows: pa.Table) -> dict[int, str]:
    """Return the zones of the projects that rows are of, by the projects' ids.

    One request, or none: what was read within the last minutes is used again. So many projects that their ids fill an
    address take several.

    Parameters
    ----------
    reader : Reader
        Reads the projects.
    rows : pyarrow.Table
        The rows, which have a company's and a project's id.

    Raises
    ------
    ParameterError
        Procore doesn't list one of the projects, or names no zone of it that the tz database has.
    ProcoreAPIError
        Procore refused the list.
    """
    ids = sorted({*rows["project_id"].to_pylist()})
    if not ids:
        return {}
    given = {"company_id": rows["company_id"][0].as_py(), "id": ids, "by_status": "All"}
    selection = selection_of(reader.catalog.find(PROJECTS), given, today=reader.today)
    listed = reader.rows(selection).rows.select(["id", "name", *_COLUMNS]).to_pylist()
    names = {project["id"]: one_line(str(project["name"])) for project in listed}
    found = {
        project["id"]: zone
        for project in listed
        for zone in (project[name] for name in reversed(_COLUMNS))
        if zone is not None and _is_zone(zone)
    }
    lost = [names.get(number) or str(number) for number in ids if number not in found]
    if lost:
        more = f" and {counted(len(lost) - 3, 'other')}" if len(lost) > 3 else ""
        raise ParameterError(
            f"Procore names no time zone of {', '.join(lost[:3])}{more} that is known here. "
            'Give one:  tz="America/New_York"'
        )
    return found
