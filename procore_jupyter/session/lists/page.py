"""One page of a list: what is requested, and what came."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

SMALLER = (100, 25, 10, 5)
"""Rows a page that are requested one after the other when a larger page is refused, or fails."""

FEWEST = 10
"""Rows a page: no page of so few is made smaller."""


@dataclass(frozen=True)
class PageRequest:
    """One page to request.

    Parameters
    ----------
    offset : int
        The place of its first row in the list, from 0, if earlier pages are as large; a multiple of `size`.
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

    @property
    def smaller(self) -> int | None:
        """The size of smaller pages that have the rows of this one; None if they would be too small."""
        size = self.size
        if size is None or size <= FEWEST:
            return None
        return next((step for step in SMALLER if step < size and (size % step == 0 or not self.offset)), None)


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
    again : bool
        The page was read before.
    """

    rows: Sequence[Any] = ()
    first: Hashable = None
    last: Hashable = None
    total: int | None = None
    size: int | None = None
    more: bool | None = None
    nulls: int = 0
    record: bool = False
    again: bool = False

    @property
    def places(self) -> int:
        """How many rows the page has, those included that may not be seen."""
        return len(self.rows) + self.nulls

    @property
    def mark(self) -> tuple[int, Hashable, Hashable]:
        """Is the same for the same page read again."""
        return len(self.rows), self.first, self.last
