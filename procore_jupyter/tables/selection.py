"""`Selection`: which rows of a table are wanted, made from a person's parameters without asking Procore."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.conditions import (
    SEVERAL,
    check_present,
    pairs,
    plain,
    sent,
    sent_as_given,
    text_of,
    values_of,
)
from procore_jupyter.tables.definitions.spec import DATES, SCOPE_IDS, TableSpec

Named = tuple[int, str]
"""An id and a name; the name may be empty."""

ALL = "all"
"""As a project: all projects. As a parent: all rows of its table."""

ALL_ACTIVE = "all active"
"""As a project: all active projects."""

FIRST_DAY = "2000-01-01"
"""The first day of daily logs to ask for, if no days are given."""

DAYS_AHEAD = 366
"""Days from today to the last day of daily logs to ask for: a log may be made for a day to come."""


@dataclass(frozen=True)
class Place:
    """Where rows are: in a company, in a project, below rows of other tables.

    Parameters
    ----------
    company, project : (int, str) or None
        Id and name.
    parents : tuple of (str, int or str)
        The parameters that name the rows of other tables, and their values.
    """

    company: Named | None = None
    project: Named | None = None
    parents: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        parts: list[str] = []
        for what, one in (("project", self.project), ("company", self.company)):
            if one is not None and not parts:
                parts.append(f"{what} {one[0]} {one[1]}".strip())
        parts += [f"{name.removesuffix('_id').replace('_', ' ')} {value}" for name, value in self.parents]
        return " · ".join(parts)

    @property
    def columns(self) -> dict[str, int | str]:
        """The columns that say where a row is, and their values."""
        found: dict[str, int | str] = {}
        if self.company is not None:
            found["company_id"] = self.company[0]
        if self.project is not None:
            found["project_id"] = self.project[0]
        return found | dict(self.parents)


@dataclass(frozen=True)
class Selection:
    """Rows of a table.

    Parameters
    ----------
    spec : TableSpec
        The table.
    company : object
        An id or a name; None means the chosen company.
    project : object
        An id, a name, a tuple of these, ``"all active"`` or ``"all"``; None means the chosen project.
    parents : tuple of (str, object)
        The parameters that name rows of other tables; each an id, a tuple of ids, or ``"all"``.
    query : tuple of (str, str)
        The parameters to send, as Procore calls them.
    """

    spec: TableSpec
    company: Any = None
    project: Any = None
    parents: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two selections of the same rows, as long as the same company and project are chosen."""
        return self.spec.name, self.spec.path, self.company, self.project, self.parents, self.query

    def path(self, place: Place) -> str:
        """Return the address of the rows at a place."""
        values = {name: str(value) for name, value in place.columns.items()}
        return self.spec.path.format_map(values)

    def params(self, place: Place) -> list[tuple[str, str]]:
        """Return the parameters for the rows at a place."""
        columns, in_path = place.columns, self.spec.in_path
        scope = [(name, str(columns[name])) for name in self.spec.query if name in columns]
        parents = [
            (name, str(value))
            for name, value in place.parents
            if name not in in_path and name not in self.spec.query
        ]
        return [*scope, *parents, *self.query]


def selection_of(spec: TableSpec, given: Mapping[str, Any], *, today: datetime.date) -> Selection:
    """Return the selection that parameters of a table mean.

    Parameters
    ----------
    spec : TableSpec
        The table.
    given : mapping
        Values by name: ``project_id`` or ``project``, ``company_id`` or ``company``, parents, filters, ``view``,
        ``sort``, days; ``params`` holds whatever else is to be sent. None means that a parameter isn't given.
    today : datetime.date
        The day up to which daily logs are made.

    Raises
    ------
    ParameterError
        A parameter isn't known, is missing, or has a value that it doesn't take.
    """
    left = {name: plain(value) for name, value in given.items() if value is not None}
    raw = left.pop("params", None)
    for name, value in left.items():
        check_present(spec, name, value)
    company = _scope(spec, left, "company") if spec.scope != "global" else None
    project = _scope(spec, left, "project") if spec.scope == "project" else None
    parents = []
    for name in spec.parents:
        if name not in left:
            raise ParameterError(_missing(spec, name))
        parents.append((name, _parent(spec, name, left.pop(name))))
    query = [*spec.fixed.items()]
    for name in spec.required:
        if name not in spec.parents:
            if name not in left:
                raise ParameterError(_missing(spec, name))
            query.append((name, text_of(spec, name, left.pop(name))))
    if spec.default_view and spec.view_param not in left:
        query.append((spec.view_param, spec.default_view))
    query += _all_days(spec, left, today)
    for name, value in left.items():
        query += sent(spec, name, value)
    query += sent_as_given(spec, pairs(raw))
    return Selection(spec, company, project, tuple(parents), tuple(query))


