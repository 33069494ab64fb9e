"""Times: days, moments and ranges as people write them, made into what Procore's API takes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set
from typing import Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.session.limits.limit_headers import http_date
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.parameters import arguments

BEGINNING = datetime.date(1970, 1, 1)
"""The first end of a range that is open there."""

END = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
"""The last end of a range that is open there."""

WESTERNMOST = datetime.timezone(datetime.timedelta(hours=-12))
"""The time zone in which a day begins last."""

FIRST_DAY = datetime.date(2000, 1, 1)
"""The first day of daily logs to ask for, if none is given."""


def range_of(name: str, kind: str, value: Any) -> str:
    """Return a range as Procore writes it: both ends, which belong to it, with three dots between (its filtering guide).

    Parameters
    ----------
    name : str
        The condition's name.
    kind : str
        ``date`` for a range of days; any other kind is one of times.
    value : object
        From and to, either of them None; or a text that has the three dots.

    Raises
    ------
    ParameterError
        The value is no range, or no time is in it.
    """
    value = value if isinstance(value, Set) else arguments.plain(value)  # nobody knows a set's order
    if isinstance(value, str) and "..." in value:
        return value
    if not isinstance(value, list) or len(value) != 2:
        raise ParameterError(
            f'{name} must be a range, from and to:  {name}=("2026-11-01", "2026-11-30")  (None leaves one end open)'
        )
    if any(end is not None and arguments.is_missing(arguments.plain(end)) for end in value):
        raise ParameterError(f"{name} has a missing value as an end: {value!r:.60}. None leaves an end open.")
    since, until = (arguments.plain(end) for end in value)
    since, until = BEGINNING if since is None else since, END if until is None else until
    if kind == "date":
        ends = day(name, since), day(name, until)
    else:
        ends = moment(name, since), moment(name, until, last=True)
    if ends[0] > ends[1]:
        raise ParameterError(f"{name} ends before it begins: {ends[0]}, {ends[1]}.")
    return "...".join(ends)


def moment(name: str, value: Any, *, last: bool = False) -> str:
    """Return a time in UTC; for a day, its first second, or its last. Raises ParameterError if the value is neither."""
    if isinstance(value, str):
        try:
            value = _day_in(value) or datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            raise ParameterError(
                f'{name} has a time that can\'t be read: {value!r:.60}. Write it as "2026-11-30" or "2026-11-30T17:00:00Z".'
            ) from None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        try:
            if last and value.microsecond:  # rows of that same second are meant too
                value += datetime.timedelta(seconds=1)
            value = value.astimezone(datetime.UTC)
        except OverflowError:
            raise ParameterError(f"{name} has a date out of range: {value}.") from None
        return f"{value.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T{'23:59:59' if last else '00:00:00'}Z"
    raise ParameterError(f"{name} must be dates or times, not {type(value).__name__}.")


def day(name: str, value: Any) -> str:
    """Return a day as ``2026-11-30``; of a time, its day. Raises ParameterError if the value is neither."""
    value = arguments.one(name, value)
    if isinstance(value, str):
        value = _day_in(value) or value
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise ParameterError(f'{name} must be a day such as "2026-11-30", not {value!r:.60}.')


def _day_in(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return None


def days(spec: TableSpec, given: Mapping[str, Any], today: datetime.date) -> list[tuple[str, str]]:
    """Return the parameters of the days of a daily log: both ends, or one day. Without days, the API answers with today alone.

    Parameters
    ----------
    spec : TableSpec
        The table; for one without days, there is nothing to send.
    given : mapping
        What a person gave of `TableSpec.dates`.
    today : datetime.date
        The last day to ask for, if none is given: Procore refuses a day that hasn't begun where the company is.

    Raises
    ------
    ParameterError
        A day can't be read; or no day is in all that is given.
    """
    if not spec.dates:
        return []
    found = {name: day(f"{name} of {spec.name}", given[name]) for name in spec.dates if name in given}
    if "log_date" in found:
        if len(found) > 1:
            raise ParameterError(f"{spec.name} accepts log_date, or start_date and end_date, not both.")
        return [*found.items()]
    given_end = [datetime.date.fromisoformat(one) for one in found.values()]
    first = found.get("start_date", min([FIRST_DAY, *given_end]).isoformat())
    last = found.get("end_date", max([today, *given_end]).isoformat())
    if first > last:
        raise ParameterError(f"start_date of {spec.name} is after its end_date: {first}, {last}.")
    return [("start_date", first), ("end_date", last)]


def until_today(spec: TableSpec, given: Mapping[str, Any]) -> bool:
    """Return whether the last day to ask for is today, as a person named none."""
    return bool(spec.dates) and "log_date" not in given and "end_date" not in given


def day_at(error: Exception | None, otherwise: datetime.date) -> datetime.date:
    """Return the day in the westernmost time zone by the clock of the server that refused; another day if that isn't known."""
    response = getattr(error, "response", None)
    moment = http_date(response.headers.get("Date")) if response is not None else None
    return otherwise if moment is None else datetime.datetime.fromtimestamp(moment, WESTERNMOST).date()
