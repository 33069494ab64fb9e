"""`PageOrder`: which page of a list to request next, and in which order pages are handed on. No network, no clock.

What Procore's pages are like (its docs, plan_your_app/pagination, and its answers):

- Pages are numbered from 1 (``page``, ``per_page``). ``Total`` and ``Per-Page`` describe them, and ``Link`` hints that
  another page follows. Each of the three may be missing, or wrong: `list_end` weighs them. ``Link`` is never followed: the
  documented ones drop the caller's own parameters, and an address in an answer is no place to send a token to.
- A list that is asked for more rows a page than it gives cuts the page without a word, refuses, or fails.
- Rows that a person may not see are left out of their page, so a page may have few rows, or none.
- Some lists ignore ``page`` and give all their rows, or the same rows, again.
- Rows come and go while a list is read: `page_audit` finds the pages to read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace

from procore_jupyter.session.lists.list_end import ListEnd
from procore_jupyter.session.lists.page import Page, PageRequest
from procore_jupyter.session.lists.page_audit import PageAudit
from procore_jupyter.wording import counted

ROUND = (10, 25)
"""Rows: a list's own limit is a multiple of one of these."""

TWICE = 2
"""Pages of a list that fail as they are too large; from then on all are smaller."""

PERHAPS = 0.5
"""Pages: as many repeated rows, in a list that tells no total, suggest in the end that it ignores ``page``."""

SURELY = 2
"""Pages: as many repeated rows, in a list that tells no total, prove that it ignores ``page``: reading stops."""

IN_VAIN = 10
"""Pages: as many repeated rows end the reading of a list that tells a total too."""


