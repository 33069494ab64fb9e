"""What notes tell of a table's columns: other types than the declared ones, rounded numbers, values that didn't fit."""

from __future__ import annotations

from collections import Counter, defaultdict

import pyarrow as pa

from procore_jupyter.tables.arrow.types import in_words
from procore_jupyter.wording import counted, one_line

ROUNDED, CUT, DIGITS, CODES, JSON = "rounded", "cut", "digits", "codes", "json"
"""The noise of doubles was rounded; parts of a second were cut; a number has more digits than a double; a column that
looked like money holds codes; a text came as a record or a list."""

UNFIT = "_unfit"
"""The column that keeps, as JSON, the values that don't fit their columns."""

EXTRA = "_extra"
"""The column that keeps, as JSON, the fields that the schema doesn't have."""

FEW_COLUMNS = 5
"""Columns that a note names."""

_WORDS = {
    ROUNDED: "{} has numbers with the long fraction of a calculation, such as 0.30000000000000004: they are rounded.",
    CUT: "{} has times with more than six digits of a second: the rest is cut off.",
    DIGITS: "{} is text here: it has numbers with more digits than a float keeps.",
    JSON: "{} has JSON here: Procore sent records or lists where a text was expected.",
    CODES: "{} is text here: its values look like codes (1.10 beside 1.2), not like amounts.",
}
_OF_TEXT = {DIGITS, CODES}


class Remarks:
    """What is remarkable of the columns of one table.

    Attributes
    ----------
    unfit : Counter
        How many values stand in ``_unfit``, by column.
    extra : Counter
        How many values stand in ``_extra``, by column.
    """

    def __init__(self) -> None:
        self.unfit: Counter[str] = Counter()
        self.extra: Counter[str] = Counter()
        self._widened: dict[str, tuple[pa.DataType, pa.DataType]] = {}
        self._of: dict[str, set[str]] = defaultdict(set)

    def add(self, name: str, remarks: frozenset[str]) -> None:
        """Note some of `ROUNDED`, `CUT`, `DIGITS` and `CODES` for a column."""
        if remarks:
            self._of[name] |= remarks

    def has(self, name: str, remark: str) -> bool:
        """Return whether a column has one of them."""
        return remark in self._of.get(name, ())

    def of(self, name: str) -> frozenset[str]:
        """Return those of a column."""
        return frozenset(self._of.get(name, ()))

    def widened(self, name: str, before: pa.DataType, now: pa.DataType) -> None:
        """Note that a column has become wider; the type that it had first is the one that counts."""
        declared = self._widened[name][0] if name in self._widened else before
        more_digits = pa.types.is_decimal(declared) and pa.types.is_decimal(now)
        if not (pa.types.is_null(declared) or pa.types.is_nested(now) or more_digits):
            self._widened[name] = (declared, now)

    def notes(self) -> list[str]:
        """Return them all: a line each."""
        notes = [
            f"{one_line(name)} is {in_words(now)} here: some values don't fit the type {in_words(before)}."
            for name, (before, now) in self._widened.items()
            if not _OF_TEXT & self._of.get(name, set())
        ]
        for name, remarks in self._of.items():
            is_text = name in self._widened and pa.types.is_string(self._widened[name][1])
            told = remarks & _OF_TEXT if is_text else remarks  # a text is as it came
            notes += [words.format(one_line(name)) for remark, words in _WORDS.items() if remark in told]
        for counter, what, where in (
            (self.unfit, "didn't fit", UNFIT),
            (self.extra, "in fields that the first rows didn't have", EXTRA),
        ):
            if counter:
                columns = ", ".join(
                    f"{one_line(name)} {count:,}" for name, count in counter.most_common(FEW_COLUMNS)
                )
                notes.append(f"{counted(counter.total(), 'value')} {what} ({columns}): see {where}.")
        return notes
