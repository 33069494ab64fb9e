"""`PageOrder`: which page of a list to request next, and in which order pages are handed on. No network, no clock.

What Procore's pages are like (its docs, plan_your_app/pagination, and its answers):

- Pages are numbered from 1 (``page``, ``per_page``). ``Total`` and ``Per-Page`` describe them, and ``Link`` hints that
  another page follows. Each of the three may be missing. ``Link`` is never followed: the documented ones drop the
  caller's own parameters, and an address in an answer is no place to send a token to.
- A list that is asked for more rows a page than it gives cuts the page without a word, or refuses.
- Some lists ignore ``page`` and give all their rows, or the same rows, again.
- Rows come and go while a list is read: `page_audit` finds the pages to read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from procore_jupyter.session.page_audit import PageAudit
from procore_jupyter.wording import counted

LADDER = (1000, 500, 300, 200, 100, 50, 20)
"""Rows a page that are tried one after the other when a larger page is refused."""

FEWEST = 10
"""Rows a page: no page is made smaller than this, however long the server takes."""

ROUND = 10
"""Rows: a list's own limit is a multiple of this."""

PERHAPS = 0.5
"""Pages: as many repeated rows, in a list that tells no total, suggest in the end that it ignores ``page``."""

SURELY = 2
"""Pages: as many repeated rows, in a list that tells no total, prove that it ignores ``page``: reading stops."""


