"""`Selection`: which rows of a table are wanted, made from a person's parameters without asking Procore."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.definitions.spec import SCOPE_IDS, TableSpec
from procore_jupyter.tables.parameters import arguments, times
from procore_jupyter.tables.parameters.conditions import sent, sent_as_given, text_of
from procore_jupyter.tables.place import ALL, Place
from procore_jupyter.wording import counted

PAGING = ("page", "per_page")
"""The parameters that choose a page."""

LONGEST_ADDRESS = 6000
"""Characters of an address, at most: servers and proxies take 8,000 as a rule, with what belongs to pages."""

_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_DIGIT = re.compile(r"[0-9]")


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
        The parameters that name rows of other tables; each an id, a tuple of ids, or ``"all"``. Of overlapping ones it may be a
        name in place of an id; None means the only one that there is.
    query : tuple of (str, str)
        The parameters to send, as Procore calls them.
    until_today : bool
        Whether the last day that is asked for is today, as a person named none.
    """

    spec: TableSpec
    company: Any = None
    project: Any = None
    parents: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    until_today: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two selections of the same rows, as long as the same company and project are chosen."""
        return self.spec.name, self.spec.path, self.company, self.project, self.parents, self.query

    def has_to_ask(self, name: str) -> bool:
        """Return whether only the parents' own table can tell which are meant: nobody says which, or says it by a name."""
        wanted = dict(self.parents)[name]
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        return name in self.spec.overlaps and not all(isinstance(one, int) for one in several)

    def facts(self, columns: Sequence[str]) -> Iterator[str]:
        """Give the parts of what is known before fetching: the table, its columns, and the parameters."""
        yield f"Table {self.spec.name}"
        if self.spec.title:
            yield self.spec.title
        if self.spec.scope != "global":
            yield f"by {self.spec.scope}"
        if columns:
            yield counted(len(columns), "column")
        where = (("company_id", self.company), ("project_id", self.project), *self.parents)
        yield from (f"{name}={value}" for name, value in where if value is not None)
        yield from (f"{name}={value}" for name, value in self.query)

    def path(self, place: Place) -> str:
        """Return the address of the rows at a place."""
        values = {name: str(value) for name, value in place.columns.items()}
        return self.spec.path.format_map(values)

    def portions(self, place: Place) -> list[Selection]:
        """Return the selection of each list to ask for at a place: several lists if one address can't hold all values."""
        params = self.params(place)
        before = len(params) - len(self.query)  # what says where the rows are
        return [
            replace(self, query=tuple(portion[before:])) for portion in _portions(self.path(place), params)
        ]

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
        The last day of daily logs to ask for, if no days are given: Procore refuses a day that hasn't begun where the
        company is.

    Raises
    ------
    ParameterError
        A parameter isn't known, is missing, or has a value that it doesn't take.
    """
    left = {name: value for name, value in given.items() if value is not None}
    raw = _taken_over(spec, left, arguments.pairs(left.pop("params", None)))
    company, project = _scope(spec, left)
    parents = []
    for name in spec.parents:
        if name in left:
            parents.append((name, _parent(spec, name, left.pop(name))))
        elif name in spec.overlaps:
            parents.append((name, None))
        else:
            raise ParameterError(_missing(spec, name))
    query = [*spec.fixed.items()]
    for name in spec.required:
        if name not in spec.parents:
            if name not in left:
                raise ParameterError(_missing(spec, name))
            query.append((name, text_of(f"{name} of {spec.name}", left.pop(name))))
    if spec.default_view and spec.view_param not in left and spec.view_param not in dict(raw):
        query.append((spec.view_param, spec.default_view))
    query += times.days(spec, left, today)
    for name, value in left.items():
        if name not in spec.dates:
            query += sent(spec, name, value)
    return _selection(spec, company, project, parents, query, raw, times.until_today(spec, left))


def selection_at(
    spec: TableSpec,
    held: Mapping[str, str],
    params: Sequence[tuple[str, Any]],
    more: Mapping[str, Any],
    *,
    today: datetime.date,
) -> Selection:
    """Return the selection of a list that is named by its address.

    Parameters
    ----------
    spec : TableSpec
        What is known of the list.
    held : mapping
        The parameters that the address itself holds.
    params : sequence of (str, object)
        Parameters that are sent as they are; but those that say where rows are may be names, or several.
    more : mapping
        Further ones of them; or conditions by the names that they have here, as for `selection_of`.
    today : datetime.date
        As `selection_of`.

    Raises
    ------
    ParameterError
        A parameter has a value that can't be sent, or contradicts the address.
    """
    left = {name: value for name, value in more.items() if value is not None}
    raw = _taken_over(spec, left, params)
    # What stands in an address is an id, and no name.
    spec = replace(spec, overlaps={name: one for name, one in spec.overlaps.items() if name not in held})
    for name, value in held.items():
        if name in left and str(_where(spec, name, left[name])) != str(_where(spec, name, value)):
            raise ParameterError(
                f"The address has {name} {value}, but {name}={left[name]!r:.60} is another one."
            )
        left[name] = value
    company, project = _scope(spec, left)
    parents = [(name, _parent(spec, name, left.pop(name))) for name in spec.parents if name in left]
    query = times.days(spec, left, today)
    known = {name for name, one in spec.filters.items() if one.param != name}
    for name, value in left.items():
        if name in known:
            query += sent(spec, name, value)
        elif name not in spec.dates:
            raw.append((name, value))
    return _selection(spec, company, project, parents, query, raw, times.until_today(spec, left))


def _taken_over(
    spec: TableSpec, left: dict[str, Any], params: Sequence[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    """Take those of `params` over into `left` that say which rows, and where; return the others, to be sent as they are."""
    ours = {*spec.place_columns, *spec.dates}
    rest: dict[str, list[Any]] = {}
    for name, value in params:
        rest.setdefault(name, []).append(value)
    for name in [*rest]:
        if name in PAGING:
            raise ParameterError(
                f"{name} can't be given: all pages are read. PageSize=… in the connection sets the rows per request."
            )
        if name in ours:
            if name in left:
                raise ParameterError(f"{name} of {spec.name} is given twice, once in params.")
            given = rest.pop(name)
            left[name] = given[0] if len(given) == 1 else given
    return [(name, value) for name, several in rest.items() for value in several]


def _selection(
    spec: TableSpec,
    company: Any,
    project: Any,
    parents: Sequence[tuple[str, Any]],
    query: Sequence[tuple[str, str]],
    raw: Sequence[tuple[str, Any]],
    until_today: bool,
) -> Selection:
    """Return the selection. Raises ParameterError if something would be sent twice."""
    as_given = sent_as_given(spec, raw)
    sent_already = {name.removesuffix("[]"): (name, value) for name, value in query}
    for one, _ in as_given:
        name, value = sent_already.get(one.removesuffix("[]"), ("", ""))
        if name:
            raise ParameterError(
                f"{spec.name} already sends {name}={value:.60}, so params can't contain it too."
            )
    found = Selection(spec, company, project, tuple(parents), (*query, *as_given), until_today)
    _portions(spec.path, found.query)  # what is too long is said before anything is asked
    return found


def _portions(path: str, params: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Return parameters, shared out over as many addresses as they need.

    Raises
    ------
    ParameterError
        A single value is too long for an address, or several are that belong together.
    """
    if len(path) + len(urlencode(params)) <= LONGEST_ADDRESS:
        return [[*params]]
    several: dict[str, list[tuple[str, str]]] = {}
    for pair in params:
        if pair[0].endswith("[]"):  # any of the values may hold, so a part of them can be asked for by itself
            several.setdefault(pair[0], []).append(pair)
    name, values = max(
        several.items(), key=lambda one: len(urlencode(one[1])) * (len(one[1]) > 1), default=("", [])
    )
    half = len(values) // 2
    if not half:
        longest = max(params, key=lambda pair: len(pair[1]))[0]
        raise ParameterError(
            f"{longest} is too long to send, or has too many values: an address can have {LONGEST_ADDRESS:,} characters. "
            "Ask for fewer at a time."
        )
    others = [pair for pair in params if pair[0] != name]
    parts = (values[:half], values[half:])
    return [portion for part in parts for portion in _portions(path, [*others, *part])]


