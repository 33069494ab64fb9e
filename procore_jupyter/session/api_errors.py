"""The exception for an error answer of Procore's API, which says what happened (`error_body`) and what to do (`advice`)."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.advice import advice, where
from procore_jupyter.session.error_body import beginning, clean, said_by, said_in
from procore_jupyter.session.limits.limit_headers import wait_after

LONGEST_ID = 100
"""Characters shown of a request id."""


class ProcoreAPIError(ProcoreError, requests.HTTPError):
    """Procore's API answered with an error.

    Parameters
    ----------
    status : int
        The HTTP status.
    message : str
        What Procore said, and what to do about it.
    request_id : str or None
        The ``X-Request-Id`` that Procore's support asks for.
    response : requests.Response or None
        The response, whose ``request`` never holds the token that was sent; None if the limit of requests kept the
        request here, and after pickling.
    """

    def __init__(
        self,
        status: int,
        message: str,
        request_id: str | None = None,
        response: requests.Response | None = None,
    ) -> None:
        super().__init__(message, response=response)
        self.status = status
        self.message = message
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle is written down, and what a person sent and Procore answered shouldn't be.
        remade, of, attributes = super().__reduce__()
        return remade, of, {**attributes, "response": None, "request": None}


class NotFound(ProcoreAPIError):
    """404: it isn't there, or this person may not see it (Procore hides what one may not read)."""


class PermissionDenied(ProcoreAPIError):
    """403: the app isn't connected to the company, the tool is off, or a permission is missing."""


class RateLimited(ProcoreAPIError):
    """429 with a wait longer than ``MaxWait``.

    Parameters
    ----------
    status, message, request_id, response
        As for `ProcoreAPIError`.
    retry_after : float
        Seconds until Procore takes requests again.
    """

    def __init__(
        self,
        status: int,
        message: str,
        request_id: str | None = None,
        response: requests.Response | None = None,
        *,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(status, message, request_id, response)
        self.retry_after = retry_after


def raise_for_status(response: requests.Response, *, now: float | None = None) -> None:
    """Raise the `ProcoreAPIError` for an answer; do nothing if the answer is no error.

    Parameters
    ----------
    response : requests.Response
        The answer of the API.
    now : float or None
        Unix time in seconds; None for the machine's own.
    """
    if response.status_code >= 400:
        raise error_from(response, now=now)


def error_from(response: requests.Response, *, now: float | None = None) -> ProcoreAPIError:
    """Return the exception for an error answer (status 400 or more)."""
    status = response.status_code
    said = said_by(response)
    request_id = _request_id(response)
    kinds: dict[int, type[ProcoreAPIError]] = {403: PermissionDenied, 404: NotFound}
    if status == 429:
        after = wait_after(status, response.headers, time.time() if now is None else now) or 0.0
        way = f"Try again in {after:.0f} s, or let calls wait longer with MaxWait."
        message = _message(status, said, way, request_id)
        return RateLimited(status, message, request_id, response, retry_after=after)
    message = _message(status, said, advice(status, said, response), request_id)
    return kinds.get(status, ProcoreAPIError)(status, message, request_id, response)


def unusable(response: requests.Response, wanted: str) -> ProcoreAPIError:
    """Return the exception for an answer whose status means success, and which isn't what was asked for.

    Parameters
    ----------
    response : requests.Response
        The answer.
    wanted : str
        What was asked for: ``a list``.
    """
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(beginning(response))
        if isinstance(found, (dict, list)) and (said := said_in(found)):
            # An error, whose status is none.
            way = f"{where(response)} sent this instead of {wanted}. Try again in a few minutes."
            message = _message(response.status_code, said, way, _request_id(response))
            return ProcoreAPIError(response.status_code, message, _request_id(response), response)
    kind = clean(response.headers.get("Content-Type", "") or "no content type", 60)
    message = (
        f"Something that isn't {wanted} came from {where(response)} ({kind}). "
        "Is there a proxy, a VPN or a network's sign-in page in between? Check APIURL too."
    )
    return ProcoreAPIError(response.status_code, message, _request_id(response), response)


def _request_id(response: requests.Response) -> str | None:
    return clean(response.headers.get("X-Request-Id", ""), LONGEST_ID) or None


def _message(status: int, said: str, advice: str, request_id: str | None) -> str:
    """Return the whole message: what Procore said, what to do, the status and the request id."""
    said = said or {429: "Procore's request limit is reached"}.get(status, "Procore gives no reason")
    whole = f"{said if said[-1] in '.!?…' else said + '.'} {advice} (HTTP {status}"
    return whole + (f", request {request_id})" if request_id else ")")
