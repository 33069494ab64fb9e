"""`Amounts`: the columns that nobody declared and that were taken for money, as long as their values look like it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from procore_jupyter.tables.arrow.numbers import Spelling, are_amounts
from procore_jupyter.tables.arrow.remarks import CODES, Remarks
from procore_jupyter.tables.arrow.types import MONEY
from procore_jupyter.tables.arrow.written import decoded


class Amounts:
    """The columns of one table that were taken for money, and how their texts are written.

    Parameters
    ----------
    remarks : Remarks
        Takes a note of a column that holds codes after all.
    wanted : bool
        Columns that aren't declared may be money.
    """

    def __init__(self, remarks: Remarks, *, wanted: bool) -> None:
        self._remarks, self._wanted = remarks, wanted
        self._spelled: dict[str, Spelling] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._spelled

    def spelled(self, names: Collection[str]) -> dict[str, Spelling]:
        """Return how those among some columns are written that were taken for money."""
        return {name: self._spelled[name] for name in names if name in self._spelled}

    def join(self, name: str, spelling: Spelling) -> bool:
        """Take in how other rows of a column are written; return whether it may be money with them."""
        return self._keep(name, self._spelled.get(name, Spelling()).joined(spelling))

    def type_for(self, name: str, values: Sequence[Any], known: pa.DataType) -> pa.DataType:
        """Return the type that a column has with these values: money, or text if it isn't after all; else the known one."""
        if self._wanted and pa.types.is_null(known) and are_amounts(values):
            known, self._spelled[name] = MONEY, Spelling()
        if name in self._spelled and not self._keep(name, self._with(name, values)):
            return pa.string()
        return known

    def are(self, name: str, values: Sequence[Any]) -> bool:
        """Tell whether a column that was taken for money may be one with these values too, which are taken in if so."""
        now = self._with(name, values)
        if now.is_of_amounts:
            self._spelled[name] = now
        return now.is_of_amounts

    def check(self, texts: Mapping[str, pa.Array], json: Mapping[str, Sequence[Any]]) -> None:
        """Take in how the columns of a batch are written.

        Parameters
        ----------
        texts : mapping of str to pyarrow.Array
            The columns whose values are all texts.
        json : mapping
            The JSON of others.

        Raises
        ------
        pyarrow.ArrowInvalid
            A column may hold codes.
        """
        for name, spelling in [*self._spelled.items()]:
            if name in texts and spelling.is_that_of(texts[name]):
                continue
            found = texts[name].to_pylist() if name in texts else decoded(json.get(name, ()))
            if not self.are(name, found):
                raise pa.ArrowInvalid("a column that was taken for money may have codes")

    def _with(self, name: str, values: Sequence[Any]) -> Spelling:
        return self._spelled[name].joined(Spelling.of(values))

    def _keep(self, name: str, spelling: Spelling) -> bool:
        """Keep how a column is written; if these are codes, forget the column and say so. Return whether it is kept."""
        self._spelled[name] = spelling
        if not spelling.is_of_amounts:
            del self._spelled[name]
            self._remarks.add(name, frozenset((CODES,)))
        return spelling.is_of_amounts
