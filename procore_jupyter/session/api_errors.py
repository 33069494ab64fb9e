"""The exception for an error answer of Procore's API, which says what happened and what to do.

Procore's errors come in many shapes: ``{"errors": "text"}``, a list, fields with lists, ``{"error":
{"code", "message", "details"}}``, ``{"error", "reason"}``, ``{"message", "exception"}``, plain text and HTML.
A message shows the beginning of such an error, without anything that looks like a token.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.bodies import read_beginning
from procore_jupyter.session.limit_headers import wait_after
from procore_jupyter.session.rules import COMPANY
from procore_jupyter.wording import one_line

LONGEST = 300
"""Characters shown of what Procore said."""

LONGEST_ID = 100
"""Characters shown of a request id."""

_READ = 64 * 1024
"""Bytes of an error's body that are read."""

_READ_OF_PAGE = 4_000
"""Characters of an HTML page that are read: taking the tags out of a hostile page costs the square of its length."""

_DEEPEST = 7
"""Levels of an error's JSON that are read."""

_WIDEST = 20
"""Items of each list and object in an error's JSON that are read."""

_SECRETS = re.compile(r"(?i)\b(bearer\s+)[^\s\"',]+|\beyJ[\w.~+/=-]{10,}|[A-Za-z0-9_~+/-]{40,}={0,2}")
_WORDS = re.compile(r"[a-z_.-]{0,80}")
_TITLE = re.compile(r"(?is)<(title|h1)\b[^>]*>(.*?)</\1>")
_HIDDEN = re.compile(r"(?is)<(script|style|head)\b.*?</\1>|<!--.*?-->")
_TAG = re.compile(r"(?s)<[^>]*>")
_CONNECTED = re.compile(r"(?i)not connected|not installed")
_COMPANY_HEADER = re.compile(r"(?i)procore-company-id")

_NOT_CONNECTED = (
    "A company's admin connects it: in Procore, Company Admin > App Management > Install App > Install Custom App, "
    "with the App Version Key of the app's Developer Portal page. Then run this again."
)
_CHOOSE = "Choose the company first:  procore.use(company=…)  (procore.companies() lists them)."


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
        advice = f"It takes requests again in {after:.0f} s: try then, or let calls wait longer with MaxWait."
        message = _message(status, said, advice, request_id)
        return RateLimited(status, message, request_id, response, retry_after=after)
    message = _message(status, said, _advice(status, said, response), request_id)
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
        found = json.loads(_beginning(response))
        if isinstance(found, (dict, list)) and (said := _said_in(found)):
            # An error, whose status is none.
            advice = f"{_where(response)} answered so in place of {wanted}. Try again in a few minutes."
            message = _message(response.status_code, said, advice, _request_id(response))
            return ProcoreAPIError(response.status_code, message, _request_id(response), response)
    kind = _clean(response.headers.get("Content-Type", "") or "no content type", 60)
    message = (
        f"Something that isn't {wanted} came from {_where(response)} ({kind}). "
        "Is a proxy, a VPN or a network's sign-in page in between? Check APIURL too."
    )
    return ProcoreAPIError(response.status_code, message, _request_id(response), response)


def said_by(response: requests.Response) -> str:
    """Return what an error answer says, as one short line; empty if it says nothing."""
    text = _beginning(response)
    try:
        return _said_in(json.loads(text))
    except (ValueError, RecursionError):
        return _clean(_plain(text), LONGEST)


def _beginning(response: requests.Response) -> str:
    """Return the beginning of a body as text."""
    try:
        read_beginning(response, _READ)
        body = bytes(response.content[:_READ])
    except Exception:  # a body that breaks off takes nothing away from the status
        return ""
    return body.decode("utf-8", errors="replace").strip()


def _said_in(found: Any) -> str:
    """Return what an error's JSON says, as one short line."""
    parts: list[str] = []
    for part in _sentences(found):
        if part not in parts:
            parts.append(part)
        if sum(map(len, parts)) > LONGEST:
            break
    return _clean("; ".join(parts), LONGEST)


