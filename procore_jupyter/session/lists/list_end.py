"""`ListEnd`: whether a list has ended, by what its pages say and by what is on them. No network, no clock.

``Total`` and ``Link`` may each be missing or wrong. They are believed as long as the rows don't speak against them; without both,
only a page that brings nothing ends a list. Where they promise rows that don't come, a bound ends the asking.
"""

from __future__ import annotations

from procore_jupyter.session.lists.page import Page

PATIENCE = 10
"""Pages in a row without a row, in a list that is said to go on, after which no more are requested."""


class ListEnd:
    """What the pages of one list tell of its end, taken in by the list's order.

    Attributes
    ----------
    total : int or None
        Rows of the whole list, as told last; None if nobody told them, or they are not believed.
    disproved : int or None
        The total that is not believed.
    rows : int
        Rows that came, each page once.
    reached : bool
        No page is to be requested behind those that were.
    broken_promise : bool
        The list was said to go on, and gave nothing more.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.disproved: int | None = None
        self.rows = 0
        self.reached = False
        self.broken_promise = False
        self._places = 0  # rows that came, and those that may not be seen
        self._heeds_size = True  # else what it says of a next page may count by the size that was requested
        self._links = False  # whether any page told if another follows
        self._barren = 0  # pages without a row, since the last one that had some
        self._beyond = False  # whether pages behind the told end are read
        # Of the last page: whether it was said that another follows, and whether it is full.
        self._last: tuple[bool | None, bool] = (None, False)

    def begin(self, page: Page, asked: int | None, *, paged: bool) -> None:
        """Look at the first page, before its turn: a record, or a list without pages, has no other.

        Parameters
        ----------
        page : Page
            The page.
        asked : int or None
            The rows that were requested.
        paged : bool
            Whether the list can have pages.
        """
        self._heeds_size = asked is None or page.places <= asked
        more = page.more or (page.total is not None and page.total > page.places)
        self.reached = page.record or not (paged or more)

    @property
    def believes_total(self) -> bool:
        """Whether no page had rows beyond the total that it told."""
        return self.disproved is None

    def stop(self) -> None:
        """Have no page requested behind those that were."""
        self.reached = True

    def reached_by(self, page: Page) -> bool:
        """Tell whether a page has the last rows, as the headers have it."""
        count = self.rows + len(page.rows)
        return page.more is False or (self.total is not None and count >= self.total and not page.more)

    def weigh(self, page: Page, *, full: bool, one_by_one: bool) -> None:
        """Take in the next page.

        Parameters
        ----------
        page : Page
            The page.
        full : bool
            It has as many places as were requested.
        one_by_one : bool
            Pages are requested one by one, as nobody knows where the list ends.
        """
        self.rows += len(page.rows)
        self._places += page.places
        if self.believes_total and page.total is not None and page.rows and self._places > page.total:
            self.disproved, self.total = page.total, None
            one_by_one = True
        self._links = self._links or page.more is not None
        self._last = page.more, full
        if page.rows:
            self._barren = 0
            if one_by_one and not self._expects_more and self._says_end(page.more, full):
                self.stop()
            return
        self._barren += 1
        promised = bool(page.more) and self._heeds_size and (self.total is None or self._expects_more)
        counted = page.more is None and self._expects_more and not self._beyond
        if self._barren >= (PATIENCE if promised or counted else 1):
            self.stop()
            self.broken_promise = promised

    @property
    def _expects_more(self) -> bool:
        """Whether there are more rows by the total."""
        return self.total is not None and self.rows < self.total

    def _says_end(self, more: bool | None, full: bool) -> bool:
        """Tell whether the last page with rows is the list's last one, as far as the total doesn't say otherwise."""
        if more is not None:
            return not more
        # Whoever tells of a next page tells of each. Else the total does, unless it counts the page and not the list.
        return self._links or (self.total is not None and not full)

    def may_be_further(self) -> bool:
        """Tell whether pages behind the told end are worth a request; from then on they come one by one."""
        more, full = self._last
        if self.reached or self._beyond:
            return False
        further = more if more is not None else self._expects_more or not self._says_end(more, full)
        self._beyond = self._beyond or further
        return further
