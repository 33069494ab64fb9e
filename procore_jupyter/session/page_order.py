"""`PageOrder`: which page of a list to ask for next, and in which order pages are handed on. No network, no clock.

What is known of Procore's pages (its docs, plan_your_app/pagination, and what is seen in its answers):

- They are numbered from 1 (``page``, ``per_page``). ``Total`` and ``Per-Page`` tell of them, and ``Link`` hints that
  there is more. None of the three is sure to come. ``Link`` is never followed: the documented ones drop the caller's
  own parameters, and an address in an answer is no place to send a sign-in to.
- More rows than a list gives in a page are cut to fewer without a word, or refused.
- Some lists ignore ``page`` and give all their rows, or the same ones, again.
- Rows come and go while a list is read, and those behind them move to other pages. A row that moves to a later page
  is met twice: who takes the rows looks at their ids. One that moves from a page not yet read into one that was
  is missed. That shows by ``Total`` having fallen between the two, and then the earlier one is read once more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

LADDER = (1000, 500, 300, 200, 100, 50, 20)
"""Page sizes that are tried one after the other where a larger one is refused."""

FEWEST = 10
"""Rows of a page that is not made smaller, however long the server takes over it."""

ROUND = 10
"""Fixed limits are multiples of this."""

SECOND_LOOKS = 3
"""How often one page is read again because rows have moved."""

WHOLE_LOOKS = 2
"""How often all are read again, where rows came and others went."""

PERHAPS, SURELY = 0.5, 2
"""Pages' worth of rows that come again where nobody tells how long the list is: so many that it may give its first page for
every other, which is said in the end; and so many that it surely does, and nothing more is asked."""


@dataclass(frozen=True)
class Ask:
    """One page to ask for.

    Parameters
    ----------
    offset : int
        The place in the list of its first row, from 0; a multiple of `size`.
    size : int or None
        Rows to ask for; None: as many as the list gives by itself.
    numbered : bool
        Whether a page is asked for by its number at all.
    again : bool
        It was read before.
    probe : bool
        Nobody wants its rows: it tells whether the list heeds the size that is asked for.
    """

    offset: int = 0
    size: int | None = None
    numbered: bool = True
    again: bool = False
    probe: bool = False

    @property
    def params(self) -> dict[str, int]:
        """The parameters that ask for it."""
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
        Its rows, in whatever form they are handed on.
    first, last : hashable
        What tells its first and its last row from others; None in an empty page.
    total : int or None
        Rows of the whole list, as told.
    size : int or None
        Rows a page, as told.
    more : bool or None
        Whether the answer said that another page follows; None where it said nothing.
    """

    rows: Sequence[Any] = ()
    first: Hashable = None
    last: Hashable = None
    total: int | None = None
    size: int | None = None
    more: bool | None = None

    @property
    def mark(self) -> tuple[int, Hashable, Hashable]:
        """What it has in common with the same page read again."""
        return len(self.rows), self.first, self.last


@dataclass
class _Read:
    """A part of the list that was read, the total that came with it, and how often it was read again."""

    ask: Ask
    total: int | None
    looks: int = 0


