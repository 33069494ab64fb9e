"""Time zones: the times of rows in a zone by its name, or each in its project's own."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arrow.types import array_of
from procore_jupyter.wording import counted, nearest, one_line, quoted

if TYPE_CHECKING:
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.location.project_table import ProjectTable
    from procore_jupyter.tables.place import Place

UTC = "UTC"
PROJECT = "project"

_NEEDED = 'tz="project" needs a project_id in every row. Give a zone\'s name:  tz="America/New_York"'

_COLUMNS = ("tz_name", "time_zone")
"""The columns of a project's zone; the tz database's own name is in the first."""


OfProjects = Callable[[pa.Table, "Sequence[Place]"], Mapping[int, str]]
"""Takes rows, and the places of these and of others that come later; returns the zones of the rows' projects by their ids."""


def no_zones(rows: pa.Table, places: Sequence[Place]) -> Mapping[int, str]:
    """Return no zone: for rows that are written in a zone by its name."""
    return {}


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
        raise ParameterError(_NEEDED)
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


def check_for_file(tz: object, spec: TableSpec) -> None:
    """Raise a ParameterError unless something is a zone's name, or ``"project"`` and the table's rows have projects."""
    if tz != PROJECT:
        check_name(tz, PROJECT, others=', or "project"')
    elif spec.known_columns and "project_id" not in spec.known_columns:
        raise ParameterError(f"{spec.name}: {_NEEDED}")


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


def _local(times: pa.ChunkedArray, projects: pa.ChunkedArray, found: Mapping[int, str]) -> pa.ChunkedArray:
    """Return times as the clocks of their projects show them."""
    by_zone: dict[str, list[int]] = {}
    for number in pc.unique(projects).to_pylist():
        by_zone.setdefault(found[number], []).append(number)
    local = times.cast(pa.timestamp("us"))
    moments = local
    for zone, numbers in by_zone.items():
        there = pc.is_in(projects, value_set=array_of(numbers, projects.type))
        shown = pc.local_timestamp(moments.cast(pa.timestamp("us", UTC)).cast(pa.timestamp("us", zone)))
        local = pc.if_else(there, shown, local)
    return local


class ProjectZones:
    """The zones of projects, asked for where a row needs them: one request, or none.

    Parameters
    ----------
    project_table : ProjectTable
        Lists the projects.
    """

    def __init__(self, project_table: ProjectTable) -> None:
        self._project_table = project_table
        self._found: dict[int, str] = {}

    def of(self, rows: pa.Table, places: Sequence[Place] = ()) -> dict[int, str]:
        """Return the zones of the projects that rows are of, by the projects' ids.

        What was read within the last minutes is used again. So many projects that their ids fill an address take several
        requests.

        Parameters
        ----------
        rows : pyarrow.Table
            The rows, which have a company's and a project's id.
        places : sequence of Place
            Where they are from, and others that come later.

        Raises
        ------
        ParameterError
            Procore doesn't list one of the projects, or names no zone of it that the tz database has.
        ProcoreAPIError
            Procore refused the list.
        """
        ids = {*pc.unique(rows["project_id"]).to_pylist()}
        if not ids <= self._found.keys():
            wanted = ids | {place.project[0] for place in places if place.project is not None}
            self._ask(rows["company_id"][0].as_py(), sorted(wanted - self._found.keys()), ids)
        return self._found

    def _ask(self, company: int, ids: Sequence[int], needed: Collection[int]) -> None:
        listed = self._project_table.rows((company, ""), ids, _COLUMNS)
        names = {project["id"]: one_line(str(project["name"])) for project in listed}
        self._found |= {
            project["id"]: zone
            for project in listed
            for zone in (project.get(name) for name in reversed(_COLUMNS))
            if zone is not None and _is_zone(zone)
        }
        lost = [
            names.get(number) or str(number)
            for number in ids
            if number in needed and number not in self._found
        ]
        if lost:
            more = f" and {counted(len(lost) - 3, 'other')}" if len(lost) > 3 else ""
            raise ParameterError(
                f"Procore gives no usable time zone for {', '.join(lost[:3])}{more}. "
                'Give one:  tz="America/New_York"'
            )
