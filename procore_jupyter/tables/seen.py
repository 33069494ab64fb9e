"""`SeenIds`: which ids have been met, in eight bytes each: a list may have millions of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
