"""`OpenList`: one list while it is read: what its answers bring, and what becomes of a page that is refused or doesn't come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.session.bodies import BodyTooLarge
from procore_jupyter.session.lists.list_request import TOO_LARGE, ListRequest, PageAnswer
from procore_jupyter.session.lists.page import SMALLER, Page, PageRequest
from procore_jupyter.session.lists.page_order import PageOrder

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

BROKEN_ANSWERS = 2
"""How often a list's pages are requested again whose answer is no list: a proxy's page, a body that was cut off."""

LARGEST_PAGE = "largest_page"
"""The quirk of a list that refuses, or fails at, pages of more rows than this."""

BELIEVED = 3600.0
"""Seconds: so long a list is believed to take no page that is larger than the one that came, unless it named the largest."""

_PER_PAGE = re.compile(r"(?i)per[_ ]?page|page[_ ]?size")


@dataclass(frozen=True)
class Rows:
    """Rows of the list at place `index` among those read, in the list's order, or of a page that is read again."""

    index: int
    rows: Sequence[Any]
    pages: PageOrder
    again: bool = False


@dataclass(frozen=True)
class Idle:
    """All rows of a list have come. The receiver calls ``pages.look_again``, which may request more."""

    index: int
    pages: PageOrder


@dataclass(frozen=True)
class Failed:
    """A list that can't be read, or not to its end, and why."""

    index: int
    error: Exception


Event = Rows | Idle | Failed


class OpenList:
    """One list while it is read.

    Parameters
    ----------
    index : int
        Its place among the lists that are read.
    wanted : ListRequest
        The list.
    session : RefreshingSession
        Knows the pace, and what lists were found to do.
    limit : int or None
        Rows that are wanted of all lists together.
    largest : int or None
        Rows a page, if the list is read in place of one whose first page was too large to come.

    Attributes
    ----------
    pages : PageOrder
        Its pages.
    error : Exception or None
        Why it can't be read, or not to its end.
    over : bool
        Nothing more comes of it.
    held : int
        Bytes of answers that wait for their turn.
    """

    def __init__(
        self,
        index: int,
        wanted: ListRequest,
        session: RefreshingSession,
        limit: int | None,
        largest: int | None = None,
    ) -> None:
        self.index, self.wanted = index, wanted
        self._quirks, self._pace = session._quirks, session._pace
        sizes = filter(None, (wanted.page_size, self._quirks.find(wanted.path, LARGEST_PAGE, int), largest))
        self._size = min(sizes) if wanted.page_size else None
        limit = None if wanted.sifted else limit
        self.pages = wanted.pages or PageOrder(
            paged=wanted.paged, whole=wanted.whole, size=self._size, limit=limit
        )
        self.error: Exception | None = None
        self.over = False
        self.held = 0
        self._broken = 0
        self._refused: ProcoreAPIError | None = None  # the first refusal of a size, as long as no page came
        self._named = False  # whether a refusal named the largest size
        self._failed = largest is not None  # whether the first page was too large to come
        self._busy = False  # whether the server failed at pages of any size

    @property
    def largest(self) -> int | None:
        """Rows a page, if the first page was too large to come and is smaller now."""
        return self.pages.size if self._failed else None

    @property
    def known_rows(self) -> int:
        """Rows that the list surely gives, as far as it has told."""
        return 0 if self.wanted.sifted else self.pages.total or 0

    def next(self) -> PageRequest | None:
        """Return its next page to request; None if there is none now."""
        ask = None if self.error is not None else self.pages.next()
        if ask is not None and ask.probe and self._pace.little_remains:
            self.pages.came(ask, Page())  # it is not worth one of the last requests
            return None
        return ask

    def take(self, ask: PageRequest, answer: PageAnswer) -> None:
        """Take in an answer: a page, a reason to request it otherwise, or the list's `error`."""
        if self.error is not None:
            return
        if ask.probe and answer.page is None:
            self.pages.came(ask, Page())  # the probe told nothing
            return
        if answer.page is not None and answer.patience and self._failed and not self._busy:
            # The server failed for a while, at any size: the pages are no smaller for that.
            self._busy, self._failed = True, False
            self.pages.start_over(ask, self._size)
            return
        if answer.page is not None:
            self.held += answer.size
            self._keep_size(ask)
            self.pages.came(ask, answer.page)
            return
        error, status = answer.error, answer.status
        assert error is not None
        if status in TOO_LARGE or isinstance(error, (requests.ReadTimeout, BodyTooLarge)):
            if self.pages.too_large(ask):
                self._failed = not self.pages.begun
                return
        elif status in (400, 413, 422) and self._size_refused(ask, error, answer.said):
            return
        # It could be smaller, but smaller pages would have other rows.
        failed = status in TOO_LARGE and ask.smaller is not None
        if (answer.broken or failed) and self._broken < BROKEN_ANSWERS:
            self._broken += 1
            self.pages.broke_off(ask)
            return
        # What isn't there is told as that; else the first refusal tells more than what came of trying on.
        self.error = error if status in (404, 410) else self._refused or error

    def _size_refused(self, ask: PageRequest, error: Exception, said: str) -> bool:
        """Request a smaller page if the size may be what the list refused; return whether it is requested."""
        named = names_size(said)
        numbers = map(int, re.findall(r"\d{1,6}", said)) if named else ()
        largest = max((one for one in numbers if ask.size and one < ask.size), default=None)
        if largest is not None:  # known from now on, whatever comes of this list
            self._quirks.keep(self.wanted.path, LARGEST_PAGE, largest)
        # Of a refusal that doesn't name the size, as a rule something else is the reason. One try shows it.
        if not named and (self._refused is not None or ask.size is None or ask.size <= SMALLER[0]):
            return False
        if isinstance(error, ProcoreAPIError) and self._refused is None:
            self._refused = error
        self._named = largest is not None
        return self.pages.size_refused(ask, largest)

    def _keep_size(self, ask: PageRequest) -> None:
        """Remember the size of the first page that came after larger ones were refused, or failed."""
        if ask.size is not None and not self.pages.begun and (self._refused or self._failed):
            how_long = None if self._named else BELIEVED
            self._quirks.keep(self.wanted.path, LARGEST_PAGE, ask.size, seconds=how_long)
        self._refused = None

    def events(self) -> Iterator[Event]:
        """Give the rows that came and whose turn it is; then that it ended or failed, if it did."""
        for page in self.pages.ready():
            self.held = 0 if not self.pages.ahead else self.held
            if page.rows:
                yield Rows(self.index, page.rows, self.pages, page.again)
        self.over = self.error is not None
        if self.error is not None:
            yield Failed(self.index, self.error)
        elif self.pages.idle:
            yield Idle(self.index, self.pages)
            self.over = self.pages.idle


def names_size(said: str) -> bool:
    """Return whether a refusal speaks of how many rows a page may have."""
    return _PER_PAGE.search(said) is not None
