"""Numbers as JSON writes them: what a double says of them, what of them is a double's noise, and which are no amounts."""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import MOST_DIGITS, MOST_PLACES

SURE_DIGITS = 15
"""Digits that every double keeps."""

_NUMBER = re.compile(r"[-+]?(\d+)(?:\.(\d+))?(?:[eE][-+]?\d{1,4})?\Z", re.ASCII)
_AMOUNT = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{1,4}0*)?\Z", re.ASCII)
# Whole numbers apart: a double that is too large to be one is seen by its size.
_LONG = re.compile(
    rb"(?=[\d.]{%d})-?\d+\.\d+(?:[eE][-+]?\d+)?|\d{%d,}[eE][-+]?\d+|\d+(?:\.\d+)?[eE]-\d{3,}"
    % (SURE_DIGITS + 2, SURE_DIGITS + 1)
)
_many = decimal.Context(prec=800)  # a double has up to 767 digits


def is_a_doubles(written: str) -> bool:
    """Tell whether a number's digits are those of a double: its shortest, its 17, or all of them.

    Then the double says all that the number says. Of ``12345678901234567.89`` it would say another number.
    """
    if len(written) <= SURE_DIGITS + 1 and "e" not in written and "E" not in written:
        return True
    double = float(written)
    if repr(double) == written:
        return True
    if double in (0.0, float("inf"), float("-inf")):
        return double == 0 and not re.search("[1-9]", re.split("[eE]", written)[0])
    exact = _many.create_decimal(written)
    return exact in (
        decimal.Decimal(repr(double)),
        decimal.Decimal(f"{double:.17g}"),
        decimal.Decimal(double),
    )


def all_doubles(texts: Iterable[bytes]) -> bool:
    """Tell whether a double says all of each number in some JSON; false as well if it can't be told."""
    for text in texts:
        for found in _LONG.findall(text) if len(text) > SURE_DIGITS + 1 else ():
            try:
                if not is_a_doubles(found.decode()):
                    return False
            except ValueError:  # dots of a text
                return False
    return True


def is_noise(written: str) -> bool:
    """Tell whether a number has the long fraction of a double that was calculated: 0.30000000000000004."""
    found = _NUMBER.match(written)
    if found is None or len(written) <= MOST_PLACES:
        return False
    digits = ((found[1] or "") + (found[2] or "")).strip("0")
    _, places = _size(written)
    return places > MOST_PLACES and len(digits) > SURE_DIGITS and is_a_doubles(written.lstrip("+"))


def rounded(written: str, places: int) -> str:
    """Return a number with so many places, a half to the even digit."""
    step = decimal.Decimal(1).scaleb(-places)
    return f"{_many.quantize(decimal.Decimal(written), step):f}"


def exact_type(texts: Iterable[str | None]) -> pa.DataType:
    """Return the type of decimals that holds some numbers with all their digits.

    Raises
    ------
    pyarrow.ArrowInvalid
        There is none, or a text is no number.
    """
    whole = places = 0
    for text in texts:
        if text:
            if _NUMBER.match(text) is None:
                raise pa.ArrowInvalid("no number")
            whole, places = map(max, (whole, places), _size(text))
    if whole + places > MOST_DIGITS:
        raise pa.ArrowInvalid("too many digits")
    return pa.decimal128(MOST_DIGITS, places)


def _size(written: str) -> tuple[int, int]:
    """Return how many digits a number has before its point and after it, zeros at its end apart."""
    _, digits, exponent = decimal.Decimal(written).as_tuple()
    assert isinstance(exponent, int)
    last = max((place for place, digit in enumerate(digits) if digit), default=-1)
    exponent += len(digits) - 1 - last
    return (max(0, last + 1 + exponent), max(0, -exponent)) if last >= 0 else (0, 0)


class Spelling(NamedTuple):
    """How the numbers of a column are written that come as texts: as amounts, or as codes.

    Amounts have at least so many places each, and no zero beyond those: 1250.50 and 0.333, or 1250.5 and 3.0. A column with
    1.2 and 1.10 has codes, whose 1.10 isn't 1.1; so has one with 1 and 1.0. Zero may be written in any way.

    Parameters
    ----------
    places : int
        The fewest places of any number that has some.
    padded : int
        The most places of any number that ends with a zero.
    bare : bool
        There are numbers without a point.
    pointed : bool
        There are numbers whose places are all zeros.
    """

    places: int = 99
    padded: int = 0
    bare: bool = False
    pointed: bool = False

    @classmethod
    def of(cls, values: Iterable[Any]) -> Spelling:
        """Return how the texts among some values are written."""
        places, padded, bare, pointed = cls()
        for text in {value for value in values if type(value) is str}:
            _, point, fraction = text.partition(".")
            if not text.strip("-0."):
                continue
            if not point:
                bare = True
                continue
            places = min(places, len(fraction))
            if fraction.endswith("0"):
                padded = max(padded, len(fraction))
                pointed = pointed or not fraction.strip("0")
        return cls(places, padded, bare, pointed)

    def is_that_of(self, texts: pa.Array) -> bool:
        """Tell whether all of some texts are sure to be written in this way, as far as it can be told at once."""
        points = pc.find_substring(texts, ".")
        bounds = pc.min_max(pc.subtract(pc.binary_length(texts), points)).as_py()
        bare = pc.min(points).as_py() == -1
        return not bare and self.pointed and bounds["min"] == bounds["max"] == self.places + 1

    def joined(self, other: Spelling) -> Spelling:
        """Return how the values of both are written."""
        return Spelling(
            min(self.places, other.places),
            max(self.padded, other.padded),
            self.bare or other.bare,
            self.pointed or other.pointed,
        )

    @property
    def is_of_amounts(self) -> bool:
        """Whether these may be amounts."""
        return self.padded <= self.places and not (self.bare and self.pointed)


def are_amounts(values: Sequence[Any]) -> bool:
    """Tell whether all values look like amounts of money, in texts or not, and one has a point: else they may be codes."""
    there = [value for value in values if value not in (None, "")]
    written = [str(value) for value in there]
    return (
        any("." in text for text in written)
        and all(_AMOUNT.match(text) or is_noise(text) for text in written)
        and Spelling.of(there).is_of_amounts
    )
