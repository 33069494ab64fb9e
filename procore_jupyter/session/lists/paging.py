"""Lists of the API, read whole: the pages of one list or of several, some at a time, handed on in order.

`read` serves whatever has many rows: threads request pages ahead, and stop cleanly. `rows` is the short way for a
short list. Both follow `page_order`, which knows how Procore's pages behave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.errors import LoginRequired
from procore_jupyter.session.api_errors import RateLimited
from procore_jupyter.session.lists.envelope import identity
from procore_jupyter.session.lists.list_request import ListRequest, PageAnswer, request_page
from procore_jupyter.session.lists.open_list import Event, OpenList, names_size
from procore_jupyter.session.lists.page import PageRequest
from procore_jupyter.session.lists.workers import Crew
from procore_jupyter.session.scope import Scope

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

READ_AHEAD = 8 * 1024 * 1024
"""Bytes of answers under way, or waiting for their turn, while the caller waits for answers. One page may be larger."""

UNHURRIED = 512 * 1024
"""Bytes of the same while answers come as fast as the caller uses them up."""

FEW = 1000
"""Rows: with a limit up to this, lists are read one after another."""

_FOR_ALL = (LoginRequired, RateLimited, requests.ConnectionError)
"""Errors that end the reading of all lists."""


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
    requests : int
        The requests that they took.
    """

    lack = ""
    requests = 0


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
    one = OpenList(0, wanted, session, limit=None)
    found = ShortList()
    known: set[Hashable] = set()
    while True:
        ask = one.next()
        if ask is None:
            if one.pages.look_again(len(found)):
                continue
            found.lack = one.pages.lack(len(found), path.rpartition("/")[2])
            return found
        found.requests += 1
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
        self.open: list[OpenList] = []
        self._source, self._session, self._limit = source, session, limit
        self._all: list[OpenList] = []

    @property
    def known_rows(self) -> int:
        """Rows that the lists surely give, as far as they have told."""
        return sum(one.known_rows for one in self._all)

    def next_request(self, crew: _Crew, abreast: int) -> tuple[OpenList, PageRequest] | None:
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

    def _begun(self, wanted: ListRequest, largest: int | None = None) -> OpenList:
        self._all.append(OpenList(len(self._all), wanted, self._session, self._limit, largest))
        return self._all[-1]

    def take(self, one: OpenList, ask: PageRequest, answer: PageAnswer) -> None:
        """Take in an answer; with a first one, other lists may come to be read in place of its list."""
        of_size = names_size(answer.said)
        instead = None if one.pages.begun or of_size else self._source.answered(one.index, answer)
        if instead is None:
            one.take(ask, answer)
            return
        at, path = self.open.index(one), one.wanted.path
        sizes = [one.largest if wanted.path == path else None for wanted in instead]
        self.open[at : at + 1] = map(self._begun, instead, sizes)


_Crew = Crew[tuple[OpenList, PageRequest], PageAnswer]
