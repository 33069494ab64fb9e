"""When a failed request is tried again, and after how long. Rules only: nothing here sends or waits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from procore_jupyter.session.limit_headers import asked_wait

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
