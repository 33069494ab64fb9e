"""Which rows of a list have been met already: `SeenIds` in eight bytes each, since a list may have millions of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, ids: NDArray[numpy.int64]) -> NDArray[numpy.bool_]:
        """Add ids; return which of them are met for the first time, in their order.

        Parameters
        ----------
        ids : array of int64, shape (n,)

        Returns
        -------
        array of bool, shape (n,)
        """
        import numpy

        distinct, first = numpy.unique(ids, return_index=True)
        new = numpy.ones(len(distinct), dtype=bool)
        for run in self._runs:
            places = numpy.searchsorted(run, distinct)
            places[places == len(run)] = 0
            new &= run[places] != distinct
        fresh = distinct[new]
        if len(fresh):
            self._runs.append(fresh)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            merged = numpy.concatenate([self._runs.pop(), self._runs.pop()])
            merged.sort()
            self._runs.append(merged)
        mask = numpy.zeros(len(ids), dtype=bool)
        mask[first[new]] = True
        return mask


class RowsApart:
    """Tells the rows of one list apart, so that each is handed on once.

    Parameters
    ----------
    probable : bool
        Nobody knows that `id` is the key here: only the very same row, met again, is the same.
    """

    def __init__(self, probable: bool) -> None:
        self._probable = probable
        self._first_page: int | None = None
        self._numbers, self._texts = SeenIds(), set[str]()
        self._told_apart = True

    def page(self, rows: int) -> None:
        """Take note of how many rows a page has: within the first one, ids tell rows apart, or are no key."""
        if self._first_page is None:
            self._first_page = rows

    def fresh(self, rows: Sequence[Any], ids: pa.Array | None) -> pa.Array | None:
        """Return which rows are met for the first time; None where all of them are."""
        if not self._told_apart:
            return None
        if self._probable:
            if ids is None:
                return None
            ids = array_of((hash(bytes(row)) for row in rows), pa.int64())
        if ids is None or ids.null_count == len(ids):
            return None
        mask = self._fresh_numbers(ids) if pa.types.is_integer(ids.type) else self._fresh_texts(ids)
        first, self._first_page = self._first_page or 0, 0
        if mask is None:
            return None
        if not all(mask[:first]):
            self._told_apart = False  # twice in one page: it is no key
            return None
        return array_of(mask, pa.bool_())

    def _fresh_numbers(self, ids: pa.Array) -> list[bool] | None:
        import numpy

        there = ids.drop_null()
        buffer = there.buffers()[1]  # not to_numpy(), which imports pandas
        numbers = numpy.frombuffer(buffer, dtype=numpy.int64)[there.offset : there.offset + len(there)]
        new = self._numbers.add(numbers)
        if new.all():
            return None
        if not ids.null_count:
            return [bool(one) for one in new]
        places = iter(new)
        return [not valid or bool(next(places)) for valid in ids.is_valid().to_pylist()]

    def _fresh_texts(self, ids: pa.Array) -> list[bool] | None:
        mask = []
        for one in ids.to_pylist():
            text = None if one is None else str(one)
            mask.append(text is None or not (text in self._texts or self._was_a_number(text)))
            if text is not None:
                self._texts.add(text)
        return None if all(mask) else mask

    def _was_a_number(self, text: str) -> bool:
        """Tell whether an id was met when the column was still one of numbers."""
        import numpy

        if not (self._numbers and text.isascii() and text.isdecimal() and len(text) < 19):
            return False
        return not self._numbers.add(numpy.array([int(text)], dtype=numpy.int64))[0]
