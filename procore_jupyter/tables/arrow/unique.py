"""Which rows of a list came before. A list may have millions, so a number takes eight bytes in `SeenIds`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from procore_jupyter.tables.arrow.types import array_of

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


class SeenIds:
    """A set of 64-bit numbers that only grows: sorted runs, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[NDArray[numpy.int64]] = []

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def holds(self, ids: NDArray[numpy.int64]) -> NDArray[numpy.bool_]:
        """Return which of some numbers are in the set.

        Parameters
        ----------
        ids : array of int64, shape (n,)

        Returns
        -------
        array of bool, shape (n,)
        """
        import numpy

        found = numpy.zeros(len(ids), dtype=bool)
        for run in self._runs:
            places = numpy.searchsorted(run, ids)
            places[places == len(run)] = 0
            found |= run[places] == ids
        return found

    def add(self, ids: NDArray[numpy.int64]) -> NDArray[numpy.bool_]:
        """Add numbers; return which of them come for the first time, in their order.

        Parameters
        ----------
        ids : array of int64, shape (n,)

        Returns
        -------
        array of bool, shape (n,)
        """
        import numpy

        distinct, first = numpy.unique(ids, return_index=True)
        new = ~self.holds(distinct)
        if new.any():
            self._runs.append(distinct[new])
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            merged = numpy.concatenate([self._runs.pop(), self._runs.pop()])
            merged.sort()
            self._runs.append(merged)
        mask = numpy.zeros(len(ids), dtype=bool)
        mask[first[new]] = True
        return mask


@dataclass
class _PageInHand:
    """A page of which not all rows were looked at: how many are left, whether it was read again, whether all so far came before."""

    left: int
    again: bool
    shifted: bool = True


