"""What was found out of a table's list, kept by its address for all kernels: the way to ask that worked."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from procore_jupyter.tables.fallbacks.condition import conditions_of
from procore_jupyter.tables.fallbacks.way import Way, at, can_pick, days_of
from procore_jupyter.tables.parameters.selection import Selection

if TYPE_CHECKING:
    from procore_jupyter.session.quirks import Quirks

ADDRESS = "address"
FORM = "form of "
DAYS_AGO = "days since the last day"
AT_A_TIME = "days at a time"
LISTED, LEFT_OUT, ALONE = "list", "none", "value"

WEEK = 7 * 86_400.0
"""Seconds for which something is believed that costs rows or requests, and that the API may mend."""

SURELY_LATER = 2
"""Days: so long after today in the westernmost time zone, a day has begun nowhere."""


def known_way(selection: Selection, quirks: Quirks, today: datetime.date) -> Way:
    """Return how to ask for a selection, as far as it was found out before.

    Parameters
    ----------
    selection : Selection
        The rows that are wanted.
    quirks : Quirks
        What is known of the API's lists.
    today : datetime.date
        The day in the westernmost time zone.
    """
    spec = selection.spec
    address = quirks.find(spec.path, ADDRESS, str)
    others = [Way(at(spec, one)) for one in spec.alternates if one.path == address]
    way = next((one for one in others if can_pick(one, selection)), Way(spec))
    conditions = conditions_of(spec, selection.query)
    forms = {one.param: quirks.find(spec.path, f"{FORM}{one.param}", str) for one in conditions}
    way = dataclasses.replace(
        way,
        listed=frozenset(one.param for one in conditions if forms[one.param] == LISTED and one.may_be_listed),
        left_out=frozenset(
            one.param for one in conditions if forms[one.param] == LEFT_OUT and one.is_known(spec)
        ),
    )
    days = days_of(selection)
    if days is None:
        return way
    ago = quirks.find(spec.path, DAYS_AGO, int)
    later = selection.until_today or (days[1] - today).days > SURELY_LATER
    last = None if ago is None or not later else today - datetime.timedelta(days=ago)
    return dataclasses.replace(way, last=last, at_a_time=quirks.find(spec.path, AT_A_TIME, int))


def keep_way(way: Way, selection: Selection, quirks: Quirks, today: datetime.date) -> None:
    """Keep what is new of a way that worked.

    Parameters
    ----------
    way : Way
        The way.
    selection, quirks, today : Selection, Quirks, datetime.date
        As for `known_way`.
    """
    path = selection.spec.path
    if (quirks.find(path, ADDRESS, str) or path) != way.spec.path:
        quirks.keep(path, ADDRESS, way.spec.path, seconds=WEEK)
    for param in {one.param for one in conditions_of(selection.spec, selection.query)}:
        name, known = f"{FORM}{param}", quirks.find(path, f"{FORM}{param}", str)
        if param in way.left_out:
            quirks.keep(path, name, LEFT_OUT, seconds=WEEK)
        elif param in way.listed or known is not None:
            quirks.keep(path, name, LISTED if param in way.listed else ALONE)
    if way.at_a_time is not None:
        quirks.keep(path, AT_A_TIME, way.at_a_time, seconds=WEEK)
    ago = None if way.last is None else (today - way.last).days
    if ago in (0, 1):  # else this machine's clock is off
        quirks.keep(path, DAYS_AGO, ago, seconds=WEEK)
