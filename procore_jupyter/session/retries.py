"""When a failed request is sent again, after how long, and what a person is told of the wait.

Rules only: nothing here sends or waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter.session.limits.limit_headers import wait_after

if TYPE_CHECKING:
    import requests

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may arrive twice without harm (RFC 9110, section 9.2.2)."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1): all that ``Readonly=true`` lets out."""

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP statuses of failures that pass."""

TRIES = 4
"""How often one request is sent at most."""

FIRST_BACKOFF = 0.5
"""Seconds to wait after the first failure at most; each further failure doubles them."""

LONGEST_BACKOFF = 8.0
"""Seconds to wait after any failure at most, if the answer asks for no other wait."""

UNSAID = 2.0
"""Seconds: a person is not told of a shorter wait for a server that fails."""

LIMIT_REACHED = "Procore's limit reached: resuming"
"""What a person is told of a wait for the rate limit; `wording.wait_line` adds the seconds."""


def pause(status: int | None, headers: Mapping[str, str], now: float, failures: int, chance: float) -> float:
    """Return the seconds to wait before the next try.

    Parameters
    ----------
    status : int or None
        The HTTP status; None if the connection failed.
    headers : mapping
        The answer's headers.
    now : float
        This machine's unix time in seconds.
    failures : int
        How many tries have failed, from 1.
    chance : float
        A random number from 0 up to 1: many kernels that fail together must not come back together.
    """
    asked = wait_after(status, headers, now) if status is not None else None
    if asked is not None:
        return asked + chance
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (failures - 1)) * (0.5 + chance / 2)


def words_for(status: int | None, seconds: float) -> str:
    """Return what a person is told of a wait before the next try; empty if the wait is too short to mention.

    Parameters
    ----------
    status : int or None
        The HTTP status; None if the connection failed.
    seconds : float
        The length of the wait.
    """
    if status == 429:
        return LIMIT_REACHED
    if seconds < UNSAID:
        return ""
    what = "Procore can't be reached" if status is None else f"Procore is busy ({status})"
    return f"{what}: trying again"


def can_rewind(request: requests.PreparedRequest) -> bool:
    """Return whether the body can be sent a second time."""
    body: Any = request.body
    if body is None or isinstance(body, (str, bytes, bytearray)):
        return True
    return hasattr(body, "seek") and isinstance(getattr(request, "_body_position", None), int)


def rewind(request: requests.PreparedRequest) -> None:
    """Put the body back to its beginning; for requests that `can_rewind` alone."""
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