def _scope(spec: TableSpec, left: dict[str, Any]) -> tuple[Any, Any]:
    """Take company and project out of the parameters: ``project_id`` or ``project``, whichever is given."""
    found = []
    for name in SCOPE_IDS:
        short = name.removesuffix("_id")
        given = [one for one in (name, short) if one in left] if name in spec.place_columns else []
        if len(given) > 1:
            raise ParameterError(f"{spec.name} accepts {name} or {short}, not both.")
        found.append(_where(spec, given[0], left.pop(given[0])) if given else None)
    return found[0], found[1]


def _where(spec: TableSpec, name: str, value: Any) -> Any:
    """Return what a parameter says about where rows are: of a project, an id, a name, or a tuple of these."""
    if name in spec.parents:
        return _parent(spec, name, value)
    what = f"{name} of {spec.name}"
    found = arguments.values(what, value)
    if not isinstance(found, tuple):
        return arguments.id_or_name(what, found)
    if not found:
        raise ParameterError(f'{what} is an empty list. "all active" means all of them.')
    several = {
        str(each).strip().casefold(): each for each in (arguments.id_or_name(what, one) for one in found)
    }
    if len(several) > 1 and name.startswith("company"):
        raise ParameterError(f"{what} accepts one company, not {len(several)}.")
    return tuple(several.values()) if name.startswith("project") else next(iter(several.values()))


