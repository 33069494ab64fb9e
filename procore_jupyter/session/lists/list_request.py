"""A list of the API, and one page of it requested: the page, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session import api_errors, scope
from procore_jupyter.session.error_body import said_by
from procore_jupyter.session.lists.envelope import Body, rows_in
from procore_jupyter.session.lists.page import Page, PageRequest
from procore_jupyter.session.lists.page_headers import page_headers

if TYPE_CHECKING:
    from procore_jupyter.session.lists.page_order import PageOrder
    from procore_jupyter.session.refreshing import RefreshingSession

TOO_LARGE = frozenset({408, 500, 504})
"""HTTP statuses of a server that fails at a page which may be too large (408: Procore's docs, rate limiting)."""

Decoder = Callable[[bytes | memoryview], Body]
"""Splits a list's body into its rows. Raises ValueError if the body is no list."""


@dataclass(frozen=True)
class ListRequest:
    """A list to read.

    Parameters
    ----------
    path : str
        Its address.
    params : sequence of (str, object)
        The caller's own parameters, sent with every page.
    paged : bool
        Whether the list can have pages: a single record has none.
    whole : bool
        Whether the list is said to come whole.
    page_size : int or None
        Rows a page to request; None for as many as the list gives by itself.
    decode : callable
        Splits a body into its rows.
    sifted : bool
        Whether only some of its rows are wanted, which ones the caller finds out: then no limit of rows ends it.
    pages : PageOrder or None
        Its pages, if a reading that was stopped has begun with them (`PageOrder.go_on`).
    """

    path: str
    params: Sequence[tuple[str, Any]] = ()
    paged: bool = True
    whole: bool = False
    page_size: int | None = None
    decode: Decoder = rows_in
    sifted: bool = False
    pages: PageOrder | None = None


@dataclass(frozen=True)
class PageAnswer:
    """What became of one page.

    Parameters
    ----------
    page : Page or None
        The page.
    size : int
        Bytes of the body.
    error : Exception or None
        Why there is no page.
    status : int or None
        The HTTP status of a refusal.
    said : str
        What a refusal said.
    broken : bool
        The answer is no list.
    patience : bool
        The server failed at a page that can't be made smaller, and was asked for it again, for a while.
    """

    page: Page | None = None
    size: int = 0
    error: Exception | None = None
    status: int | None = None
    said: str = ""
    broken: bool = False
    patience: bool = False


def request_page(session: RefreshingSession, wanted: ListRequest, ask: PageRequest) -> PageAnswer:
    """Request one page of a list. Only a page that can't be made smaller is requested again as it was if the server fails at it."""
    params = [*wanted.params, *ask.params.items()]
    try:
        with scope.current().final(TOO_LARGE):
            response = session.get(wanted.path, params=params)
        patience = response.status_code in TOO_LARGE and ask.smaller is None
        if patience:
            response = session.get(wanted.path, params=params)
    except (requests.RequestException, ProcoreError) as error:
        return PageAnswer(error=error)
    if response.status_code >= 400:
        said = said_by(response)
        return PageAnswer(
            error=api_errors.error_from(response), status=response.status_code, said=said, patience=patience
        )
    content = response.content
    try:
        body = wanted.decode(content) if content or response.status_code != 204 else Body(())
    except (ValueError, RecursionError):
        return PageAnswer(error=api_errors.unusable(response, "a list"), broken=True)
    told = page_headers(response.headers)
    page = Page(
        body.rows,
        body.first,
        body.last,
        total=told.total,
        size=told.size,
        more=told.more,
        nulls=body.nulls,
        record=body.record,
    )
    return PageAnswer(page, len(content), patience=patience)
