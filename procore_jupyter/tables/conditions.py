"""Conditions: the values of a table's parameters, made into what Procore's API takes."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables import arguments, times
from procore_jupyter.tables.definitions.spec import Filter, TableSpec
from procore_jupyter.wording import nearest

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
        return [(found.param, times.range_of(found.name, found.kind, value))]
    what = f"{found.name} of {spec.name}"
    given = arguments.values(what, value)
    if isinstance(given, tuple):
        if not found.several:
            raise ParameterError(f"{what} takes one value, and not several.")
        if not given:
            raise ParameterError(f"{what} is an empty list: no row can be meant.")
    several = given if isinstance(given, tuple) else (given,)
    param = found.param if not found.several or found.param.endswith("[]") else f"{found.param}[]"
    return [(param, text) for text in dict.fromkeys(_chosen(found, what, each) for each in several)]


def _chosen(found: Filter, what: str, value: Any) -> str:
    """Return a value as it is sent. Raises ParameterError if it can't be one of the condition's kind."""
    text = _of_kind(found.kind, what, value)
    if found.choices and text not in {str(each) for each in found.choices}:
        named = [str(each) for each in found.choices]
        meant = nearest(text, named)
        hint = f"did you mean {meant}?" if meant else f"it takes {', '.join(named)}."
        raise ParameterError(f"{what} is not known to take {text!r:.60}: {hint} {_escape(found, text)}")
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
        raise ParameterError(f"{what} is an empty text: leave it out.")
    if kind == "bool" and text.lower() not in SWITCHES:
        raise ParameterError(f"{what} takes True or False, not {value!r:.60}.")
    if kind == "int" and arguments.whole(value) is None:
        raise ParameterError(f"{what} takes a whole number, not {value!r:.60}.")
    return SWITCHES[text.lower()] if kind == "bool" else text


def _escape(found: Filter, text: str) -> str:
    return f"Where you know better:  params={{{found.param!r}: {text!r:.60}}}"


def _sort(spec: TableSpec, value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, str) or not value.strip("- "):
        raise ParameterError(
            f'sort of {spec.name} takes one column, or "-" and a column for the last first, not {value!r:.60}.'
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
        hint = f" Its parts are parameters of their own, as in  {what.partition(' ')[0]}[…]."
    else:
        hint = ""
    raise ParameterError(f"{what} takes text, numbers and dates, not {type(value).__name__}.{hint}")