def _parent(spec: TableSpec, name: str, value: Any) -> Any:
    """Return an id, a tuple of ids, or `ALL`; a name in place of an id, where people may give one."""
    found = arguments.values(f"{name} of {spec.name}", value)
    if isinstance(found, tuple):
        if not found:
            raise ParameterError(f"{name} of {spec.name} is an empty list, which matches no rows.")
        return tuple({str(one): one for one in (_one_parent(spec, name, each) for each in found)}.values())
    if isinstance(found, str) and found.strip().lower() == ALL and name.endswith("id"):
        if not spec.parents[name]:
            raise ParameterError(f"{name} of {spec.name} needs ids: 'all' doesn't work here.")
        return ALL
    return _one_parent(spec, name, found)


def _one_parent(spec: TableSpec, name: str, value: Any) -> int | str:
    """Return an id; or a text that may be a name, where people may give one."""
    if name in spec.overlaps and isinstance(value, str) and value.strip() and arguments.whole(value) is None:
        return value.strip()
    return segment(spec, name, value)


def segment(spec: TableSpec, name: str, value: Any) -> int | str:
    """Return a value that goes into an address: a whole number, or letters and digits.

    Raises
    ------
    ParameterError
        The value is neither; or it is a name where an id is wanted.
    """
    number = arguments.whole(value)
    if number is not None and 0 < number <= arguments.LARGEST_ID:
        return number
    if isinstance(value, str) and _SEGMENT.fullmatch(value.strip()):
        text = value.strip()
        if text.strip(".") and (_DIGIT.search(text) or not name.endswith("id")):
            return text
    raise ParameterError(f"{name} of {spec.name} must be an id, not {value!r:.60}.")


def _missing(spec: TableSpec, name: str) -> str:
    of = spec.parents.get(name)
    if not of:
        given = f"{name}=…" if name.isidentifier() else f"**{{{name!r}: …}}"
        return f"{spec.name} needs {name}:  procore.table({spec.name!r}, {given})"
    columns = {one.partition(".")[2] for one in of}
    tables = " or ".join(one.partition(".")[0] for one in of)
    return (
        f"{spec.name} needs {name}, an {' or '.join(columns)} of {tables}:  procore.table({spec.name!r}, {name}=…)  "
        f'or  {name}="all"  for all of them (a request each)'
    )