@dataclass(frozen=True)
class PageRequest:
    """One page to request.

    Parameters
    ----------
    offset : int
        The place of its first row in the list, from 0; a multiple of `size`.
    size : int or None
        Rows to request; None for as many as the list gives by itself.
    numbered : bool
        Whether the request has page parameters at all.
    again : bool
        The page was read before.
    probe : bool
        The rows are not handed on: the answer shows whether the list heeds the size.
    """

    offset: int = 0
    size: int | None = None
    numbered: bool = True
    again: bool = False
    probe: bool = False

    @property
    def params(self) -> dict[str, int]:
        """The query parameters."""
        found = {}
        if self.size is not None and self.numbered:
            found["per_page"] = self.size
        if self.numbered:
            found["page"] = 1 + (self.offset // self.size if self.size else 0)
        return found


@dataclass(frozen=True)
class Page:
    """One page that came.

    Parameters
    ----------
    rows : sequence
        Its rows, in any form.
    first, last : hashable
        Tell the first and the last row from others; None in an empty page.
    total : int or None
        Rows of the whole list, if the answer told them.
    size : int or None
        Rows a page, if the answer told them.
    more : bool or None
        Whether the answer said that another page follows; None if it said nothing.
    nulls : int
        Places of the page that hold no row.
    record : bool
        The answer is one record, and no list: no page follows.
    """

    rows: Sequence[Any] = ()
    first: Hashable = None
    last: Hashable = None
    total: int | None = None
    size: int | None = None
    more: bool | None = None
    nulls: int = 0
    record: bool = False

    @property
    def places(self) -> int:
        """How many rows the page has, those included that may not be seen."""
        return len(self.rows) + self.nulls

    @property
    def mark(self) -> tuple[int, Hashable, Hashable]:
        """Is the same for the same page read again."""
        return len(self.rows), self.first, self.last


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
    total : int or None
        Rows of the whole list, as told last; None if no answer told them.
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
        self.total: int | None = None
        self.repeats = False
        self.unpaged = False
        self._probed = whole
        self._whole = whole
        self._paged, self._limit = paged, limit
        self._tells_total = True
        self._todo = deque([PageRequest(0, size if paged else None, numbered=paged)])
        self._out: set[int] = set()  # offsets of the pages under way
        self._came: dict[int, tuple[PageRequest, Page]] = {}  # pages before their turn, by offset
        self._again: list[Page] = []  # pages that came once more, to be handed on
        self._begun = False  # whether the first page has come
        self._asked = 0  # the place in the list up to which pages were requested
        self._handed = 0  # the place in the list up to which pages were handed on
        self._rows = 0  # rows that were handed on, each page once
        self._end: int | None = None  # where the list ends; None as long as only the next page can tell
        self._searched = False  # whether a page behind the last one was requested
        self._marks: list[tuple[int, Hashable, Hashable]] = []  # of the first page, and of the last that came
        self._audit = PageAudit()

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
            if self._begun and self._end is None and (self._out or self._came):
                return None
            ask = self._todo.popleft()
        elif self._may_go_on():
            ask = PageRequest(self._asked, self.size)
            assert self.size is not None
            self._asked += self.size
        else:
            return None
        self._out.add(ask.offset)
        return ask

    def _may_go_on(self) -> bool:
        if not self._begun or not self.size:
            return False
        # Pages may be smaller than they are said to be: as long as they come one by one, the rows themselves count.
        if self._limit is not None and (self._rows if self._end is None else self._asked) >= self._limit:
            return False
        if self._end is None:  # one by one
            return not (self._out or self._came)
        return self._asked < self._end

    @property
    def idle(self) -> bool:
        """Whether nothing is to be requested, nothing is under way, and all that came was handed on."""
        return not (self._todo or self._out or self._came or self._again or self._may_go_on())

    # Answers

    def came(self, ask: PageRequest, page: Page) -> None:
        """Take in the page that answers a request."""
        self._out.discard(ask.offset)
        if ask.probe:
            # A list with a limit alone gives the same page too, and its limit is a round number.
            self.unpaged = page.mark == self._marks[0] and len(page.rows) % ROUND != 0
            return
        if not self._begun and page.more and page.total is not None and page.total <= len(page.rows):
            self._tells_total = False  # its total counts the page, and not the list: another page follows
        if not self._tells_total:
            page = replace(page, total=None)
        self._audit.total_told(self.total, page.total)
        if page.total is not None:
            if self.total not in (None, page.total) and self._end is not None and not self._searched:
                self._end = page.total
            self.total = page.total
        if ask.again:
            self._audit.was_read_again(ask.offset, page.total)
            self._again.append(page)
        elif not self._begun:
            self._begin(ask, page)
        elif page.rows and page.mark in self._marks:
            self.repeats, self.unpaged = True, self._whole
            self._came[ask.offset] = (ask, Page())  # its place is taken all the same
            self._stop()
        else:
            self._came[ask.offset] = (ask, page)
            if self._end is None:
                self._find_end(ask, page)

    def _begin(self, ask: PageRequest, page: Page) -> None:
        """Learn from the first page how large pages are, and where the list ends."""
        self._begun = True
        count, asked = len(page.rows), ask.size
        if count == asked:  # it heeds the size, so it may not come whole after all
            self._whole = self._probed = False
        more = bool(page.more) or (page.total is not None and page.total > count)
        if asked is None or count > asked:  # the list gives what it likes
            size = count
        elif page.size is not None and count <= page.size <= asked:
            size = page.size
        elif page.total is None or count < page.total:
            size = count  # all that the list gives of what was requested: perhaps cut without a word
        else:
            size = asked
        self.size = size or asked
        self._asked = size or 1
        self._came[0] = (PageRequest(0, size or None, ask.numbered), page)
        self._marks.append(page.mark)
        told_whole = page.more is False or (page.size is not None and count < page.size)
        if page.record:
            self._end, self._searched = count, True
        elif page.total is not None:
            self._end = max(page.total, count)
        elif count == 0 or (not more and (told_whole or not self._paged)):
            self._end = count

    def _find_end(self, ask: PageRequest, page: Page) -> None:
        """Find out whether a list without a known end ends with this page."""
        count = len(page.rows)
        self._marks[1:] = [page.mark]
        if self._searched:
            if not count or (self.total is not None and self._rows + count >= self.total):
                self._stop()
        elif self.total is not None:
            self._end = self.total
        elif not count or page.more is False or not (page.more or count >= (ask.size or 1)):
            self._end = ask.offset + count

    def _stop(self) -> None:
        """Request nothing behind the pages requested so far."""
        self._end = min(self._asked, self._asked if self._end is None else self._end)
        self._searched = True

    def too_large(self, ask: PageRequest) -> bool:
        """Request the rows of a page in smaller pages; return False if they can't be made smaller."""
        smaller = _part(ask.size)
        if smaller is None or ask.size is None:
            return False
        self._out.discard(ask.offset)
        parts = [
            PageRequest(at, smaller, True, ask.again)
            for at in range(ask.offset, ask.offset + ask.size, smaller)
        ]
        if not self._begun:
            parts = parts[:1]  # the first page tells how many there are
        self._todo.extendleft(reversed(parts))
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
        if self._begun or ask.size is None:
            return False
        self._out.discard(ask.offset)
        if largest is not None and 0 < largest < ask.size:
            self.size = largest
        else:
            self.size = next((step for step in LADDER if step < ask.size), None)
        self._todo.append(PageRequest(0, self.size))
        return True

    def broke_off(self, ask: PageRequest) -> None:
        """Request a page again whose answer was useless."""
        self._out.discard(ask.offset)
        self._todo.appendleft(ask)

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
                f"Procore counts {counted(self.total, 'row')} of {name} there and gave {unique:,}: some you may not see, or "
                "the list changed while it was read."
            )
        if self.repeats and self.total is None and not self.unpaged:
            return f"Procore gave rows of {name} again in place of others: {came}, and there may be more."
        if self.unsettled:
            return f"{name} kept changing while it was read: {came}, and some may be missing. Read it again when less is going on."
        return ""

    # Handing on

    def ready(self) -> Iterator[Page]:
        """Give the pages that have come and whose turn it is, each once."""
        while self._handed in self._came:
            ask, page = self._came.pop(self._handed)
            self._audit.was_read(ask.offset, ask.size, page.total)
            self._handed += ask.size or 1
            self._rows += len(page.rows)
            yield page
        again, self._again = self._again, []
        yield from again

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
        if self._came_again(rows, unique, SURELY):
            self._stop()

    def _came_again(self, rows: int, unique: int, pages: float) -> bool:
        """Find out whether so many pages of rows were repeated, in a list that tells no total."""
        if self.total is None and not self.repeats and self.size and rows - unique >= pages * self.size:
            self.repeats = self._probed = True
            self.unpaged = self.unpaged or self._whole
            return True
        return False

    def look_again(self, unique: int) -> bool:
        """Request what may have been missed; return False if nothing was, or nothing can be done about it.

        To be called when all is `idle`.

        Parameters
        ----------
        unique : int
            Different rows that were handed on.
        """
        if self._limit is not None and unique >= self._limit:
            return False
        self._came_again(self._rows, unique, PERHAPS)
        if self.repeats and self.total is None and not self._probed:
            self._probed = True
            self.unpaged = self._rows == 1  # no page is so small
            if self._rows > 1:
                self._todo.append(PageRequest(0, self._rows - 1, probe=True))
            return self._rows > 1
        if self.total is None or self.repeats:
            return False
        if 0 < self._rows < self.total and not self._searched:
            # The list has grown, or its pages are smaller than it says. The next page shows which.
            self._end, self._searched = None, True
            return True
        for part in self._audit.missed(self._rows, unique, self.total):
            self._todo.append(PageRequest(part.offset, part.size, again=True))
        return bool(self._todo)


def _part(size: int | None) -> int | None:
    """Return the size of the largest equal parts of a page; None if they would be too small."""
    if size is None:
        return None
    parts = next((size // by for by in (2, 3, 5, 7) if size % by == 0), 0)
    return parts if parts >= FEWEST else None
