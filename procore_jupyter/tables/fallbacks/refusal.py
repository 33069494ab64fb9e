"""What a refusal is about, by its text: the last day, the range of days, conditions; and the way to ask next."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable

from procore_jupyter.session.lists.list_request import TOO_LARGE
from procore_jupyter.tables.fallbacks.condition import Condition, conditions_of
from procore_jupyter.tables.fallbacks.way import Way, at, can_pick, days_of
from procore_jupyter.tables.parameters.selection import Selection

GONE = frozenset({404, 410})
"""HTTP statuses of an address that isn't there: of its version, or of what it is about."""

REFUSED = frozenset({400, 422})
"""HTTP statuses of a request that the API doesn't take as it is."""

WINDOWS = (90, 30)
"""Days a request, one after the other, where a refusal names no number: 91 and 30 at most were seen."""

DAYS_OF = {"day": 1, "week": 7, "month": 28, "quarter": 89, "year": 365}
"""Days that each unit has at least."""

_DAY = datetime.timedelta(days=1)
_RANGE = re.compile(
    r"\brange\b|\bspan|\bwindow\b|\bperiod\b|\bapart\b|\bbetween\b"
    r"|\b\d{1,4}[ -]*(?:calendar[ -])?(?:day|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\b(\d{1,4})[ -]*(?:calendar[ -])?(day|week|month|quarter|year)s?\b", re.IGNORECASE)
_LAST_DAY = re.compile(
    r"\bend[ _-]?date\b|\bend[ _-]?day\b|\bcurrent (?:day|date)\b|\btoday\b|\bfuture\b", re.IGNORECASE
)


def next_way(
    way: Way, selection: Selection, status: int, said: str, today: datetime.date, gone: Iterable[str]
) -> Way | None:
    """Return how to ask for a list that was refused; None if there is no other way.

    Parameters
    ----------
    way : Way
        How it was asked for.
    selection : Selection
        What is wanted of it.
    status : int
        The HTTP status of the refusal.
    said : str
        What the refusal said.
    today : datetime.date
        The day in the westernmost time zone, by the clock of who refused.
    gone : iterable of str
        The addresses that aren't there or fail, its own among them if it does.
    """
    if status in GONE or status in TOO_LARGE:
        return _elsewhere(way, selection, gone, failing=status in TOO_LARGE)
    if status not in REFUSED:
        return None
    of_days = days_of(selection) is not None and (_RANGE.search(said) or _LAST_DAY.search(said))
    if not of_days:
        return _other_conditions(way, selection, said)
    fewer = _fewer_days(way, selection, said) if _RANGE.search(said) else None
    return fewer or (_earlier(way, selection, today) if _LAST_DAY.search(said) else None)


def _elsewhere(way: Way, selection: Selection, gone: Iterable[str], *, failing: bool) -> Way | None:
    """Return the way to another address, if each condition is heeded there or can be picked out here."""
    spec = selection.spec
    others = [one for one in spec.alternates if one.when == "fails" or not failing]
    specs = (spec, *(at(spec, other) for other in others))
    ways = [dataclasses.replace(way, spec=one) for one in specs]
    return next((way for way in ways if way.spec.path not in gone and can_pick(way, selection)), None)


def _fewer_days(way: Way, selection: Selection, said: str) -> Way | None:
    if not selection.spec.key:
        # Rows without a key are sums over the days: those of parts aren't those of the whole.
        return None
    first, last = way.windows(selection)[0]
    asked = (last - first).days + 1
    named = [int(number) * DAYS_OF[unit.lower()] for number, unit in _LENGTH.findall(said)]
    fewer = next((days for days in (*named, *WINDOWS) if 0 < days < asked), None)
    return None if fewer is None else dataclasses.replace(way, at_a_time=fewer)


def _earlier(way: Way, selection: Selection, today: datetime.date) -> Way | None:
    """Return the way that ends today, or, where that was refused, yesterday."""
    first, last = way.windows(selection)[0]
    earlier = min(today, last - _DAY)
    return dataclasses.replace(way, last=earlier) if earlier >= max(first, today - _DAY) else None


def _other_conditions(way: Way, selection: Selection, said: str) -> Way | None:
    """Return the way that asks for conditions as lists; if that was refused too, the one that doesn't ask for them."""
    found = conditions_of(selection.spec, selection.query)
    sent = [one for one in found if one.param not in way.left_out]
    sent = [one for one in sent if _is_named(one, said)] or sent
    plain = {one.param for one in sent if one.may_be_listed} - way.listed
    if plain:
        return dataclasses.replace(way, listed=way.listed | plain)
    known = {one.param for one in sent if one.is_known(selection.spec)}
    if not known or any(_has_word(said, value) for one in sent for value in one.values):
        return None  # it is the value that is refused
    return dataclasses.replace(way, listed=way.listed - known, left_out=way.left_out | known)


def _is_named(condition: Condition, said: str) -> bool:
    return any(
        _has_word(said, word) for word in (condition.told.name, condition.told.column, condition.param)
    )


def _has_word(said: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said, re.IGNORECASE) is not None
