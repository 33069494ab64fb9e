"""When a failed request is tried again, and after how long. Rules only: nothing here sends or waits."""

from __future__ import annotations

import contextlib
import email.utils
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may arrive twice without harm (RFC 9110, section 9.2.2)."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1): all that ``Readonly=true`` lets out."""

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
TRIES = 4
LONGEST_BACKOFF = 8.0

SPIKE_WINDOW = 10.0
"""Seconds: the shorter of Procore's two rate-limit windows (its docs, plan_your_app/rate_limiting)."""


def asked_wait(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the answer asks to wait, None where it asks for nothing.

    ``X-Rate-Limit-Reset`` is read of a 429 alone: other answers carry it too, and mean nothing by it.
    It is unix seconds by the server's clock, so it is measured against the answer's own ``Date``.

    Parameters
    ----------
    status : int
        The HTTP status.
    headers : mapping
        The answer's headers, looked up without regard to case.
    now : float
        This machine's unix time in seconds, where the answer has no date of its own.
    """
    date = _http_date(headers.get("Date"))
    here = now if date is None else date
    waits = []
    after = headers.get("Retry-After")
    if after is not None:
        seconds = _number(after)
        until = _http_date(after) if seconds is None else None
        if seconds is not None:
            waits.append(seconds)
        elif until is not None:
            waits.append(until - here)
    if status == 429:
        reset = _number(headers.get("X-Rate-Limit-Reset"))
        if reset is not None:
            waits.append(reset - here)
    return max(0.0, *waits) if waits else None


def pause(status: int | None, headers: Mapping[str, str], now: float, failures: int, chance: float) -> float:
    """Return the seconds to wait before the next try.

    Parameters
    ----------
    status : int or None
        The HTTP status, None where the connection failed.
    headers : mapping
        The answer's headers.
    now : float
        This machine's unix time in seconds.
    failures : int
        How many tries have failed, from 1.
    chance : float
        A random number from 0 up to 1: many kernels that fail together must not come back together.
    """
    asked = asked_wait(status, headers, now) if status is not None else None
    if asked is not None:
        return asked + chance
    if status == 429:
        return SPIKE_WINDOW + chance
    return min(LONGEST_BACKOFF, 0.5 * 2.0 ** (failures - 1)) * (0.5 + chance / 2)


def can_rewind(request: requests.PreparedRequest) -> bool:
    """Return whether the body can be sent a second time."""
    body: Any = request.body
    if body is None or isinstance(body, (str, bytes, bytearray)):
        return True
    return hasattr(body, "seek") and isinstance(getattr(request, "_body_position", None), int)


def rewind(request: requests.PreparedRequest) -> None:
    """Put the body back to where it began; only for a request that `can_rewind`."""
    if request.body is not None and not isinstance(request.body, (str, bytes, bytearray)):
        from requests.utils import rewind_body

        rewind_body(request)


def is_transient(error: Exception) -> bool:
    """Return whether a failed exchange is worth another try.

    A certificate that isn't trusted, a proxy that refuses and a server that is silent for the whole
    timeout are not: asking again gives the same, later.
    """
    from requests import exceptions
    from urllib3.exceptions import ReadTimeoutError

    if isinstance(error, (exceptions.SSLError, exceptions.ProxyError)):
        return False
    if not isinstance(error, (exceptions.ConnectionError, exceptions.ChunkedEncodingError)):
        return False
    return not any(isinstance(part, ReadTimeoutError) for part in error.args)


def _number(text: str | None) -> float | None:
    """Return a header's number of seconds, None where it isn't a sane one."""
    if text is None or len(text) > 20:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e11 else None  # NaN and infinity fail this too


def _http_date(text: str | None) -> float | None:
    """Return an HTTP date as unix seconds (RFC 9110, section 5.6.7)."""
    if text is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


_IN_HASTE: ContextVar[bool] = ContextVar("procore_in_haste", default=False)


@contextlib.contextmanager
def in_haste() -> Iterator[None]:
    """Send each request once while this lasts: for a question whose answer is wanted soon or not at all."""
    before = _IN_HASTE.set(True)
    try:
        yield
    finally:
        _IN_HASTE.reset(before)


def in_haste_now() -> bool:
    """Return whether requests are sent once for now."""
    return _IN_HASTE.get()
