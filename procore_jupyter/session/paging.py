"""All pages of a list, one after the other.

Procore's pages are numbered from 1 (``page``, ``per_page``), and told of by ``Total``, ``Per-Page`` and
``Link``. ``Link`` is read as a hint that there is more and never followed: the ones that Procore documents
drop the caller's own parameters, and an address in an answer is no place to send a sign-in to. Some lists
ignore ``page``: a page that brings nothing new is the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import requests

from procore_jupyter.session import api_errors


class Getter(Protocol):
    """What paging needs of a session."""

    def get(self, url: str, *, params: Mapping[str, Any]) -> requests.Response:
        """Send a GET request."""


def pages(
    session: Getter,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    page_size: int | None = None,
    asked: Callable[[], None] = lambda: None,
) -> Iterator[list[Any]]:
    """Give the pages of a list in order, each row once.

    Parameters
    ----------
    session : Getter
        The session that asks.
    path : str
        The list's address.
    params : mapping or None
        The caller's own parameters, sent with every page.
    page_size : int or None
        Rows a page; None for what the list does by itself.
    asked : callable
        Told of each request that was answered.

    Raises
    ------
    ProcoreAPIError
        The API refused, or answered with something that isn't a list.
    """
    own = dict(params or {})
    if page_size is not None:
        own["per_page"] = page_size
    known: set[Any] = set()
    number, seen = 1, 0
    while True:
        response = session.get(path, params={**own, "page": number})
        asked()
        rows = rows_of(response)
        new = []
        for row in rows:
            key = _key(row)
            if key not in known:
                known.add(key)
                new.append(row)
        if not new:
            return
        yield new
        seen += len(new)
        if not _more(response, seen):
            return
        number += 1


def rows_of(response: requests.Response) -> list[Any]:
    """Return the rows of one page: a JSON array, or one in a ``{"data": …}`` envelope.

    Raises
    ------
    ProcoreAPIError
        It is an error, or not a list.
    """
    api_errors.raise_for_status(response)
    try:
        found = response.json()
    except (ValueError, RecursionError):
        raise api_errors.unusable(response, "a list") from None
    if isinstance(found, dict) and isinstance(found.get("data"), list):
        found = found["data"]
    if not isinstance(found, list):
        raise api_errors.unusable(response, "a list")
    return found


def _more(response: requests.Response, seen: int) -> bool:
    """Return whether another page may follow, after `seen` rows in all. In doubt: yes, one request more."""
    link = response.headers.get("Link")
    if link is not None and 'rel="next"' in link.replace("rel=next", 'rel="next"'):
        return True
    total = response.headers.get("Total", "")
    if total.isascii() and total.isdigit():
        return seen < int(total)
    return link is None


def _key(row: Any) -> Any:
    """Return what tells a row from others: its id, else all that it holds."""
    if isinstance(row, dict) and isinstance(row.get("id"), (int, str)):
        return row["id"]
    return hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest()
