"""What is said of lists that were asked for otherwise than a person may think, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from procore_jupyter.tables.fallbacks.condition import conditions_of
from procore_jupyter.tables.fallbacks.way import Way, days_of
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.wording import counted

ANOTHER_DAY = "end_date=… sets another."
"""How another last day is asked for, in a call."""


def remarks(way: Way, selection: Selection, before: Way) -> Iterator[str]:
    """Give a line for each way in which lists were asked for otherwise; and one for the days, if nobody named the last of them.

    Parameters
    ----------
    way : Way
        How the lists were asked for.
    selection : Selection
        What is wanted.
    before : Way
        How the first of them was asked for.
    """
    spec = selection.spec
    found = [one for one in conditions_of(spec, selection.query) if one.told.name in spec.filters]
    yield from _days(way, selection)
    if way.spec.path != spec.path:
        yield f"{spec.name} came from {way.spec.path}: its usual address, {spec.path}, doesn't exist, fails or returned nothing."
    listed = [one.told.name for one in found if one.param in way.listed - before.listed]
    if listed:
        yield f"{spec.name} accepts {_joined(listed)} as a list of one value only; the rows are the same."
    here = [one.told.name for one in found if one in way.picked_here(selection)]
    if here:
        them = "it" if len(here) == 1 else "all of them"
        yield (
            f"Procore didn't accept {_joined(here)} as a condition of {spec.name}: all rows were fetched, and those that "
            f"meet {them} were selected here."
        )


def _days(way: Way, selection: Selection) -> Iterator[str]:
    days = days_of(selection)
    if days is None:
        return
    windows = way.windows(selection)
    last = windows[0][1]
    if last < days[1]:
        yield f"The days up to {last} were read: Procore refuses a later one. {ANOTHER_DAY}"
    elif selection.until_today:
        yield (
            f"The days up to {last} were read: a later one may still be ahead in the company's time zone. {ANOTHER_DAY}"
        )
    if len(windows) > 1:
        yield (
            f"Procore refuses all days of {selection.spec.name} at once: {days[0]} to {last} were read "
            f"{way.at_a_time} days at a time, in {counted(len(windows), 'request')} or more for each list. "
            "start_date=… shortens the range."
        )


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