class RowsApart:
    """Tells the rows of one list apart, so that each is handed on once.

    A row that comes again on another page has moved there. Two rows of one answer can't have: if they have the same key,
    it is no key, and from then on only a row whose every byte came before is the same row. Two such rows in one answer
    show that nothing tells the rows apart: all are handed on.

    Rows that come or go move others to the beginning of a page. A row whose key came before, behind one that is new, may
    be another row of the same key: that is in doubt until the pages are read again, which gives both if there are two.

    Parameters
    ----------
    probable : bool
        Nobody has checked that `id` is the list's key.

    Attributes
    ----------
    doubtful : bool
        Some keys are in doubt, and the pages were not read again since.
    """

    def __init__(self, probable: bool) -> None:
        self._by: Literal["key", "row", "nothing"] = "row" if probable else "key"
        self._numbers, self._texts = SeenIds(), set[str]()
        self._pages = deque[_PageInHand]()
        self.doubtful = False
        self._doubted: dict[str, set[int]] = {}  # the rows that are known of each key in doubt, by hash
        self._part: list[Any] = []  # the keys of the page in hand that were looked at in earlier batches

    def page(self, rows: int, *, again: bool = False) -> None:
        """Note how many rows an answer has, and whether it is a page read again, before `fresh` is called with the first of them."""
        self._pages.append(_PageInHand(rows, again))

    def look_again(self) -> None:
        """Note that pages are read again from here on."""
        self.doubtful = False

    def fresh(self, rows: Sequence[Any], ids: pa.Array | None) -> pa.Array | None:
        """Return which rows come for the first time, as booleans; None if all of them do.

        Parameters
        ----------
        rows : sequence
            The bytes of each row.
        ids : pyarrow.Array or None
            The rows' keys, whole numbers or texts; None if the list has no key.
        """
        in_hand, pages, goes_on = self._pages_of(len(rows))
        part, self._part = self._part, []
        while self._by != "nothing":
            keys = ids if self._by == "key" else array_of((hash(bytes(row)) for row in rows), pa.int64())
            if keys is None:
                break
            mask = self._fresh_numbers(keys) if pa.types.is_integer(keys.type) else self._fresh_texts(keys)
            if mask is None or not _one_page_has_two(keys, pages, part):
                if self._by == "key":
                    self._weigh(in_hand, pages, rows, keys, mask)
                if goes_on:
                    self._part = [*part] if len(pages) == 1 else []
                    self._part += _values(keys.slice(pages[-1].start))
                return None if mask is None else array_of(mask, pa.bool_())
            self._by = "row" if self._by == "key" else "nothing"
            self._numbers, self._texts, part = SeenIds(), set(), []
        return None

    def _pages_of(self, rows: int) -> tuple[list[_PageInHand], list[slice], bool]:
        """Return the pages that so many rows are of, which of the rows each has, and whether the last page goes on after them."""
        in_hand: list[_PageInHand] = []
        slices, at = [], 0
        while at < rows:
            page = self._pages[0]
            end = min(rows, at + page.left)
            in_hand.append(page)
            slices.append(slice(at, end))
            page.left -= end - at
            if not page.left:
                self._pages.popleft()
            at = end
        return in_hand, slices, bool(in_hand and in_hand[-1].left)

    def _weigh(
        self,
        in_hand: Sequence[_PageInHand],
        pages: Sequence[slice],
        rows: Sequence[Any],
        keys: pa.Array,
        mask: list[bool] | None,
    ) -> None:
        """Doubt keys that came before where no shift explains it; have both rows of one handed on in pages read again."""
        ids = None if mask is None else keys.to_pylist()
        for page, places in zip(in_hand, pages, strict=True):
            if mask is None or ids is None:
                page.shifted = False
                continue
            for at in range(places.start, places.stop):
                if mask[at]:
                    page.shifted = False
                elif page.again:
                    mask[at] = self._is_another(str(ids[at]), rows[at])
                elif not page.shifted:
                    self.doubtful = True
                    self._doubted.setdefault(str(ids[at]), set())

    def _is_another(self, key: str, row: Any) -> bool:
        """Tell whether a row of a key in doubt is another than those that are known of it. The first is the one that came first."""
        known = self._doubted.get(key)
        if known is None:
            return False
        # Its fields may come in another order the next time.
        content = hash(json.dumps(json.loads(bytes(row)), sort_keys=True))
        another = bool(known) and content not in known
        known.add(content)
        return another

    def _fresh_numbers(self, ids: pa.Array) -> list[bool] | None:
        new = self._numbers.add(_numbers(ids))
        if new.all():
            return None
        places = iter(new.tolist())
        return [not valid or next(places) for valid in ids.is_valid().to_pylist()]

    def _fresh_texts(self, ids: pa.Array) -> list[bool] | None:
        mask = []
        for one in ids.to_pylist():
            text = None if one is None else str(one)
            mask.append(text is None or not (text in self._texts or self._was_a_number(text)))
            if text is not None:
                self._texts.add(text)
        return None if all(mask) else mask

    def _was_a_number(self, text: str) -> bool:
        """Tell whether an id came when the column was still one of whole numbers."""
        import numpy

        if not (self._numbers and text.isascii() and text.isdecimal() and len(text) < 19):
            return False
        if text[0] == "0" != text:  # no number is written so
            return False
        return bool(self._numbers.holds(numpy.array([int(text)], dtype=numpy.int64))[0])


def _one_page_has_two(keys: pa.Array, pages: Sequence[slice], part: Sequence[Any]) -> bool:
    """Tell whether two rows of one page have the same key; the first page's first keys are `part`."""
    of_page = [*map(str, part)]
    for page in pages:
        of_page += map(str, _values(keys.slice(page.start, page.stop - page.start)))
        if len({*of_page}) < len(of_page):
            return True
        of_page = []
    return False


def _numbers(ids: pa.Array) -> NDArray[numpy.int64]:
    """Return whole numbers as numpy has them, without the missing ones."""
    import numpy

    there = ids.drop_null()
    buffer = there.buffers()[1]  # to_numpy() would import pandas
    found: NDArray[numpy.int64] = numpy.frombuffer(buffer, dtype=numpy.int64)[
        there.offset : there.offset + len(there)
    ]
    return found


def _values(keys: pa.Array) -> list[Any]:
    """Return keys as Python has them, without the missing ones."""
    if pa.types.is_integer(keys.type):
        return list(_numbers(keys).tolist())
    return list(keys.drop_null().to_pylist())