def selection_at(
    spec: TableSpec, held: Mapping[str, str], given: Iterable[tuple[str, Any]], *, today: datetime.date
) -> Selection:
    """Return the selection of a list that is named by its address.

    Parameters
    ----------
    spec : TableSpec
        What is known of the list.
    held : mapping
        The parameters that the address itself holds.
    given : iterable of (str, object)
        Other parameters, which are sent as they are; but those that say where rows are may be names, or several.
    today : datetime.date
        As `selection_of`.

    Raises
    ------
    ParameterError
        A parameter has a value that can't be sent.
    """
    left = [(name, value) for name, value in given if value is not None]
    where = {**{name: value for name, value in left if name in spec.place_columns}, **held}
    company, project = (
        _ids_or_names(spec, name, where[name]) if name in where else None for name in SCOPE_IDS
    )
    parents = tuple((name, _parent(spec, name, where[name])) for name in spec.parents if name in where)
    rest = [(name, value) for name, value in left if name not in spec.place_columns]
    query = [*_all_days(spec, dict(rest), today), *sent_as_given(spec, rest)]
    return Selection(spec, company, project, parents, tuple(query))


def _all_days(spec: TableSpec, given: Mapping[str, Any], today: datetime.date) -> list[tuple[str, str]]:
    """Return the parameters that ask for all days, for daily logs of which no days are given."""
    if not spec.dates or any(name in given for name in DATES):
        return []
    last = today + datetime.timedelta(days=DAYS_AHEAD)
    return [("start_date", FIRST_DAY), ("end_date", last.isoformat())]


def _scope(spec: TableSpec, left: dict[str, Any], what: str) -> Any:
    """Take the company or project out of the parameters: ``project_id`` or ``project``, whichever is given."""
    given = [name for name in (f"{what}_id", what) if name in left]
    if len(given) > 1:
        raise ParameterError(f"{spec.name} takes {what}_id or {what}, and not both.")
    return _ids_or_names(spec, given[0], left.pop(given[0])) if given else None


def _ids_or_names(spec: TableSpec, name: str, value: Any) -> Any:
    """Return a company's or project's id or name; or those of several projects, as a tuple."""
    found = values_of(spec, name, value)
    if found == ():
        raise ParameterError(f'{name} is an empty list. "all active" means all of them.')
    several = isinstance(found, tuple) and name.startswith("project")
    for one in found if several else [found]:
        if isinstance(one, bool) or not isinstance(one, (int, str)):
            raise ParameterError(f"An id or a name is wanted, not {type(one).__name__}.")
    return found


def _parent(spec: TableSpec, name: str, value: Any) -> Any:
    if isinstance(value, SEVERAL):
        return tuple(_segment(spec, name, one) for one in values_of(spec, name, value))
    if value == ALL and spec.parents[name]:
        return ALL
    return _segment(spec, name, value)


def _segment(spec: TableSpec, name: str, value: Any) -> int | str:
    """Return a value that goes into an address: a number, or letters and digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a data frame's ids are floats if some are missing
    text = str(value)
    if (
        not isinstance(value, (int, str))
        or isinstance(value, bool)
        or not text
        or not all(c.isalnum() or c in "_-." for c in text)
        or set(text) == {"."}
    ):
        raise ParameterError(f"{name} of {spec.name} takes an id, not {value!r:.60}.")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else text


def _missing(spec: TableSpec, name: str) -> str:
    of = spec.parents.get(name, "")
    if not of:
        given = f"{name}=…" if name.isidentifier() else f"**{{{name!r}: …}}"
        return f"{spec.name} needs {name}:  procore.table({spec.name!r}, {given})"
    table, _, column = of.partition(".")
    return (
        f"{spec.name} needs {name}, an {column} of {table}:  procore.table({spec.name!r}, {name}=…)  "
        f'or  {name}="all"  for all of them (a request each)'
    )
