"""`Selection`: which rows of a table are wanted, from the parameters that a person gives; read without asking anybody."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.definitions.spec import DATES, Filter, TableSpec
from procore_jupyter.wording import nearest

Named = tuple[int, str]
"""An id and a name; the name may be empty."""

ALL, ALL_ACTIVE = "all", "all active"

SEVERAL = (list, tuple, set, frozenset, range)
"""What several values are given in."""

FIRST_DAY = "2000-01-01"
"""Days are asked for from here on where none are given."""

DAYS_AHEAD = 366
"""… and up to so many days from today: a log may be made for a day to come."""

BEGINNING, END = "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
"""The ends of a range that is open on one side."""


@dataclass(frozen=True)
class Place:
    """Where rows are: a company, a project, rows of another table.

    Parameters
    ----------
    company, project : (int, str) or None
        Id and name.
    parents : tuple of (str, int or str)
        Parameters and values of the rows of other tables that it belongs to.
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
        """The columns that it gives to each of its rows."""
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
    company, project : object
        As given; None: the chosen ones.
    parents : tuple of (str, object)
        As given.
    query : tuple of (str, str)
        Parameters that are sent.
    """

    spec: TableSpec
    company: Any = None
    project: Any = None
    parents: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What two selections of the same rows have in common, as long as the chosen company and project are the same."""
        return (
            self.spec.name,
            self.spec.path,
            _frozen(self.company),
            _frozen(self.project),
            _frozen(self.parents),
            self.query,
        )

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
    """Return what the parameters mean.

    Parameters
    ----------
    spec : TableSpec
        The table.
    given : mapping
        By name: ``project_id``, ``company_id``, parents, filters, ``view``, ``sort``, dates; ``params`` with whatever
        else is to be sent.
    today : datetime.date
        For tables of days.

    Raises
    ------
    ConfigurationError
        A parameter isn't known, is missing, or has a value that it doesn't take.
    """
    left = {name: _plain(value) for name, value in given.items() if value is not None}
    raw = left.pop("params", None) or {}
    company = left.pop("company_id", None) if spec.scope != "global" else None
    project = left.pop("project_id", None) if spec.scope == "project" else None
    parents = []
    for name in spec.parents:
        if name not in left:
            raise ConfigurationError(_missing(spec, name))
        parents.append((name, _parent(spec, name, left.pop(name))))
    query = [*spec.fixed.items()]
    for name in spec.required:
        if name not in spec.parents:
            if name not in left:
                raise ConfigurationError(_missing(spec, name))
            query.append((name, _text(spec, name, left.pop(name))))
    if spec.default_view and spec.view_param not in left:
        query.append((spec.view_param, spec.default_view))
    if spec.dates and not any(name in left for name in DATES):
        last = today + datetime.timedelta(days=DAYS_AHEAD)
        query += [("start_date", FIRST_DAY), ("end_date", last.isoformat())]
    for name, value in left.items():
        query += _parameter(spec, name, value)
    pairs = raw.items() if isinstance(raw, Mapping) else raw
    for name, value in pairs:
        value = _plain(value)
        values = value if isinstance(value, SEVERAL) else [value]
        query += [(str(name), _text(spec, str(name), one)) for one in values]
    return Selection(spec, _frozen(company), _frozen(project), tuple(parents), tuple(query))


def _parameter(spec: TableSpec, name: str, value: Any) -> list[tuple[str, str]]:
    found = spec.filters.get(name)
    if found is not None:
        return _filter(spec, found, value)
    if spec.dates and name in DATES:
        return [(name, _day(name, value))]
    if spec.views and name == spec.view_param:
        if value not in spec.views:
            raise ConfigurationError(
                f"{spec.name} has no {name} {value!r:.60}. It has {', '.join(spec.views)}."
            )
        return [(name, str(value))]
    if spec.sort and name == "sort":
        return _sort(spec, str(value))
    known = spec.parameters
    meant = nearest(name, known)
    hint = (
        f"Did you mean {meant}?" if meant else f"It takes {', '.join(known)}." if known else "It takes none."
    )
    raise ConfigurationError(
        f"{spec.name} takes no {name!r:.60}. {hint} What the API takes besides goes into params={{…}}."
    )


