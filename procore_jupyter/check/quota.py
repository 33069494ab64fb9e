"""What the headers of the answers say of Procore's limit of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.session.limits.limit_headers import (
    FIRST_TIME,
    LONGEST_WINDOW,
    SPIKE_WINDOW,
    http_date,
    number,
)
from procore_jupyter.wording import duration

SUBJECT = "Rate limit"

_NAMES = ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset")

MINUTE = 61.0
"""Seconds until a minute's limit ends, at most: headers tell whole seconds, rounded up."""


def quota(headers: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    """Tell the limit, and whether its headers are as Procore documents them.

    Parameters
    ----------
    headers : sequence of mapping
        The headers of answers of the API, in the order in which they came.
    """
    told = [one for one in headers if all(number(one.get(name)) is not None for name in _NAMES)]
    if not headers:
        return
    if not told:
        found = "No answer says how many requests Procore allows."
        advice = "The first requests go out one after the other; after a refusal, requests wait."
        yield Finding(SUBJECT, UNTOLD, found, believed="Each answer says so.", advice=advice, told=found)
    else:
        yield _limit(told)
        yield from _windows(told)
    if all(name == name.lower() for one in headers for name in one):
        found = "All header names are in lower case."
        advice = "They are read in any case."
        yield Finding("Headers", HOLDS, found, advice=advice, told=found, oddity="lower-case-headers")


def time_for(requests: int, headers: Sequence[Mapping[str, str]]) -> float:
    """Return the seconds that so many requests take at the limit that answers tell; 0 if they tell none.

    Parameters
    ----------
    requests : int
        How many requests.
    headers : sequence of mapping
        The headers of answers of the API.
    """
    told = [one for one in headers if all(number(one.get(name)) is not None for name in _NAMES)]
    if not told:
        return 0.0
    limit, left = (number(told[-1].get(name)) or 1.0 for name in _NAMES[:2])
    window = max(_seconds(one) or 0.0 for one in told if number(one.get(_NAMES[0])) == limit)
    return max(0.0, requests - left) / max(1.0, limit) * min(window, LONGEST_WINDOW)


def _limit(told: Sequence[Mapping[str, str]]) -> Finding:
    last = told[-1]
    limit, left = (int(number(last.get(name)) or 0) for name in _NAMES[:2])
    seconds = _seconds(last)
    window = f", for {duration(seconds)} more" if seconds is not None and 0 < seconds < LONGEST_WINDOW else ""
    return Finding(
        SUBJECT,
        HOLDS,
        f"{left:,} of {limit:,} requests are left{window}.",
        told=f"A limit of {limit:,} is told.",
    )


def _windows(told: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    if any((number(one.get(_NAMES[2])) or 0) < FIRST_TIME for one in told):
        found = "X-Rate-Limit-Reset counts seconds from now."
        believed = "It is a time in seconds since 1970."
        yield Finding(
            SUBJECT,
            FAILS,
            found,
            believed=believed,
            advice="It is read that way.",
            told=found,
            oddity="small-reset",
        )
    limit, seconds = max(
        ((number(one.get(_NAMES[0])) or 0, _seconds(one) or 0.0) for one in told), key=lambda one: one[1]
    )
    if SPIKE_WINDOW + 1 < seconds <= MINUTE:
        found = f"{limit:.0f} requests a minute are allowed."
        advice = "The pace keeps to it, whether the minute is fixed or rolling."
        believed = f"The limit is an hour's or that of {SPIKE_WINDOW:.0f} s."
        yield Finding(
            SUBJECT, FAILS, found, believed=believed, advice=advice, told=found, oddity="rolling-minute"
        )


def _seconds(one: Mapping[str, str]) -> float | None:
    """Return the seconds until the limit that headers tell ends; None if they don't tell."""
    reset, now = number(one.get(_NAMES[2])), http_date(one.get("Date"))
    if reset is None:
        return None
    if reset < FIRST_TIME:
        return reset
    return None if now is None else reset - now
