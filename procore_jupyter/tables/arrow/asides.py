"""`Asides`: what rows have that a schema which can't change has no place for, kept as JSON beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from procore_jupyter.tables.arrow.remarks import EXTRA, UNFIT, Remarks
from procore_jupyter.tables.arrow.types import array_of, as_json

TOGETHER = 50
"""Values of a column that are tried together, if some of the batch don't fit."""


class Asides:
    """The columns ``_unfit`` and ``_extra`` of some rows.

    Parameters
    ----------
    length : int
        The number of rows.
    """

    def __init__(self, length: int) -> None:
        self._unfit: list[dict[str, Any]] = [{} for _ in range(length)]
        self._extra: list[dict[str, Any]] = [{} for _ in range(length)]

    def new_field(self, name: str, values: Sequence[Any]) -> None:
        """Put the values of a field into ``_extra``."""
        for place, value in enumerate(values):
            if value is not None:
                self._extra[place][name] = value

    def fitting(
        self,
        name: str,
        values: Sequence[Any],
        fits: Callable[[Sequence[Any]], bool],
        prune: Callable[[Any], Any],
    ) -> list[Any]:
        """Return a column's values without those that don't fit, which are put aside.

        Parameters
        ----------
        name : str
            The column.
        values : sequence
            Its values.
        fits : callable
            Tells whether some of them fit.
        prune : callable
            Returns a value without the fields that are new.
        """
        fitting = [*values]
        for start in range(0, len(values), TOGETHER):  # as a rule, few of many don't fit
            some = values[start : start + TOGETHER]
            if fits(some):
                continue
            for place, value in enumerate(some, start):
                if value is None or fits([value]):
                    continue
                less = prune(value)
                if less != value and fits([less]):
                    self._extra[place][name] = value  # whole: a new field means nothing without the others
                    fitting[place] = less
                else:
                    self._unfit[place][name] = value
                    fitting[place] = None
        return fitting

    def columns(self, remarks: Remarks) -> dict[str, pa.Array]:
        """Return the two columns, and count in `remarks` what is in them."""
        found = {}
        asides = (UNFIT, self._unfit, remarks.unfit), (EXTRA, self._extra, remarks.extra)
        for column, aside, counter in asides:
            found[column] = array_of((as_json(one) if one else None for one in aside), pa.string())
            for one in aside:
                counter.update(one.keys())
        return found