def _filter(spec: TableSpec, found: Filter, value: Any) -> list[tuple[str, str]]:
    if found.range:
        return [(found.param, _range(found, value))]
    if isinstance(value, SEVERAL):
        if not found.several:
            raise ConfigurationError(f"{found.name} of {spec.name} takes one value, and not several.")
        values = [*value]
        if not values:
            raise ConfigurationError(f"{found.name} of {spec.name} is an empty list: no row can be meant.")
    else:
        values = [value]
    texts = [_chosen(spec, found, one) for one in values]
    param = found.param
    if found.several and not param.endswith("[]"):
        param += "[]"
    return [(param, one) for one in texts]


def _chosen(spec: TableSpec, found: Filter, value: Any) -> str:
    if found.kind in ("id", "int") and isinstance(value, float) and value.is_integer():
        value = int(value)  # a data frame's ids, where some are missing
    text = _day(found.name, value) if found.kind == "date" else _text(spec, found.name, value)
    if found.choices and text not in {str(one) for one in found.choices}:
        named = [str(one) for one in found.choices]
        meant = nearest(text, named)
        hint = f"did you mean {meant}?" if meant else f"it takes {', '.join(named)}."
        raise ConfigurationError(
            f"{found.name} of {spec.name} is not known to take {text!r:.60}: {hint} "
            f"Where you know better:  params={{{found.param!r}: {text!r:.60}}}"
        )
    return text


def _range(found: Filter, value: Any) -> str:
    """Return both ends of a range, as Procore writes them: three dots between, and both in it (its filtering guide)."""
    if isinstance(value, str) and "..." in value:
        return value
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ConfigurationError(
            f'{found.name} takes a range, from and to:  {found.name}=("2026-11-01", "2026-11-30")  (None leaves an end open)'
        )
    since, until = value
    if found.kind == "date":
        ends = _day(found.name, since or BEGINNING[:10]), _day(found.name, until or END[:10])
    else:
        ends = _moment(found.name, since, BEGINNING, last=False), _moment(found.name, until, END, last=True)
    return "...".join(ends)


def _moment(name: str, value: Any, otherwise: str, *, last: bool) -> str:
    """Return a time in UTC; of a day, its first second or its last."""
    if value is None:
        return otherwise
    if isinstance(value, str):
        try:
            value = (
                datetime.date.fromisoformat(value)
                if len(value) == 10
                else datetime.datetime.fromisoformat(value)
            )
        except ValueError:
            raise ConfigurationError(
                f'{name} has a time that can\'t be read: {value!r:.60}. Write it as "2026-11-30" or "2026-11-30T17:00:00Z".'
            ) from None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        if last and value.microsecond:  # what comes within that second is meant too
            value += datetime.timedelta(seconds=1)
        return f"{value.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T{'23:59:59' if last else '00:00:00'}Z"
    raise ConfigurationError(f"{name} takes dates and times, not {type(value).__name__}.")


def _day(name: str, value: Any) -> str:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ConfigurationError(f'{name} takes a day such as "2026-11-30", not {value!r:.60}.') from None


def _sort(spec: TableSpec, value: str) -> list[tuple[str, str]]:
    if spec.sort != "sort[attribute]":
        return [(spec.sort, value)]
    direction = "desc" if value.startswith("-") else "asc"
    return [("sort[attribute]", value.lstrip("-")), ("sort[direction]", direction)]


def _parent(spec: TableSpec, name: str, value: Any) -> Any:
    if isinstance(value, SEVERAL):
        return tuple(_segment(spec, name, one) for one in value)
    if value == ALL and spec.parents[name]:
        return ALL
    return _segment(spec, name, value)


def _segment(spec: TableSpec, name: str, value: Any) -> int | str:
    """Return a value that goes into an address: a number, or letters and digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a data frame's ids, where some are missing
    text = str(value)
    if (
        not isinstance(value, (int, str))
        or isinstance(value, bool)
        or not text
        or not all(c.isalnum() or c in "_-." for c in text)
        or set(text) == {"."}
    ):
        raise ConfigurationError(f"{name} of {spec.name} takes an id, not {value!r:.60}.")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else text


def _text(spec: TableSpec, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return _moment(name, value, "", last=False)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ConfigurationError(
        f"{name} of {spec.name} takes text, numbers and dates, not {type(value).__name__}."
    )


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


def _plain(value: Any) -> Any:
    """Return NumPy's, pandas' and Arrow's values, as they come out of a data frame, as Python has them."""
    for method in ("to_pylist", "as_py", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    return value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, SEVERAL) else value