class PageOrder:
    """The pages of one list: asked for, come in any order, handed on in theirs.

    Parameters
    ----------
    paged : bool
        Whether the list is known to come in pages.
    size : int or None
        Rows a page to ask for; None: as many as it gives by itself.
    limit : int or None
        Rows that are wanted at most.

    Attributes
    ----------
    total : int or None
        Rows of the whole list, as told last; None where nothing was told.
    size : int or None
        Rows a page, as far as is known.
    repeats : bool
        It gave a page again in place of the next one: it can't be read further than that.
    unpaged : bool
        It gives the same whatever page and size is asked for: all that it has, and not a first page.
    changed : bool
        Rows came or went while it was read.
    unsettled : bool
        They did so each time that it was read again: nobody can tell whether some were missed.
    """

    def __init__(self, *, paged: bool = True, size: int | None = None, limit: int | None = None) -> None:
        if size is not None and limit is not None:
            size = max(1, min(size, limit))
        self.size = size
        self.total: int | None = None
        self.repeats = self.changed = self.unsettled = self.unpaged = self._probed = False
        self._paged, self._limit = paged, limit
        self._tells_total = True
        self._todo = deque([Ask(0, size if paged else None, numbered=paged)])
        self._out: set[int] = set()
        self._came: dict[int, tuple[Ask, Page]] = {}
        self._again: list[Page] = []
        self._read: list[_Read] = []
        self._begun = False
        self._asked = self._handed = 0  # up to which place of the list
        self._rows = 0
        self._end: int | None = None
        """Where the list ends; None as long as only the next page can tell."""
        self._searched = False
        """It was looked behind its last page."""
        self._rose = self._fell = False
        """Whether the total was seen to rise and to fall since the list was last read from its start."""
        self._looked_at_front, self._looked_at_all = False, 0
        self._marks: list[tuple[int, Hashable, Hashable]] = []

    # Asking

    def next(self) -> Ask | None:
        """Return a page to ask for now, None where there is none, or where an answer has to come first."""
        if self._todo:
            # Where nobody tells how long the list is, the parts of a page go one by one too: a row that is put in
            # between two of them would be pushed past both.
            if self._begun and self._end is None and (self._out or self._came):
                return None
            ask = self._todo.popleft()
        elif self._may_go_on():
            ask = Ask(self._asked, self.size)
            assert self.size is not None
            self._asked += self.size
        else:
            return None
        self._out.add(ask.offset)
        return ask

    def _may_go_on(self) -> bool:
        if not self._begun or not self.size:
            return False
        # Pages may be smaller than they are said to be: where one follows the other, the rows themselves are counted.
        if self._limit is not None and (self._rows if self._end is None else self._asked) >= self._limit:
            return False
        if self._end is None:  # one by one
            return not (self._out or self._came)
        return self._asked < self._end

    @property
    def idle(self) -> bool:
        """Whether nothing is to be asked for, nothing under way, and all that came was handed on."""
        return not (self._todo or self._out or self._came or self._again or self._may_go_on())

    # Answers

    def came(self, ask: Ask, page: Page) -> None:
        """Take a page in."""
        self._out.discard(ask.offset)
        if ask.probe:
            # A list that has a limit alone gives the same too, and its limit is a round number.
            self.unpaged = page.mark == self._marks[0] and len(page.rows) % ROUND != 0
            return
        if not self._begun and page.more and page.total is not None and page.total <= len(page.rows):
            self._tells_total = False  # it counts the page, and not the list: another one follows
        if not self._tells_total:
            page = replace(page, total=None)
        if page.total is not None and self.total is not None and page.total != self.total:
            self.changed = True
            self._rose, self._fell = (
                self._rose or page.total > self.total,
                self._fell or page.total < self.total,
            )
            if self._end is not None and not self._searched:
                self._end = page.total
        self.total = self.total if page.total is None else page.total
        if ask.again:
            for one in self._read:
                if one.ask.offset == ask.offset:
                    one.total = page.total
            self._again.append(page)
        elif not self._begun:
            self._begin(ask, page)
        elif page.rows and page.mark in self._marks:
            self.repeats = True
            self._came[ask.offset] = (ask, Page())  # its place is taken all the same
            self._stop()
        else:
            self._came[ask.offset] = (ask, page)
            if self._end is None:
                self._find_end(ask, page)

    def _begin(self, ask: Ask, page: Page) -> None:
        """Learn from the first page how large pages are, and where the list ends."""
        self._begun = True
        count, asked = len(page.rows), ask.size
        more = bool(page.more) or (page.total is not None and page.total > count)
        if asked is None or count > asked:  # it gives what it likes
            size = count
        elif page.size is not None and count <= page.size <= asked:
            size = page.size
        elif page.total is None or count < page.total:
            size = count  # all that it gives of what was asked for: perhaps cut without a word
        else:
            size = asked
        self.size = size or asked
        self._asked = size or 1
        self._came[0] = (Ask(0, size or None, ask.numbered), page)
        self._marks.append(page.mark)
        told_whole = page.more is False or (page.size is not None and count < page.size)
        if page.total is not None:
            self._end = max(page.total, count)
        elif count == 0 or (not more and (told_whole or not self._paged)):
            self._end = count

    def _find_end(self, ask: Ask, page: Page) -> None:
        """Look whether a list whose length nobody told ends with this page."""
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
        """Ask for nothing behind what was asked for."""
        self._end = min(self._asked, self._asked if self._end is None else self._end)
        self._searched = True

    def too_large(self, ask: Ask) -> bool:
        """Ask for the rows of a page in smaller ones; False where they can't be made smaller."""
        smaller = _part(ask.size)
        if smaller is None or ask.size is None:
            return False
        self._out.discard(ask.offset)
        parts = [
            Ask(at, smaller, True, ask.again) for at in range(ask.offset, ask.offset + ask.size, smaller)
        ]
        if not self._begun:
            parts = parts[:1]  # it will tell how many there are
        self._todo.extendleft(reversed(parts))
        self.size = min(self.size or smaller, smaller)
        return True

    def size_refused(self, ask: Ask, largest: int | None = None) -> bool:
        """Ask for a first page of the next smaller size; False where there is none, or it isn't the first.

        Parameters
        ----------
        ask : Ask
            What was refused.
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
        self._todo.append(Ask(0, self.size))
        return True

    def broke_off(self, ask: Ask) -> None:
        """Ask for a page again whose answer was of no use."""
        self._out.discard(ask.offset)
        self._todo.appendleft(ask)

    # Handing on

    def ready(self) -> Iterator[Page]:
        """Give the pages that have come and are next in order, each once."""
        while self._handed in self._came:
            ask, page = self._came.pop(self._handed)
            self._read.append(_Read(ask, page.total))
            self._handed += ask.size or 1
            self._rows += len(page.rows)
            yield page
        again, self._again = self._again, []
        yield from again

    @property
    def ahead(self) -> int:
        """Pages that have come and wait for an earlier one."""
        return len(self._came)

    # The end

    def met(self, rows: int, unique: int) -> None:
        """Take in how many rows were handed on so far, and how many different ones there are among them.

        A list that gives its first page for every other, and that rows are put into meanwhile, never gives quite the
        same; it would be asked without end.
        """
        if self._come_again(rows, unique, SURELY):
            self._stop()

    def _come_again(self, rows: int, unique: int, pages: float) -> bool:
        """Tell, where nobody tells how long the list is, whether so many pages' rows came again."""
        if self.total is None and not self.repeats and self.size and rows - unique >= pages * self.size:
            self.repeats = self._probed = True
            return True
        return False

    def look_again(self, unique: int) -> bool:
        """Ask for what may have been missed; False where nothing was, or no more can be done about it.

        To be called when all is `idle`.

        Parameters
        ----------
        unique : int
            Different rows that were handed on.
        """
        if self._limit is not None and unique >= self._limit:
            return False
        self._come_again(self._rows, unique, PERHAPS)
        if self.repeats and self.total is None and not self._probed:
            self._probed = True
            self.unpaged = self._rows == 1  # no page is so small
            if self._rows > 1:
                self._todo.append(Ask(0, self._rows - 1, probe=True))
            return self._rows > 1
        if self.total is None or self.repeats:
            return False
        if 0 < self._rows < self.total and not self._searched:
            # It has grown, or its pages are smaller than it says. The next one tells.
            self._end, self._searched = None, True
            return True
        for earlier, later in zip(self._read, self._read[1:], strict=False):
            fell = earlier.total is not None and later.total is not None and earlier.total > later.total
            if fell and earlier.looks < SECOND_LOOKS:
                self._look_at(earlier)
        if self._todo:
            return True
        doubles = unique < self._rows
        if (self._rose and self._fell) or (self._fell and doubles):
            # Rows came and others went: the total tells of the difference alone.
            return self._look_at_all()
        if unique < self.total and (self.changed or doubles):
            if not self._looked_at_front:
                self._looked_at_front = True  # new rows, as a rule
                self._look_at(self._read[0])
                return True
            return doubles and self._look_at_all()
        return False

    def _look_at_all(self) -> bool:
        if self._looked_at_all == WHOLE_LOOKS:
            self.unsettled = True
            return False
        self._looked_at_all += 1
        self._rose = self._fell = False
        for one in self._read:
            self._look_at(one)
        return True

    def _look_at(self, one: _Read) -> None:
        one.looks += 1
        self._todo.append(Ask(one.ask.offset, one.ask.size, True, again=True))


def _part(size: int | None) -> int | None:
    """Return the size of the largest equal parts of a page, None where they would be too small."""
    if size is None:
        return None
    parts = next((size // by for by in (2, 3, 5, 7) if size % by == 0), 0)
    return parts if parts >= FEWEST else None
