"""What to do about an error answer: of Procore's API, or of another host, to which no sign-in went along."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests

from procore_jupyter.session.error_body import clean
from procore_jupyter.session.rules import AUTHORIZATION, COMPANY
from procore_jupyter.wording import one_line, shown_host

_WORDS = re.compile(r"[a-z_.-]{0,80}")
_CONNECTED = re.compile(r"(?i)not connected|not installed")
_COMPANY_HEADER = re.compile(r"(?i)procore-company-id")
_EXPIRED = re.compile(r"(?i)expired|not valid in the specified time")
_OF_THE_API = re.compile(r"/(?:rest|vapid)/")

_NOT_CONNECTED = (
    "A company's admin connects it: in Procore, Company Admin > App Management > Install App > Install Custom App, "
    "with the App Version Key of the app's Developer Portal page. Then run this again."
)
_CHOOSE = "Choose the company first:  procore.use(company=…)  (procore.companies() lists them)."


def advice(status: int, said: str, response: requests.Response) -> str:
    """Return what to do about an error.

    Parameters
    ----------
    status : int
        The HTTP status.
    said : str
        What the answer says.
    response : requests.Response
        The answer.
    """
    if status == 407:
        return "The proxy answered: it needs its own sign-in. Give ProxyUser and ProxyPassword beside ProxyServer."
    if AUTHORIZATION not in response.request.headers:
        first, host = _way(response)
        if first != host or not _OF_THE_API.match(_path(response)):
            return _elsewhere(status, said, response)
        if status == 401:
            return (
                f"No sign-in was sent to {host}: the connection has none (AuthScheme=NONE), or its APIURL is different. "
                "Check APIURL and AuthScheme, and connect again."
            )
    if status in (400, 403, 404, 422) and _COMPANY_HEADER.search(said):
        return _CHOOSE
    if status == 401:
        return (  # also once the token was renewed
            "Procore didn't accept the sign-in. Either it has expired: connect again to sign in; "
            f"or the app isn't installed in this company. {_NOT_CONNECTED}"
        )
    if status == 403:
        if _CONNECTED.search(said):
            return _NOT_CONNECTED
        return (
            f"Access denied ({where(response)}): the tool is off in this project, or you don't have permission. Ask an "
            "admin of the project or the company."
        )
    if status == 404:
        company = response.request.headers.get(COMPANY)
        chosen = (
            f"company {clean(str(company), 30)}"
            if company
            else "no company is chosen, see procore.use(company=…)"
        )
        return f"{where(response)} not found, or you don't have access (Procore doesn't say which). Check the id ({chosen})."
    if status == 408:
        return "The request was too large: add filters, or use a smaller PageSize."
    if status >= 500:
        return "The problem is at Procore: try again in a few minutes."
    return f"Check what was sent to {where(response)}."


def _elsewhere(status: int, said: str, response: requests.Response) -> str:
    """Return what to do about an error of a host to which the sign-in doesn't go: a storage, an API elsewhere."""
    first, host = _way(response)
    from_there = f"{first} led to {host}" if first != host else f"{host} was asked"
    if _OF_THE_API.match(_path(response)) and status in (401, 403, 404):
        return (
            f"{from_there}, and your sign-in goes only to {first}, so it wasn't sent. If Procore has moved your "
            f"company there, connect with  APIURL=https://{host};  and sign in there."
        )
    if status in (400, 401, 403) and (status != 400 or _EXPIRED.search(said)):
        again = (
            "Run the same line again: it gets a new one"
            if first != host
            else "Get the file's address from Procore again (.refresh() of its table), and use it at once"
        )
        return f"{from_there}, and the address of a file works only for a short time. {again}."
    if status == 404:
        return f"{from_there}, and the file isn't there. Get its address from Procore again."
    if status >= 500 or status in (408, 429):
        return f"The problem is at {host}: try again in a few minutes."
    return f"Check what was sent to {host} ({where(response)})."


def _way(response: requests.Response) -> tuple[str, str]:
    """Return the host that was asked, and the one that answered."""
    host = shown_host(response.url)
    return (shown_host(response.history[0].url) if response.history else host), host


def where(response: requests.Response) -> str:
    """Return the method and path of the request, without the query."""
    method = getattr(response.request, "method", None) or "GET"
    # Part by part: together, the parts of a path look like a token.
    parts = (part if _WORDS.fullmatch(part) else clean(part, 120) for part in _path(response).split("/"))
    return one_line(f"{method} {'/'.join(parts)}", 160)


def _path(response: requests.Response) -> str:
    try:
        return urlsplit(response.url or "").path
    except ValueError:
        return ""
