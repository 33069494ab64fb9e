"""Lists of the API, read whole: the pages of one list or of several, some at a time, handed on in order.

`read` serves whatever has many rows: threads request pages ahead, and stop cleanly. `rows` is the short way for a
short list. Both follow `page_order`, which knows how Procore's pages behave.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.errors import LoginRequired
from procore_jupyter.session.api_errors import ProcoreAPIError, RateLimited
from procore_jupyter.session.bodies import BodyTooLarge
from procore_jupyter.session.envelope import identity
from procore_jupyter.session.list_request import TOO_LARGE, ListRequest, PageAnswer, request_page
from procore_jupyter.session.page import SMALLER, Page, PageRequest
from procore_jupyter.session.page_order import PageOrder
from procore_jupyter.session.scope import Scope
from procore_jupyter.session.workers import Crew

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

READ_AHEAD = 8 * 1024 * 1024
"""Bytes of answers under way, or waiting for their turn, while the caller waits for answers. One page may be larger."""

UNHURRIED = 512 * 1024
"""Bytes of the same while answers come as fast as the caller uses them up."""

BROKEN_ANSWERS = 2
"""How often a list's pages are requested again whose answer is no list: a proxy's page, a body that was cut off."""

FEW = 1000
"""Rows: with a limit up to this, lists are read one after another."""

LARGEST_PAGE = "largest_page"
"""The quirk of a list that refuses, or fails at, pages of more rows than this."""

BELIEVED = 3600.0
"""Seconds: so long a list is believed to take no page that is larger than the one that came, unless it named the largest."""

_PER_PAGE = re.compile(r"(?i)per[_ ]?page|page[_ ]?size")
_FOR_ALL = (LoginRequired, RateLimited, requests.ConnectionError)
"""Errors that end the reading of all lists."""


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


class ListSource:
    """Lists to read, given one after the other.

    Parameters
    ----------
    lists : iterable of ListRequest
        The lists. They are numbered in the order in which they are given.
    """

    def __init__(self, lists: Iterable[ListRequest] = ()) -> None:
        self._lists = deque(lists)

    def begin(self) -> ListRequest | None:
        """Return the next list to read; None if there is none, or as long as another one's answer has to come first."""
        return self._lists.popleft() if self._lists else None

    def answered(self, index: int, answer: PageAnswer) -> Sequence[ListRequest] | None:
        """Take in a first answer of a list, which may be a refusal.

        Parameters
        ----------
        index : int
            The list's number.
        answer : PageAnswer
            The answer.

        Returns
        -------
        sequence of ListRequest or None
            The lists to read in its place, if only none at all; None to go on with it.
        """
        return None


class ShortList(list[Any]):
    """The rows of a short list.

    Attributes
    ----------
    lack : str
        Why some may be missing; empty if all are there.
    """

    lack = ""


def rows(
    session: RefreshingSession,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    page_size: int | None = None,
) -> ShortList:
    """Return all rows of a short list, each once. This thread requests one page after the other.

    Parameters
    ----------
    session : RefreshingSession
        Sends the requests.
    path : str
        The list's address.
    params : mapping or None
        The query parameters, sent with every page.
    page_size : int or None
        Rows a page; None for as many as the list gives by itself.

    Returns
    -------
    ShortList
        The rows, as JSON gives them.

    Raises
    ------
    ProcoreAPIError
        The API refused, or its answer is no list.
    """
    wanted = ListRequest(path, [*(params or {}).items()], page_size=page_size)
    one = _List(0, wanted, session, limit=None)
    found = ShortList()
    known: set[Hashable] = set()
    while True:
        ask = one.next()
        if ask is None:
            if one.pages.look_again(len(found)):
                continue
            found.lack = one.pages.lack(len(found), path.rpartition("/")[2])
            return found
        one.take(ask, request_page(session, wanted, ask))
        if one.error is not None:
            raise one.error
        for page in one.pages.ready():
            ids = [identity(row) for row in page.rows]
            # Two rows of one answer are two, whatever their ids.
            found += [row for row, key in zip(page.rows, ids, strict=True) if key is None or key not in known]
            known.update(ids)


