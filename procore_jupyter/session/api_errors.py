"""An error answer of Procore's API -> the exception that says what happened and what to do.

Procore's errors come in many shapes: ``{"errors": "text"}``, a list, fields with lists, ``{"error":
{"code", "message", "details"}}``, ``{"error", "reason"}``, ``{"message", "exception"}``, plain text and HTML.
What is shown of one is cut short, and holds nothing that looks like a token.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.limit_headers import asked_wait
from procore_jupyter.session.retries import SPIKE_WINDOW
from procore_jupyter.wording import one_line

LONGEST = 300
"""Characters shown of what Procore said."""

_READ = 64 * 1024  # bytes of an error's body that are looked at
_READ_OF_PAGE = 4_000  # characters of an HTML page: taking tags out of hostile ones costs their square
_DEEPEST = 7
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
    """Raise the `ProcoreAPIError` that an answer stands for; return where it is no error.

    Parameters
    ----------
    response : requests.Response
        The answer of the API.
    now : float or None
        Unix time in seconds; None for this machine's.
    """
    if response.status_code >= 400:
        raise error_from(response, now=now)


def error_from(response: requests.Response, *, now: float | None = None) -> ProcoreAPIError:
    """Return the exception for an error answer (status 400 or more)."""
    status = response.status_code
    said = said_by(response)
    request_id = _clean(response.headers.get("X-Request-Id", ""), 100) or None
    kinds: dict[int, type[ProcoreAPIError]] = {403: PermissionDenied, 404: NotFound}
    if status == 429:
        after = asked_wait(status, response.headers, time.time() if now is None else now)
        after = SPIKE_WINDOW if after is None else after
        advice = f"It takes requests again in {after:.0f} s: try then, or let calls wait longer with MaxWait."
        message = _message(status, said, advice, request_id)
        return RateLimited(status, message, request_id, response, retry_after=after)
    message = _message(status, said, _advice(status, said, response), request_id)
    return kinds.get(status, ProcoreAPIError)(status, message, request_id, response)


def unusable(response: requests.Response, wanted: str) -> ProcoreAPIError:
    """Return the exception for an answer that is no error and not what was asked for either."""
    kind = _clean(response.headers.get("Content-Type", "") or "no content type", 60)
    message = (
        f"Something that isn't {wanted} came from {_where(response)} ({kind}). "
        "Is a proxy, a VPN or a network's sign-in page in between? Check APIURL too."
    )
    request_id = _clean(response.headers.get("X-Request-Id", ""), 100) or None
    return ProcoreAPIError(response.status_code, message, request_id, response)


def said_by(response: requests.Response) -> str:
    """Return what an error answer says, as one short line; empty where it says nothing."""
    try:
        body = response.content[:_READ]
    except Exception:  # a body that breaks off takes nothing away from the status
        return ""
    text = body.decode("utf-8", errors="replace").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _clean(_plain(text), LONGEST)
    parts: list[str] = []
    for part in _sentences(found):
        if part not in parts:
            parts.append(part)
        if sum(map(len, parts)) > LONGEST:
            break
    return _clean("; ".join(parts), LONGEST)


def _sentences(found: Any, depth: int = 0, under: str = "") -> Iterator[str]:
    """Give the sentences in an error body, whatever its shape."""
    if depth > _DEEPEST:
        return
    if isinstance(found, str):
        text = found.strip()
        if text:
            yield f"{under}: {text}" if under else text
    elif isinstance(found, list):
        for item in found[:20]:
            yield from _sentences(item, depth + 1, under)
    elif isinstance(found, dict):
        known = [
            name
            for name in ("errors", "error", "message", "reason", "error_description", "details")
            if name in found
        ]
        if known:
            for name in known:
                # OAuth's kind of answer has a code word beside the sentence: the sentence is enough.
                if name == "error" and isinstance(found[name], str) and "error_description" in found:
                    continue
                yield from _sentences(found[name], depth + 1, under)
        elif depth:
            # {"errors": {"name": ["can't be blank"]}}: the fields by their names.
            for name, value in list(found.items())[:20]:
                base = name in ("base", "source", "code", "reason_code")
                if name in ("code", "reason_code", "source"):
                    continue
                yield from _sentences(value, depth + 1, "" if base else str(name))


def _plain(text: str) -> str:
    """Return what an HTML page says (its title or first heading), or the text itself."""
    if "<" not in text[:1000]:
        return text
    text = text[:_READ_OF_PAGE]
    title = _TITLE.search(text)
    return html.unescape(_TAG.sub(" ", title[2] if title else _HIDDEN.sub(" ", text)))


def _clean(text: str, longest: int) -> str:
    """Return a text as one line, without what looks like a token, cut where it is long."""
    line = one_line(text, longest * 20)
    return one_line(_SECRETS.sub(lambda found: (found[1] or "") + "***", line), longest)


def _where(response: requests.Response) -> str:
    """Return the method and path that were asked, without the query."""
    from urllib.parse import urlsplit

    method = getattr(response.request, "method", None) or "GET"
    try:
        path = urlsplit(response.url or "").path
    except ValueError:
        return method
    # One by one: together, a path's parts look like a token.
    parts = (part if _WORDS.fullmatch(part) else _clean(part, 120) for part in path.split("/"))
    line = f"{method} {'/'.join(parts)}"
    return line if len(line) <= 160 else line[:159] + "…"


def _message(status: int, said: str, advice: str, request_id: str | None) -> str:
    said = said or {429: "Procore's limit of requests is reached"}.get(status, "Procore gave no reason")
    whole = f"{said if said[-1] in '.!?…' else said + '.'} {advice} (HTTP {status}"
    return whole + (f", request {request_id})" if request_id else ")")


def _advice(status: int, said: str, response: requests.Response) -> str:
    """Return what to do about it."""
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
        company = response.request.headers.get("Procore-Company-Id")
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
