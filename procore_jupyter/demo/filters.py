"""Filters of a list: which ones a query has, and which rows they keep.

Unknown filters are ignored, as in Rails. Values are compared as text. Ranges (``A...B``, both ends included) and days
are compared as moments, or as whole numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from procore_jupyter.demo.company.rows import Row
from procore_jupyter.demo.refusals import Refused

Keep = Callable[[Row], bool]

Behavior = Literal["blind", "exact", "exclusive", "ignored"]
"""How filters compare: as they are thought to, and in other ways that nobody has ruled out (`DemoParameters.filters`)."""

_INSTANT = timedelta(microseconds=1)
_NEVER_IGNORED = ("by_status", "document_type")

_NAME = re.compile(r"filters\[(\w+)\](?:\[(\w*)\])?$")
# Filters that look for words in all texts of a row.
_WORDS = ("query", "search", "search_with_code")
# Filters for deleted rows. No row is deleted here, so they keep every row or none.
_DELETED = ("include_deleted", "deleted")

Wanted = Mapping[tuple[str, str], tuple[str, ...]]
"""The values of each filter, by its name and the word in brackets behind it (``gt``, ``not`` or nothing)."""


def filters_of(query: Mapping[str, Sequence[bytes]], known: Iterable[str]) -> Wanted:
    """Return the known filters that a query has.

    Parameters
    ----------
    query : mapping
        The query's parameters, not decoded yet.
    known : iterable of str
        The names of the list's filters.
    """
    names, found = set(known), {}
    for parameter, values in query.items():
        parts = _NAME.match(parameter)
        if parts is None or parts[1] not in names:
            continue
        texts = [value.decode(errors="replace") for value in values]
        single = parts[2] is None
        # The last of a repeated parameter counts, unless the name is marked as a list's.
        found[parts[1], parts[2] or ""] = tuple(_listed(texts[-1]) if single else texts)
    return found


def _listed(text: str) -> list[str]:
    """Return the values in a JSON array, or the text itself as the only value."""
    if text.startswith("["):
        try:
            return [str(value) for value in json.loads(text)]
        except ValueError:
            return [text]
    return [text]


def keeper(wanted: Wanted, places: Mapping[str, tuple[str, ...]], behavior: Behavior = "blind") -> Keep:
    """Return a function that tells whether all filters keep a row.

    Parameters
    ----------
    wanted : mapping
        The filters, as `filters_of` returns them.
    places : mapping
        The fields that each filter looks at.
    behavior : str
        How they compare.

    Raises
    ------
    Refused
        A range can't be read.
    """
    keeps = [
        _one(name, behind, values, places.get(name, (name,)), behavior)
        for (name, behind), values in wanted.items()
        if behavior != "ignored" or name in _NEVER_IGNORED
    ]
    return lambda row: all(keep(row) for keep in keeps)


def _one(
    name: str, behind: str, values: tuple[str, ...], places: tuple[str, ...], behavior: Behavior
) -> Keep:
    if name in _DELETED:
        only = values[-1:] == ("only",)
        return lambda row: not only
    if name in _WORDS:
        words = values[-1].casefold()
        return lambda row: any(words in text.casefold() for text in row.values() if isinstance(text, str))
    matches = _values_match(name, values, behavior)
    if behind == "gt":
        after = _moments(values[-1], name)[1]
        return lambda row: any(_is_after(found, after) for found in _found(row, places))
    if behind == "not" or name.startswith("not_"):
        return lambda row: not any(matches(found) for found in _found(row, places))
    return lambda row: any(matches(found) for found in _found(row, places))


def _found(row: Row, places: tuple[str, ...]) -> Iterable[Any]:
    """Return the values of a row that a filter looks at."""
    for place in places:
        if place in row:
            yield from _leaves(row[place], ())
        elif "." in place:
            first, *rest = place.split(".")
            yield from _leaves(row.get(first), rest)
        elif place.endswith("_id"):
            yield from _leaves(row.get(place.removesuffix("_id")), ("id",))


def _leaves(value: Any, path: Sequence[str]) -> Iterable[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _leaves(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _leaves(value.get(path[0]), path[1:])


def _values_match(name: str, values: tuple[str, ...], behavior: Behavior) -> Callable[[Any], bool]:
    if len(values) == 1 and "..." in values[0]:
        return _in_range(name, values[0].strip('"'), exclusive=behavior == "exclusive")
    if len(values) == 1 and _moment(values[0]) is not None:
        first, last = _moments(values[0], name)
        return lambda found: isinstance(found, str) and _is_within(found, first, last)
    texts = {value.casefold() for value in values}
    # True may be written as true or as 1.
    texts |= {"true" for value in texts if value == "1"} | {"false" for value in texts if value == "0"}
    if behavior == "exact":
        return lambda found: str(found) in values if isinstance(found, str) else _text(found) in texts
    return lambda found: _text(found) in texts


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found).casefold() if found is not None else "null"


def _in_range(name: str, text: str, *, exclusive: bool) -> Callable[[Any], bool]:
    first, _, last = text.partition("...")
    if first.strip().isdecimal() and last.strip().isdecimal():
        least, most = int(first), int(last)
        within = range(least + exclusive, most + (not exclusive))
        return lambda found: isinstance(found, int) and found in within
    start, end = _moments(first, name)[0], _moments(last, name)[1]
    if exclusive:  # nor is the day in which it ends
        start, end = start + _INSTANT, _moments(last, name)[0] - _INSTANT
    return lambda found: isinstance(found, str) and _is_within(found, start, end)


def _is_within(found: str, first: datetime, last: datetime) -> bool:
    moment = _moment(found)
    return moment is not None and first <= moment <= last


def _is_after(found: Any, moment: datetime) -> bool:
    given = _moment(found) if isinstance(found, str) else None
    return given is not None and given > moment


def _moment(text: str) -> datetime | None:
    """Return the moment that a text names, in UTC if it has no offset; a day is its beginning. None if it names none."""
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        # A plus sign that wasn't encoded arrives as a space.
        moment = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _moments(text: str, name: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment of the day that a text names, or its moment twice."""
    text = text.strip().strip('"')
    moment = _moment(text)
    if moment is None:
        message = f"{text} is no date or time; ranges are written A...B"
        raise Refused(400, {"errors": {f"filters[{name}]": [message]}})
    if len(text) == len("2026-01-31"):
        return moment, moment + timedelta(days=1) - timedelta(microseconds=1)
    return moment, moment
