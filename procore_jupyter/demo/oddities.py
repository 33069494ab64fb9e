"""The oddities that the embedded Procore can be switched to: a name, a sentence, where it was seen, and what it does.

A new one is an entry of `ODDITIES`, with a small function where parameters don't do. `Oddity` says at which places of an
answer a function may stand.
"""

from __future__ import annotations

import dataclasses
import math

from tornado.httputil import HTTPHeaders

from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.oddity import Asked, Oddities, Oddity
from procore_jupyter.demo.refusals import Refused
from procore_jupyter.wording import nearest

ALL = "all"


# Pages


def _hundred_rows_a_page(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, largest_page=100)


def _fail_on_a_large_page(asked: Asked) -> None:
    most = 25 if asked.endpoint.largest_page == 100 else 100
    if asked.rows_a_page is not None and asked.rows_a_page > most:
        raise Refused(500, {"status": 500, "error": "Internal Server Error"})


def _without_total(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    headers.pop("Total", None)
    return headers


# Limits


def _reset_from_now(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    if "X-Rate-Limit-Reset" in headers:
        headers["X-Rate-Limit-Reset"] = str(max(0, math.ceil(int(headers["X-Rate-Limit-Reset"]) - now)))
    return headers


ODDITIES = (
    Oddity(
        name="page-size",
        sentence="Every list refuses more than 100 rows a page, and says so.",
        seen="production, 2026-08: lists below a row of another one and those of version 2; by analogy the others",
        endpoint=_hundred_rows_a_page,
    ),
    Oddity(
        name="large-pages-fail",
        sentence="A list answers HTTP 500 to more than 100 rows a page, or to more than 25 where 100 are the most.",
        seen="production, 2026-05: meeting topics answered 500 to 100 rows and 200 to 10",
        refuse=_fail_on_a_large_page,
    ),
    Oddity(
        name="no-total",
        sentence="No answer says in `Total` how many rows a list has.",
        seen="nobody saw it; only some lists were seen to have the header",
        headers=_without_total,
    ),
    Oddity(
        name="rolling-minute",
        sentence="25 requests are allowed in any 60 seconds, not in windows that begin anew.",
        seen="production, 2026-09",
        parameters={"spike_limit": 25, "spike_window": 60.0, "rolling": True},
    ),
    Oddity(
        name="small-reset",
        sentence="`X-Rate-Limit-Reset` is seconds from now, not a time.",
        seen="production, 2026-08: read as a time it gave waits of 0 seconds",
        headers=_reset_from_now,
    ),
)


def named(text: str) -> Oddities:
    """Return the oddities that a text names.

    Parameters
    ----------
    text : str
        Names with commas between, or ``all``.

    Raises
    ------
    ValueError
        A name is unknown; the message lists those that there are.
    """
    known = {one.name: one for one in ODDITIES}
    names = [name.strip() for name in text.split(",")]
    if names == [ALL]:
        return Oddities(ODDITIES)
    for name in names:
        if name not in known:
            near = nearest(name, known)
            meant = f" Did you mean {near}?" if near else ""
            raise ValueError(f"There is no oddity {name!r}.{meant} There are: {', '.join([*known, ALL])}")
    return Oddities(tuple(one for one in ODDITIES if one.name in names))
