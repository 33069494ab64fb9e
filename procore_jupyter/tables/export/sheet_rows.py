"""Rows of a sheet as SpreadsheetML (ECMA-376, part 1, 18.3.1), a whole column at a time.

A value is written in the same way wherever it stands, so that look-ups between sheets find it: a number as a number if
Excel keeps its digits, else as a text; a text as a text, whatever it looks like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import array_of, one_of

MOST_CHARACTERS = 32_767
"""Characters that a cell holds, in units of UTF-16."""

MOST_DIGITS = 15
"""Digits of a number that Excel keeps, zeros at both ends apart."""

_1970 = 25_569
"""The day number of 1970-01-01."""

_FIRST_DAY = 61
"""The day number of 1900-03-01. Excel has a 29th of February in 1900, so of earlier days it shows others."""

_DAY = 86_400_000_000
"""Microseconds of a day."""

_NO_DIGITS = r"^-?[0.]*|[.]|0+$"
_LINE_END = r"\r\n?"
_UNWRITABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"
"""Characters that XML has no way to write, and that nobody sees."""

_ESCAPE = r"_(x[0-9a-fA-F]{4}_)"
"""What Excel takes for a character's number, as in ``_x0041_``."""

_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


def rows_xml(part: pa.Table, first: int, styles: Mapping[str, int], text: int, cut: Counter[str]) -> str:
    """Return rows of scalar columns as elements ``row``.

    Parameters
    ----------
    part : pyarrow.Table
        The rows.
    first : int
        The number of the first one, from 1.
    styles : mapping of str to int
        The styles of the columns' numbers, by the columns' names; 0 for those that aren't named.
    text : int
        The style of texts.
    cut : Counter
        Takes how many texts were too long, by column.
    """
    from xlsxwriter.utility import xl_col_to_name

    numbers = array_of(range(first, first + part.num_rows), pa.int64()).cast(pa.string())
    cells: list[Any] = []
    for place, (name, column) in enumerate(zip(part.column_names, part.columns, strict=True)):
        if column.null_count == len(column):
            continue
        values = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if pa.types.is_string(values.type):
            plain, texts = None, values
        else:
            plain, texts = _numbers(values)
        begin = f'<c r="{xl_col_to_name(place)}'
        if plain is not None:
            kind = ' t="b"' if pa.types.is_boolean(values.type) else ""
            style = styles.get(name, 0)
            cells.append(_joined(begin, numbers, f'" s="{style}"{kind}><v>', plain, "</v></c>"))
        if texts is not None:
            texts, count = _written(texts)
            if count:
                cut[name] += count
            inside = f'" s="{text}" t="inlineStr"><is><t xml:space="preserve">'
            cells.append(_joined(begin, numbers, inside, texts, "</t></is></c>"))
    rows = _joined('<row r="', numbers, '">', *cells, "</row>", missing="replace")
    return "".join(rows.to_pylist())


def _joined(*parts: str | pa.Array, missing: str = "emit_null") -> pa.Array:
    """Return texts put together, element by element."""
    arrays = [one_of(one, pa.string())[0] if isinstance(one, str) else one for one in (*parts, "")]
    return pc.binary_join_element_wise(*arrays, null_handling=missing, null_replacement="")


# Numbers


def _numbers(values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return numbers, days, times and booleans as XML has them, and as texts those that Excel can't hold; None if it can all.

    An element is null in the one where it stands in the other.
    """
    found = values.type
    if pa.types.is_boolean(found):
        return values.cast(pa.int8()).cast(pa.string()), None
    if pa.types.is_date(found):
        days = pc.add(values.cast(pa.int32()), one_of(_1970, pa.int32())[0])
        return _parted(days.cast(pa.string()), pc.less(days, one_of(_FIRST_DAY, pa.int32())[0]), values)
    if pa.types.is_timestamp(found):
        days = pc.divide(
            values.cast(pa.int64()).cast(pa.float64(), safe=False), one_of(_DAY, pa.float64())[0]
        )
        days = pc.add(days, one_of(_1970, pa.float64())[0])
        return _parted(days.cast(pa.string()), pc.less(days, one_of(_FIRST_DAY, pa.float64())[0]), values)
    if pa.types.is_floating(found):
        finite = pc.is_finite(values)
        numbers = pc.if_else(finite, values, pa.nulls(len(values), found)).cast(pa.string())
        return _parted(numbers, pc.is_inf(values), values)
    if pa.types.is_null(found):
        return values.cast(pa.string()), None
    texts = values.cast(pa.string())
    pattern = "^-" if pa.types.is_integer(found) else _NO_DIGITS
    digits = pc.utf8_length(pc.replace_substring_regex(texts, pattern, ""))
    return _parted(texts, pc.greater(digits, one_of(MOST_DIGITS, pa.int32())[0]), values)


def _parted(numbers: pa.Array, odd: pa.Array, values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return numbers without the odd ones, and the odd values as texts."""
    if not pc.any(odd).as_py():
        return numbers, None
    nothing = pa.nulls(len(values), pa.string())
    if pa.types.is_decimal(values.type):
        exact = (one if one is None else f"{one:f}".rstrip("0").rstrip(".") for one in values.to_pylist())
        texts = array_of(exact, pa.string())
    else:
        texts = pc.replace_substring(values.cast(pa.string()), ".000000", "")
    return pc.if_else(odd, nothing, numbers), pc.if_else(odd, texts, nothing)


# Texts


def _written(texts: pa.Array) -> tuple[pa.Array, int]:
    """Return texts as XML has them, and how many of them were cut. An empty text is a missing one."""
    texts = cleaned(texts)
    count = 0
    if (
        pc.max(pc.utf8_length(texts)).as_py() or 0
    ) > MOST_CHARACTERS // 2:  # a character has two units at most
        values = texts.to_pylist()
        shortened = [one if one is None else shortened_to_fit(one) for one in values]
        count = sum(one != other for one, other in zip(values, shortened, strict=True))
        texts = array_of(shortened, pa.string())
    empty = pc.equal(pc.utf8_length(texts), one_of(0, pa.int32())[0])
    texts = pc.if_else(empty, pa.nulls(len(texts), pa.string()), texts)
    texts = pc.replace_substring_regex(texts, _ESCAPE, r"_x005F_\1")
    for character, entity in _ENTITIES:
        texts = pc.replace_substring(texts, character, entity)
    return texts, count


def cleaned(texts: pa.Array) -> pa.Array:
    """Return texts without characters that a workbook can't hold, each line ending in a line feed."""
    texts = pc.replace_substring_regex(texts, _LINE_END, "\n")
    return pc.replace_substring_regex(texts, _UNWRITABLE, "")


def shortened_to_fit(text: str) -> str:
    """Return a text that a cell can hold: the whole, or its beginning and an ellipsis."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_CHARACTERS:
        return text
    return units[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore") + "…"
