"""What an answer's headers say of Procore's request limits, and how a header's number or date is read.

``X-Rate-Limit-Limit``, ``-Remaining`` and ``-Reset`` (unix seconds) describe whichever of the two windows, the
hour's or that of ten seconds, will be used up first; ``Retry-After`` comes with 429 and 503 (Procore's docs,
plan_your_app/rate_limiting, and its error reference). Seen were also windows of a minute in which each request stops to
count by itself, and a ``-Reset`` of seconds from now.
"""

from __future__ import annotations

import email.utils
import functools
from collections.abc import Mapping
from dataclasses import dataclass

SPIKE_WINDOW = 10.0
"""Seconds: the shorter of Procore's two windows."""

FIRST_TIME = 1e9
"""A smaller ``X-Rate-Limit-Reset`` is seconds from now: seconds since 1970 reached it in 2001."""

SAME_END = 1.5
"""Seconds: two ends of a window that differ by no more than this are the same, as the header has whole seconds."""

LONGEST_WINDOW = 90_000.0
"""Seconds, a day and an hour: no window of Procore's is longer, so a later end or a longer wait makes no sense."""


@dataclass(frozen=True)
class WindowReport:
    """What one answer told of one window.

    Parameters
    ----------
    limit : int
        Requests that the window takes.
    remaining : int
        Requests that were left when the server answered.
    reset : float
        When the window ends, in seconds since 1970 by the server's clock.
    at : float
        When the server answered, by the same clock.
    """

    limit: int
    remaining: int
    reset: float
    at: float

    @property
    def used(self) -> int:
        """Requests that the window had taken."""
        return self.limit - self.remaining

    def is_news(self, reset: float, used: int) -> bool:
        """Return whether the server answered after it told this end and this use: answers overtake one another."""
        return self.reset > reset or (self.reset >= reset - SAME_END and self.used > used)


def window_report(headers: Mapping[str, str], at: float) -> WindowReport | None:
    """Return what an answer tells of a window; None if it tells nothing that makes sense.

    Parameters
    ----------
    headers : mapping
        The answer's headers, looked up without regard to case.
    at : float
        The server's time, in seconds since 1970.
    """
    limit, remaining, reset = (
        number(headers.get(f"X-Rate-Limit-{name}")) for name in ("Limit", "Remaining", "Reset")
    )
    if limit is None or remaining is None or reset is None or not 1 <= limit >= remaining:
        return None
    if reset < FIRST_TIME:
        reset += at
    if not at - 2 < reset < at + LONGEST_WINDOW:
        return None
    return WindowReport(int(limit), int(remaining), reset, at)


def asked_wait(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the answer asks to wait; None if it asks for no wait that makes sense.

    ``X-Rate-Limit-Reset`` counts in a 429 alone: other answers carry it too, and ask for nothing by it. Where it is a
    time, that is by the server's clock, so the answer's own ``Date`` is subtracted. A wait beyond `LONGEST_WINDOW` is
    none of Procore's: a proxy in between may ask for a year, and every kernel would keep to it.

    Parameters
    ----------
    status : int
        The HTTP status.
    headers : mapping
        The answer's headers, looked up without regard to case.
    now : float
        This machine's unix time in seconds, for an answer without a date.
    """
    date = http_date(headers.get("Date"))
    here = now if date is None else date
    waits = []
    after = headers.get("Retry-After")
    if after is not None:
        seconds = number(after)
        until = http_date(after) if seconds is None else None
        if seconds is not None:
            waits.append(seconds)
        elif until is not None:
            waits.append(until - here)
    if status == 429:
        reset = number(headers.get("X-Rate-Limit-Reset"))
        if reset is not None:
            waits.append(reset if reset < FIRST_TIME else reset - here)
    waits = [wait for wait in waits if wait <= LONGEST_WINDOW]
    return max(0.0, *waits) if waits else None


def wait_after(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to wait after an answer: as `asked_wait`, and the shorter window for a 429 that asks for none."""
    asked = asked_wait(status, headers, now)
    return SPIKE_WINDOW if asked is None and status == 429 else asked


def number(text: str | None) -> float | None:
    """Return a header's number; None if it isn't a sane one."""
    if text is None or len(text) > 20:
        return None
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 1e11 else None  # NaN and infinity fail this too


def whole_number(text: str | None) -> int | None:
    """Return a header's count, as ``Content-Length`` and ``Total`` give one; None if it is no count."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@functools.lru_cache(maxsize=8)  # every answer of a second has the same
def http_date(text: str | None) -> float | None:
    """Return an HTTP date as unix seconds (RFC 9110, section 5.6.7); None if it is no date."""
    if text is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