def read(
    session: RefreshingSession,
    lists: ListSource,
    around: Scope,
    *,
    concurrency: int = 4,
    limit: int | None = None,
    peek: int | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Event]:
    """Read lists, several pages at a time, and give their rows in order: list by list, page by page.

    Closing the iterator, or an error or interrupt that leaves it, stops everything: nothing is sent after that, and
    no thread stays.

    Parameters
    ----------
    session : RefreshingSession
        Sends the requests.
    lists : ListSource
        The lists to read.
    around : Scope
        The piece of work; it is stopped at the end.
    concurrency : int
        Requests under way at the same time, at most.
    limit : int or None
        Rows that are wanted of all lists together; more may come.
    peek : int or None
        If the lists turn out to have more rows than this, the iterator gives the rows that came and ends.
    tick : callable
        Called some ten times a second while no answer comes.

    Yields
    ------
    Rows, Idle or Failed
        Rows that came, a list that has no more, or a list that failed; the other lists go on.

    Raises
    ------
    LoginRequired, RateLimited, ProcoreAPIError (401), requests.ConnectionError
        No list can be read.
    """
    reading = _Lists(lists, session, limit)
    crew: _Crew = Crew(
        lambda job: request_page(session, job[0].wanted, job[1]),
        lambda answer: answer.size,
        around,
        concurrency,
    )
    abreast = 1 if limit is not None and limit <= FEW else concurrency
    try:
        while True:
            if peek is not None and reading.known_rows > peek:
                for one in reading.open:
                    yield from one.events()
                return
            while crew.busy < concurrency and (begun := reading.next_request(crew, abreast)):
                crew.begin(begun)
            if reading.open:
                came = False
                for event in reading.open[0].events():
                    came = True
                    yield event
                if reading.open[0].over:
                    reading.open.pop(0)
                if came:
                    continue
            elif not crew.busy:
                return
            around.resting = True
            answered = crew.wait(tick)
            if answered is not None:
                (one, ask), answer = answered
                if answer.status == 401 or isinstance(answer.error, _FOR_ALL):
                    assert answer.error is not None
                    raise answer.error
                around.resting = False
                reading.take(one, ask, answer)
            around.resting = False
    finally:
        crew.dismiss()
        session._pace.release()  # other kernels may wait for requests that this one took and doesn't need now


class _Lists:
    """The lists of one reading: those that are being read, in their order."""

    def __init__(self, source: ListSource, session: RefreshingSession, limit: int | None) -> None:
        self.open: list[_List] = []
        self._source, self._session, self._limit = source, session, limit
        self._all: list[_List] = []

    @property
    def known_rows(self) -> int:
        """Rows that the lists surely give, as far as they have told."""
        return sum(one.known_rows for one in self._all)

    def next_request(self, crew: _Crew, abreast: int) -> tuple[_List, PageRequest] | None:
        """Return the next page to request, of the earliest list that has one; None while enough is under way."""
        held = sum(one.held for one in self.open) + crew.expected
        ahead = sum(one.pages.ahead for one in self.open)
        most = READ_AHEAD if crew.waited_for else UNHURRIED
        if crew.busy and (held >= most or ahead >= 2 * crew.size):
            return None
        for one in self.open:
            ask = one.next()
            if ask is not None:
                return one, ask
        wanted = self._source.begin() if len(self.open) < abreast else None
        if wanted is None:
            return None
        self.open.append(self._begun(wanted))
        ask = self.open[-1].next()
        assert ask is not None  # its first page
        return self.open[-1], ask

    def _begun(self, wanted: ListRequest, largest: int | None = None) -> _List:
        self._all.append(_List(len(self._all), wanted, self._session, self._limit, largest))
        return self._all[-1]

    def take(self, one: _List, ask: PageRequest, answer: PageAnswer) -> None:
        """Take in an answer; with a first one, other lists may come to be read in place of its list."""
        of_size = _PER_PAGE.search(answer.said)
        instead = None if one.pages.begun or of_size else self._source.answered(one.index, answer)
        if instead is None:
            one.take(ask, answer)
            return
        at, path = self.open.index(one), one.wanted.path
        sizes = [one.largest if wanted.path == path else None for wanted in instead]
        self.open[at : at + 1] = map(self._begun, instead, sizes)


class _List:
    """One list while it is read."""

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
        self.held = 0  # bytes of answers that wait for their turn
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
        names_size = _PER_PAGE.search(said) is not None
        numbers = map(int, re.findall(r"\d{1,6}", said)) if names_size else ()
        largest = max((one for one in numbers if ask.size and one < ask.size), default=None)
        if largest is not None:  # known from now on, whatever comes of this list
            self._quirks.keep(self.wanted.path, LARGEST_PAGE, largest)
        # Of a refusal that doesn't name the size, as a rule something else is the reason. One try shows it.
        if not names_size and (self._refused is not None or ask.size is None or ask.size <= SMALLER[0]):
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


_Crew = Crew[tuple[_List, PageRequest], PageAnswer]
