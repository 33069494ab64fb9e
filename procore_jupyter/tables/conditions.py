"""Conditions: the values of parameters as people have them at hand, made into what Procore's API takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.definitions.spec import DATES, Filter, TableSpec
from procore_jupyter.wording import nearest

SEVERAL = (list, tuple, set, frozenset, range)
"""The types that hold several values of one parameter."""

BEGINNING = "1970-01-01T00:00:00Z"
"""The first end of a range that is open there."""

END = "2100-01-01T00:00:00Z"
"""The last end of a range that is open there."""


def sent(spec: TableSpec, name: str, value: Any) -> list[tuple[str, str]]:
    """Return a parameter of a table as it is sent: the API's names, and texts.

    Raises
    ------
    ParameterError
        The table takes no such parameter, or not this value.
    """
    found = spec.filters.get(name)
    if found is not None:
        return _filter(spec, found, value)
    if spec.dates and name in DATES:
        return [(name, _day(name, value))]
    if spec.views and name == spec.view_param:
        if value not in spec.views:
            raise ParameterError(f"{spec.name} has no {name} {value!r:.60}. It has {', '.join(spec.views)}.")
        return [(name, str(value))]
    if spec.sort and name == "sort":
        return _sort(spec, str(value))
    known = spec.parameters
    meant = nearest(name, known)
    hint = (
        f"Did you mean {meant}?" if meant else f"It takes {', '.join(known)}." if known else "It takes none."
    )
    raise ParameterError(
        f"{spec.name} takes no {name!r:.60}. {hint} What the API takes besides goes into params={{…}}."
    )


def _filter(spec: TableSpec, found: Filter, value: Any) -> list[tuple[str, str]]:
    if found.range:
        return [(found.param, _range(found, value))]
    if isinstance(value, SEVERAL):
        if not found.several:
            raise ParameterError(f"{found.name} of {spec.name} takes one value, and not several.")
        if not len(value):
            raise ParameterError(f"{found.name} of {spec.name} is an empty list: no row can be meant.")
        texts = [_chosen(spec, found, one) for one in values_of(spec, found.name, value)]
    else:
        texts = [_chosen(spec, found, value)]
    param = found.param
    if found.several and not param.endswith("[]"):
        param += "[]"
    return [(param, one) for one in texts]


def _chosen(spec: TableSpec, found: Filter, value: Any) -> str:
    if found.kind in ("id", "int") and isinstance(value, float) and value.is_integer():
        value = int(value)  # a data frame's ids are floats if some are missing
    text = _day(found.name, value) if found.kind == "date" else text_of(spec, found.name, value)
    if found.choices and text not in {str(one) for one in found.choices}:
        named = [str(one) for one in found.choices]
        meant = nearest(text, named)
        hint = f"did you mean {meant}?" if meant else f"it takes {', '.join(named)}."
        raise ParameterError(
            f"{found.name} of {spec.name} is not known to take {text!r:.60}: {hint} "
            f"Where you know better:  params={{{found.param!r}: {text!r:.60}}}"
        )
    return text


def _range(found: Filter, value: Any) -> str:
    """Return a range as Procore writes it: both ends, which belong to it, with three dots between (its filtering guide)."""
    if isinstance(value, str) and "..." in value:
        return value
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ParameterError(
            f'{found.name} takes a range, from and to:  {found.name}=("2026-11-01", "2026-11-30")  (None leaves an end open)'
        )
    since, until = value
    if any(end is not None and _is_missing(end) for end in value):
        raise ParameterError(
            f"{found.name} has a missing value as an end: {value!r:.60}. None leaves an end open."
        )
    if found.kind == "date":
        ends = _day(found.name, since or BEGINNING[:10]), _day(found.name, until or END[:10])
    else:
        ends = _moment(found.name, since, BEGINNING, last=False), _moment(found.name, until, END, last=True)
    return "...".join(ends)


def _moment(name: str, value: Any, otherwise: str, *, last: bool) -> str:
    """Return a time in UTC; for a day, its first second or its last."""
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
            raise ParameterError(
                f'{name} has a time that can\'t be read: {value!r:.60}. Write it as "2026-11-30" or "2026-11-30T17:00:00Z".'
            ) from None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        if last and value.microsecond:  # rows of that same second are meant too
            value += datetime.timedelta(seconds=1)
        return f"{value.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T{'23:59:59' if last else '00:00:00'}Z"
    raise ParameterError(f"{name} takes dates and times, not {type(value).__name__}.")


def _day(name: str, value: Any) -> str:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ParameterError(f'{name} takes a day such as "2026-11-30", not {value!r:.60}.') from None


def _sort(spec: TableSpec, value: str) -> list[tuple[str, str]]:
    if spec.sort != "sort[attribute]":
        return [(spec.sort, value)]
    direction = "desc" if value.startswith("-") else "asc"
    return [("sort[attribute]", value.lstrip("-")), ("sort[direction]", direction)]


def pairs(params: Any) -> list[tuple[str, Any]]:
    """Return the names and values of a mapping, or of an iterable of pairs; none of None."""
    return [*(params.items() if isinstance(params, Mapping) else params or ())]


def sent_as_given(spec: TableSpec, params: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return parameters as they are sent, whatever the table is known to take."""
    found = []
    for name, value in params:
        value = plain(value)
        values = value if isinstance(value, SEVERAL) else [value]
        found += [(str(name), text_of(spec, str(name), one)) for one in values]
    return found


def text_of(spec: TableSpec, name: str, value: Any) -> str:
    """Return one value as a text. Raises ParameterError if it is missing, or no text, number or time."""
    check_present(spec, name, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return _moment(name, value, "", last=False)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ParameterError(f"{name} of {spec.name} takes text, numbers and dates, not {type(value).__name__}.")


def plain(value: Any) -> Any:
    """Return a value of NumPy, pandas or Arrow as Python's own."""
    for method in ("to_pylist", "as_py", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    return value


def values_of(spec: TableSpec, name: str, value: Any) -> Any:
    """Return one value as it is, and several as a tuple with each value once.

    Raises
    ------
    ParameterError
        A value is missing.
    """
    value = plain(value)
    if not isinstance(value, SEVERAL):
        return _value(spec, name, value)
    found: dict[str, Any] = {}
    for one in value:
        one = _value(spec, name, one)
        found.setdefault(str(one), one)
    return tuple(found.values())


def _value(spec: TableSpec, name: str, value: Any) -> Any:
    value = plain(value)
    check_present(spec, name, value)
    # The ids of a data frame are floats if some are missing.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_present(spec: TableSpec, name: str, value: Any) -> None:
    """Raise ParameterError if a parameter's value is missing: None, a NaN, or pandas' NaT or NA."""
    if _is_missing(value):
        raise ParameterError(
            f"{name} of {spec.name} has a missing value ({value}). Leave it out; of a data frame's column:  .dropna()"
        )


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return value != value
    return value is None or type(value).__name__ in (
        "NaTType",
        "NAType",
    )  # importing pandas takes half a second
