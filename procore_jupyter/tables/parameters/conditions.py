"""Conditions: the values of a table's parameters, made into what Procore's API takes."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.definitions.spec import Filter, TableSpec
from procore_jupyter.tables.parameters import arguments, times
from procore_jupyter.wording import is_near_miss, nearest, one_line

FEW_FILTERS = 10
"""Filters that a message names."""

SWITCHES = {"true": "true", "false": "false", "1": "true", "0": "false"}
"""The texts of true and false, and what is sent for them."""


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
    if spec.views and name == spec.view_param:
        if value not in spec.views:
            raise ParameterError(f"{spec.name} has no {name} {value!r:.60}. It has {', '.join(spec.views)}.")
        return [(name, str(value))]
    if spec.sort and name == "sort":
        return _sort(spec, value)
    every = (*spec.parameters, *(one.removesuffix("_id") for one in spec.place_columns))
    meant = nearest(name, every) if is_near_miss(name, every) else None
    known = [one for one in spec.parameters if one not in spec.place_columns]
    more = f" and {len(known) - FEW_FILTERS} more" if len(known) > FEW_FILTERS else ""
    its = f"Its filters: {', '.join(known[:FEW_FILTERS])}{more}. " if known else ""
    raise ParameterError(
        f"{spec.name} can't be filtered by {one_line(name)}. {f'Did you mean {meant}? ' if meant else its}"
        "Filter the data frame, or pass API parameters in params={…}."
    )


def _filter(spec: TableSpec, found: Filter, value: Any) -> list[tuple[str, str]]:
    if found.range:
        return [(found.param, times.range_of(found.name, found.kind, value))]
    what = f"{found.name} of {spec.name}"
    given = arguments.values(what, value)
    if isinstance(given, tuple):
        if not found.several:
            raise ParameterError(f"{what} accepts one value, not several.")
        if not given:
            raise ParameterError(f"{what} is an empty list, which matches no rows.")
    several = given if isinstance(given, tuple) else (given,)
    param = found.param if not found.several or found.param.endswith("[]") else f"{found.param}[]"
    return [(param, text) for text in dict.fromkeys(_chosen(found, what, each) for each in several)]


def _chosen(found: Filter, what: str, value: Any) -> str:
    """Return a value as it is sent. Raises ParameterError if it can't be one of the condition's kind."""
    text = _of_kind(found.kind, what, value)
    if found.choices and text not in {str(each) for each in found.choices}:
        named = [str(each) for each in found.choices]
        meant = nearest(text, named)
        hint = f"did you mean {meant}?" if meant else f"use one of {', '.join(named)}."
        raise ParameterError(f"{what} doesn't know {text!r:.60}: {hint} {_escape(found, text)}")
    return text


def _of_kind(kind: str, what: str, value: Any) -> str:
    if kind == "id":
        return str(arguments.id_of(what, value))
    if kind == "date":
        return times.day(what, value)
    if kind == "timestamp":
        return times.moment(what, value)
    text = text_of(what, value)
    if not text.strip():
        raise ParameterError(f"{what} is empty: leave it out.")
    if kind == "bool" and text.lower() not in SWITCHES:
        raise ParameterError(f"{what} must be True or False, not {value!r:.60}.")
    if kind == "int" and arguments.whole(value) is None:
        raise ParameterError(f"{what} must be a whole number, not {value!r:.60}.")
    return SWITCHES[text.lower()] if kind == "bool" else text


def _escape(found: Filter, text: str) -> str:
    return f"To send it anyway:  params={{{found.param!r}: {text!r:.60}}}"


def _sort(spec: TableSpec, value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, str) or not value.strip("- "):
        raise ParameterError(
            f'sort of {spec.name} must be one column, or "-" and a column for descending order, not {value!r:.60}.'
        )
    if spec.sort != "sort[attribute]":
        return [(spec.sort, value)]
    direction = "desc" if value.startswith("-") else "asc"
    return [("sort[attribute]", value.lstrip("-")), ("sort[direction]", direction)]


def sent_as_given(spec: TableSpec, params: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return parameters as they are sent, whatever the table is known to take."""
    found = []
    for name, value in params:
        what = f"{name} of {spec.name}"
        given = arguments.values(what, value)
        several = given if isinstance(given, tuple) else (given,)
        found += [(name, text_of(what, each)) for each in several]
    return found


def text_of(what: str, value: Any) -> str:
    """Return one value as a text. Raises ParameterError if it is missing, or no text, number or time."""
    value = arguments.one(what, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return times.moment(what, value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, int, UUID)) or (isinstance(value, (float, Decimal)) and math.isfinite(value)):
        return str(value)
    if isinstance(value, Mapping):
        hint = f" Give its parts as separate parameters, such as  {what.partition(' ')[0]}[…]."
    else:
        hint = ""
    raise ParameterError(f"{what} must be text, a number or a date, not {type(value).__name__}.{hint}")
