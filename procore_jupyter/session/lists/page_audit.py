"""`PageAudit`: which pages to read again because rows came or went while the list was read. No network, no clock.

The rows behind one that comes or goes move to other pages. A row that moves to a later page arrives twice: whoever
takes the rows compares their ids. A row that moves from a page not yet read to one already read is missed: the total
falls between the two pages, so the earlier one is read again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

PAGE_LOOKS = 3
"""How often one page is read again because rows have moved."""

WHOLE_LOOKS = 2
"""How often all pages are read again because rows came and others went."""


@dataclass
class ReadPart:
    """A part of the list that was read and handed on.

    Parameters
    ----------
    offset, size : int, int or None
        As in `PageRequest`.
    total : int or None
        Rows of the whole list, as the latest answer for this part told.
    looks : int
        How often the part was read again.
    """

    offset: int
    size: int | None
    total: int | None
    looks: int = 0


class PageAudit:
    """The parts of one list that were read, and how its total moved meanwhile.

    Attributes
    ----------
    changed : bool
        Rows came or went while the list was read.
    unsettled : bool
        Rows came and went each time that the list was read again: nobody can tell whether some were missed.
    """

    def __init__(self) -> None:
        self.changed = False
        self.unsettled = False
        self._parts: list[ReadPart] = []
        # Whether the total was seen to rise and to fall since the list was last read from its start.
        self._rose = False
        self._fell = False
        self._doubtful = False
        self._looked_at_front = False
        self._looked_at_all = 0

    def total_told(self, before: int | None, now: int | None) -> None:
        """Compare the total that an answer told with the total told before; None means that nothing was told."""
        if before is not None and now is not None and before != now:
            self.changed = True
            self._rose = self._rose or now > before
            self._fell = self._fell or now < before

    @property
    def last(self) -> ReadPart | None:
        """The part that was read last; None before the first."""
        return self._parts[-1] if self._parts else None

    def moved(self) -> None:
        """Note that rows came and others went, though the total is the same."""
        self.changed = self._rose = self._fell = True

    def was_read(self, offset: int, size: int | None, total: int | None) -> None:
        """Add a part, in the order of the list."""
        self._parts.append(ReadPart(offset, size, total))

    def was_read_again(self, offset: int, total: int | None) -> None:
        """Note the total that came when the part at `offset` was read again."""
        for part in self._parts:
            if part.offset == offset:
                part.total = total

    def distrust_totals(self) -> None:
        """Forget all totals: they are none of the list's. If they changed, rows may have moved all the same."""
        self._doubtful = self.changed
        self.changed = self._rose = self._fell = False
        for part in self._parts:
            part.total = None

    def missed(
        self, rows: int, unique: int, total: int | None, *, doubtful: bool = False
    ) -> Sequence[ReadPart]:
        """Return the parts to read again because rows may have been missed there; empty if no part needs it.

        Parameters
        ----------
        rows : int
            Rows of all parts, each part counted once.
        unique : int
            Different rows that came.
        total : int or None
            Rows of the whole list, as told last.
        doubtful : bool
            A row came that has another's id, at a place to which no row that comes or goes moves it.
        """
        moved = [
            earlier
            for earlier, later in itertools.pairwise(self._parts)
            if earlier.total is not None and later.total is not None and earlier.total > later.total
        ]
        again = [part for part in moved if part.looks < PAGE_LOOKS]
        if again:
            return self._look_at(again)
        if (doubtful or self._doubtful) and (total is None or unique < total):
            self._doubtful = False
            return self._look_at_all()
        doubles = unique < rows
        if self._fell and (self._rose or doubles):
            # Rows came and others went: the total tells of the difference alone.
            return self._look_at_all()
        if total is None or unique >= total or not (self.changed or doubles):
            return ()
        if not self._looked_at_front:
            self._looked_at_front = True  # new rows come first, as a rule
            return self._look_at(self._parts[:1])
        return self._look_at_all() if doubles else ()

    def _look_at_all(self) -> Sequence[ReadPart]:
        if self._looked_at_all == WHOLE_LOOKS:
            self.unsettled = True
            return ()
        self._looked_at_all += 1
        self._rose = self._fell = False
        return self._look_at(self._parts)

    def _look_at(self, parts: Sequence[ReadPart]) -> Sequence[ReadPart]:
        for part in parts:
            part.looks += 1
        return parts