def _sentences(found: Any, depth: int = 0, under: str = "") -> Iterator[str]:
    """Yield the sentences in an error body of any shape.

    Parameters
    ----------
    found : object
        What JSON gave.
    depth : int
        Levels above it.
    under : str
        The field that the sentences are about.
    """
    if depth > _DEEPEST:
        return
    if isinstance(found, str):
        text = found.strip()
        if text:
            yield f"{under}: {text}" if under else text
    elif isinstance(found, list):
        for item in found[:_WIDEST]:
            yield from _sentences(item, depth + 1, under)
    elif isinstance(found, dict):
        known = [
            name
            for name in ("errors", "error", "message", "reason", "error_description", "details")
            if name in found
        ]
        if known:
            for name in known:
                # OAuth's errors have a code word beside the sentence: the sentence is enough.
                if name == "error" and isinstance(found[name], str) and "error_description" in found:
                    continue
                yield from _sentences(found[name], depth + 1, under)
        elif depth:
            # {"errors": {"name": ["can't be blank"]}}: each sentence after the name of its field.
            for name, value in list(found.items())[:_WIDEST]:
                if name not in ("code", "reason_code", "source"):
                    yield from _sentences(value, depth + 1, "" if name == "base" else str(name))


def _plain(text: str) -> str:
    """Return what an HTML page says (its title or first heading), or the text itself."""
    if "<" not in text[:1000]:
        return text
    text = text[:_READ_OF_PAGE]
    title = _TITLE.search(text)
    return html.unescape(_TAG.sub(" ", title[2] if title else _HIDDEN.sub(" ", text)))


def _request_id(response: requests.Response) -> str | None:
    return _clean(response.headers.get("X-Request-Id", ""), LONGEST_ID) or None


def _clean(text: str, longest: int) -> str:
    """Return a text as one line of at most `longest` characters, with what looks like a token masked."""
    line = one_line(text, longest * 20)
    return one_line(_SECRETS.sub(lambda found: (found[1] or "") + "***", line), longest)


def _where(response: requests.Response) -> str:
    """Return the method and path of the request, without the query."""
    method = getattr(response.request, "method", None) or "GET"
    try:
        path = urlsplit(response.url or "").path
    except ValueError:
        return method
    # Part by part: together, the parts of a path look like a token.
    parts = (part if _WORDS.fullmatch(part) else _clean(part, 120) for part in path.split("/"))
    line = f"{method} {'/'.join(parts)}"
    return line if len(line) <= 160 else line[:159] + "…"


def _message(status: int, said: str, advice: str, request_id: str | None) -> str:
    """Return the whole message: what Procore said, what to do, the status and the request id."""
    said = said or {429: "Procore's limit of requests is reached"}.get(status, "Procore gave no reason")
    whole = f"{said if said[-1] in '.!?…' else said + '.'} {advice} (HTTP {status}"
    return whole + (f", request {request_id})" if request_id else ")")


def _advice(status: int, said: str, response: requests.Response) -> str:
    """Return what to do about an error."""
    if status in (400, 403, 404, 422) and _COMPANY_HEADER.search(said):
        return _CHOOSE
    if status == 401:
        return "Procore didn't accept the sign-in. Connect again to sign in anew."
    if status == 403:
        if _CONNECTED.search(said):
            return _NOT_CONNECTED
        return (
            f"You may not do this ({_where(response)}): the tool is switched off there, or your permissions in Procore "
            "don't reach it. Ask the project's or the company's admin."
        )
    if status == 404:
        company = response.request.headers.get(COMPANY)
        where = (
            f"company {_clean(str(company), 30)}"
            if company
            else "no company is chosen, see procore.use(company=…)"
        )
        return f"{_where(response)} isn't there, or you may not see it: Procore doesn't tell which. Check the id ({where})."
    if status == 408:
        return "The question was too large: filter more, or ask for fewer rows a page."
    if status >= 500:
        return "The fault is Procore's: try again in a few minutes."
    return f"Check what was sent to {_where(response)}."