class PageOrder:
    """The pages of one list: requested, received in any order, handed on in the list's order.

    Parameters
    ----------
    paged : bool
        Whether the list can have pages: a single record has none.
    whole : bool
        Whether the list is said to come whole: then a page that comes again is all of it.
    size : int or None
        Rows a page to request; None for as many as the list gives by itself.
    limit : int or None
        Rows that are wanted at most.

    Attributes
    ----------
    begun : bool
        The first page has come.
    size : int or None
        Rows a page, as far as known.
    repeats : bool
        The list gave a page again in place of the next one, so it can't be read further.
    unpaged : bool
        The list gives the same rows whatever page and size are requested: all that it has, and not its first page.
    """

    def __init__(
        self, *, paged: bool = True, whole: bool = False, size: int | None = None, limit: int | None = None
    ) -> None:
        if size is not None and limit is not None:
            size = max(1, min(size, limit))
        self.size = size
        self.repeats = False
        self.unpaged = False
        self._probed = whole
        self._whole = whole
        self._paged, self._limit = paged, limit
        first = PageRequest(0, size if paged else None, numbered=paged)
        self._todo = deque([first])
        self._line = deque([first])  # the pages to hand on, in the list's order
        self._out: set[PageRequest] = set()  # under way
        self._came: dict[PageRequest, Page] = {}  # before their turn
        self.begun = False
        self._asked = 0  # the place in the list up to which pages were requested
        self._beside: int | None = None  # the place up to which it is done side by side; None: one by one
        self._guess: int | None = None  # the size that was asked for first, while the list's own is a guess
        self._by_number = (
            False  # whether nobody knows how many places a page has, so that only its number counts
        )
        self._largest = 1  # places of the largest page that came
        self._failed = 0  # pages that were too large
        self._promised = False  # whether the page that came again said that another follows
        self._looked = False  # whether anything was requested again
        self._marks: list[tuple[int, Hashable, Hashable]] = []  # of the first page, and of the one before
        self._end = ListEnd()
        self._audit = PageAudit()

    @property
    def total(self) -> int | None:
        """Rows of the whole list, as told last; None if no answer told them, or what it told can't be."""
        return self._end.total

    @property
    def changed(self) -> bool:
        """Whether rows came or went while the list was read."""
        return self._audit.changed

    @property
    def unsettled(self) -> bool:
        """Whether rows came and went each time that the list was read again, so that some may be missing."""
        return self._audit.unsettled

    # Requests

    def next(self) -> PageRequest | None:
        """Return a page to request; None if there is none, or if an answer has to come first."""
        if self._todo:
            # Without a known end, the parts of a page go one by one too: a row that is put in between two
            # of them would be pushed past both.
            if self.begun and self._beside is None and (self._out or self._came):
                return None
            ask = self._todo.popleft()
        elif self._may_go_on():
            ask = PageRequest(self._asked, self.size)
            assert self.size is not None
            self._asked += self.size
            self._line.append(ask)
        else:
            return None
        self._out.add(ask)
        return ask

    def _may_go_on(self) -> bool:
        if not self.begun or not self.size or self._end.reached:
            return False
        # Pages may be smaller than they are said to be: as long as they come one by one, the rows themselves count.
        so_far = self._end.rows if self._beside is None else self._asked
        if self._limit is not None and so_far >= self._limit:
            return False
        if self._beside is None:  # one by one
            return not (self._out or self._came)
        return self._asked < self._beside

    @property
    def idle(self) -> bool:
        """Whether nothing is to be requested, nothing is under way, and all that came was handed on."""
        return not (self._todo or self._out or self._came or self._may_go_on())

    # Answers

    def came(self, ask: PageRequest, page: Page) -> None:
        """Take in the page that answers a request."""
        self._out.discard(ask)
        if ask.probe:
            # A list with a limit alone gives the same page too, and its limit is a round number.
            self.unpaged = page.mark == self._marks[0] and not _is_round(len(page.rows))
            return
        if self._end.believes_total and page.total is not None:
            self._audit.total_told(self.total, page.total)
            if self.total not in (None, page.total) and self._beside is not None:
                self._beside = page.total
            self._end.total = page.total
        if not self.begun:
            ask = self._begin(ask, page)
        elif page.rows and page.mark == self._marks[0] and not ask.again:
            self._end.stop()  # at once, and not when its turn comes
        self._came[ask] = replace(page, again=ask.again)

    def _begin(self, ask: PageRequest, page: Page) -> PageRequest:
        """Learn from the first page how large pages are; return the request that gives it once more."""
        self.begun = True
        count, asked = page.places, ask.size
        if count == asked:  # it heeds the size, so it may not come whole after all
            self._whole = self._probed = False
        told_all = page.total is not None and page.total <= count and not page.more
        if page.size is not None and count <= page.size <= (asked or page.size):
            self.size = page.size
        elif asked is None or count > asked:  # the list gives what it likes
            self.size = count or asked
        elif count < asked and _is_round(count) and not (told_all or self._whole):
            # Perhaps cut without a word. The next page shows whether there are as many rows on it.
            self.size, self._guess = count, asked
        elif 0 < count < asked and not told_all:
            # So few because the list ends, or a person may not see the others.
            self._guess, self._by_number = asked, True
        self._end.begin(page, asked, paged=self._paged)
        self._beside = None if self._guess else self.total
        self._asked = self.size or 1
        begun = PageRequest(0, self.size, ask.numbered)
        self._line[0] = begun
        self._marks = [page.mark]
        return begun

    def too_large(self, ask: PageRequest) -> bool:
        """Request the rows of a page in smaller pages; return False if they can't be made smaller."""
        if ask.size is None or (smaller := ask.smaller) is None or (self._by_number and self.begun):
            return False
        self._out.discard(ask)
        if not self.begun:
            self._request_first(smaller)  # it tells how many there are
            return True
        self._failed += 1
        parts = [
            replace(ask, offset=at, size=smaller) for at in range(ask.offset, ask.offset + ask.size, smaller)
        ]
        at = self._line.index(ask)
        self._line.remove(ask)
        for part in reversed(parts):
            self._line.insert(at, part)
            self._todo.appendleft(part)
        if self._failed >= TWICE:
            self.size = min(self.size or smaller, smaller)
        return True

    def size_refused(self, ask: PageRequest, largest: int | None = None) -> bool:
        """Request a smaller first page; return False if there is no smaller size, or the page isn't the first.

        Parameters
        ----------
        ask : PageRequest
            The request that was refused.
        largest : int or None
            The largest size that the refusal names.
        """
        if self.begun or ask.size is None:
            return False
        self._out.discard(ask)
        named = largest is not None and 0 < largest < ask.size
        self._request_first(largest if named else ask.smaller)
        return True

    def start_over(self, ask: PageRequest, size: int | None) -> None:
        """Request the first page in another size than that in which it came."""
        self._out.discard(ask)
        self._request_first(size)

    def _request_first(self, size: int | None) -> None:
        self.size = size
        first = PageRequest(0, size)
        self._line[0] = first
        self._todo.append(first)

    def broke_off(self, ask: PageRequest) -> None:
        """Request a page again whose answer was useless."""
        self._out.discard(ask)
        self._todo.appendleft(ask)

    def go_on(self) -> None:
        """Request again what was under way or waited for its turn, after the reading of the list was stopped.

        The last page that was handed on is read again before: if it has other rows now, rows have moved (`moved`).
        """
        again = [ask for ask in self._line if ask in self._out or ask in self._came]
        last = self._audit.last
        if last is not None:
            again.insert(0, PageRequest(last.offset, last.size, again=True))
            self._line.appendleft(again[0])
        self._todo.extendleft(reversed(again))
        self._out.clear()
        self._came.clear()

    def moved(self) -> None:
        """Take in that rows have moved while the reading was stopped, whatever the total says: all pages are read again."""
        self._audit.moved()

    def lack(self, unique: int, name: str) -> str:
        """Return why rows of the list may be missing, once it was read to its end; empty if all are there.

        Parameters
        ----------
        unique : int
            Different rows that came.
        name : str
            What the list is called.
        """
        came = f"{counted(unique, 'row')} came"
        if self.total is not None and unique < self.total:
            return (
                f"Procore counts {counted(self.total, 'row')} of {name} there and gave {unique:,}: either you don't have "
                "access to all of them, or the list changed while it was being read."
            )
        if self.repeats and not self.unpaged and (self.total is None or self._promised):
            return f"Procore gave rows of {name} again in place of others: {came}, and there may be more."
        if self._end.broken_promise:
            return (
                f"Procore said that more rows of {name} follow, and gave none: {came}, and there may be more."
            )
        if self.unsettled:
            return f"{name} kept changing while it was being read: {came}, and some may be missing. Read it again when fewer people are working on it."
        return ""

    # Handing on

    def ready(self) -> Iterator[Page]:
        """Give the pages that have come and whose turn it is, each once."""
        while self._line and self._line[0] in self._came:
            ask = self._line.popleft()
            page = self._came.pop(ask)
            if ask.again:
                self._audit.was_read_again(ask.offset, page.total)
            else:
                page = self._settle(ask, page)
            yield page

    def _settle(self, ask: PageRequest, page: Page) -> Page:
        """Find out what a page tells of the list's end; return what of it is to be handed on."""
        first = ask.offset == 0
        if not first and page.rows and page.mark in self._marks:
            self.repeats, self.unpaged = True, self._whole
            self._promised = bool(page.more)
            self._end.stop()
            return Page()
        self._marks[1:] = [page.mark]
        self._largest = max(self._largest, page.places)
        full = ask.size is not None and page.places >= ask.size
        guessed = self._guess is not None and not first and ask.size != self._guess
        if guessed and not full and not self._end.reached_by(page):
            # So few rows are on a page of what was taken for its size: it is larger, and they are all that may be seen.
            assert self._guess is not None
            self.size = self._asked = self._guess
            self._guess, self._by_number = None, True
            return page  # whose rows come again
        if guessed and full:
            self._guess, self._beside = None, self.total
        believed = self._end.believes_total
        self._audit.was_read(ask.offset, ask.size, page.total if believed else None)
        self._end.weigh(page, full=full, one_by_one=self._beside is None)
        if believed and not self._end.believes_total:
            self._audit.distrust_totals()
            self._beside = None
        return page

    @property
    def ahead(self) -> int:
        """Number of pages that have come and wait for an earlier one."""
        return len(self._came)

    # The end

    def met(self, rows: int, unique: int) -> None:
        """Stop reading a list that surely ignores ``page``. To be called whenever rows were handed on.

        A list that gives its first page for every other, and into which rows are put meanwhile, never gives quite the
        same page, so it would be read without end.

        Parameters
        ----------
        rows : int
            Rows that were handed on so far.
        unique : int
            Different rows among them.
        """
        if not self._looked and self._came_again(rows, unique, SURELY if self.total is None else IN_VAIN):
            self._end.stop()

    def _came_again(self, rows: int, unique: int, pages: float) -> bool:
        """Find out whether so many pages of rows were repeated."""
        if not self.repeats and rows - unique >= pages * self._largest:
            self.repeats = self._probed = True
            self.unpaged = self.unpaged or self._whole
            return True
        return False

    def look_again(self, unique: int, *, doubtful: bool = False) -> bool:
        """Request what may have been missed; return False if nothing was, or nothing can be done about it.

        To be called when all is `idle`.

        Parameters
        ----------
        unique : int
            Different rows that were handed on.
        doubtful : bool
            A row came that has another's id, at a place to which no row that comes or goes moves it.
        """
        if self._limit is not None and unique >= self._limit:
            return False
        if self.total is None and not self._looked and unique != self._end.disproved:
            self._came_again(self._end.rows, unique, PERHAPS)
        if self.repeats and self.total is None and not self._probed:
            self._probed = True
            self.unpaged = self._end.rows == 1  # no page is so small
            if self._end.rows > 1:
                self._todo.append(PageRequest(0, self._end.rows - 1, probe=True))
            return self._end.rows > 1
        if self.repeats:
            return False
        if self._beside is not None and self._end.may_be_further():
            self._beside = None
            return True
        for part in self._audit.missed(self._end.rows, unique, self.total, doubtful=doubtful):
            self._looked = True
            again = PageRequest(part.offset, part.size, again=True)
            self._todo.append(again)
            self._line.append(again)
        return bool(self._todo)


def _is_round(count: int) -> bool:
    return count > 0 and any(count % by == 0 for by in ROUND)
