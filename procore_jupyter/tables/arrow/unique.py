"""Which rows of a list came before. A list may have millions, so a number takes eight bytes in `SeenIds`."""

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


class RowsApart:
    """Tells the rows of one list apart, so that each is handed on once.

    Parameters
    ----------
    probable : bool
        Nobody has checked that `id` is the list's key: then only a row whose every byte came before is the same row.
    """

    def __init__(self, probable: bool) -> None:
        self._probable = probable
        self._first_page: int | None = None
        self._numbers, self._texts = SeenIds(), set[str]()
        self._told_apart = True

    def page(self, rows: int) -> None:
        """Note how many rows a page has. An id that comes twice within the first page is no key."""
        if self._first_page is None:
            self._first_page = rows

    def fresh(self, rows: Sequence[Any], ids: pa.Array | None) -> pa.Array | None:
        """Return which rows come for the first time, as booleans; None if all of them do.

        Parameters
        ----------
        rows : sequence
            The bytes of each row.
        ids : pyarrow.Array or None
            The rows' keys, whole numbers or texts; None if the list has no key.
        """
        if not self._told_apart or (self._probable and ids is None):
            return None
        if self._probable:
            ids = array_of((hash(bytes(row)) for row in rows), pa.int64())
        if ids is None or ids.null_count == len(ids):
            return None
        mask = self._fresh_numbers(ids) if pa.types.is_integer(ids.type) else self._fresh_texts(ids)
        first, self._first_page = self._first_page or 0, 0
        if mask is None:
            return None
        if not all(mask[:first]):
            self._told_apart = False
            return None
        return array_of(mask, pa.bool_())

    def _fresh_numbers(self, ids: pa.Array) -> list[bool] | None:
        import numpy

        there = ids.drop_null()
        buffer = there.buffers()[1]  # to_numpy() would import pandas
        numbers = numpy.frombuffer(buffer, dtype=numpy.int64)[there.offset : there.offset + len(there)]
        new = self._numbers.add(numbers)
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
        return bool(self._numbers.holds(numpy.array([int(text)], dtype=numpy.int64))[0])
