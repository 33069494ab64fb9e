"""Values that Arrow's JSON reader read by their *wire type* -> values of their column's type.

A date comes as a text, an id as a number or a text: the wire type is how a value arrives, the column's type what it is.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import EXACT, PERCENT, array_of, converted, struct_array

_1970 = datetime.date(1970, 1, 1).toordinal()

FIRST_DAY = datetime.date.min.toordinal() - _1970
"""Python's first day, in days since 1970."""

LAST_DAY = datetime.date.max.toordinal() - _1970
"""Python's last day, in days since 1970."""

DAY = 86_400_000_000
"""A day's microseconds."""

WHOLE = r"^(0|-?[1-9][0-9]{0,18})$"
"""A text that is a whole number."""

PERCENT_SIGN = r" ?%$"
"""What may end a percentage."""

DATE = r"^\d{4}-\d{2}-\d{2}$"
"""A text that is a day."""

_ZONE = r"(Z|[+-]\d{2}:?\d{2})$"
_USUAL = "2026-11-23T17:04:05Z"

# Arrow's own scalars: given Python's, its functions import pandas.
BLANK, MIDNIGHT, UTC, NO_TEXT = array_of(["", "T00:00:00Z", "Z", None], pa.string())


class Finished(NamedTuple):
    """An array, and whether it says how its values were written.

    Parameters
    ----------
    array : pyarrow.Array
        The values.
    exact : bool
        Each value's text can be made of the array again, letter by letter.
    """

    array: pa.Array
    exact: bool = True


def default_wire(known: pa.DataType) -> pa.DataType:
    """Return the wire type of a column of which no value was seen."""
    if pa.types.is_struct(known):
        return pa.struct([(field.name, default_wire(field.type)) for field in known])
    if pa.types.is_list(known):
        return pa.list_(default_wire(known.value_type))
    return pa.string() if pa.types.is_date(known) or pa.types.is_timestamp(known) else known


def merged(before: pa.DataType | None, found: pa.DataType) -> pa.DataType:
    """Return the wire type for the next batches, given the one so far and the one of a batch that differed."""
    if before is None:
        return found
    if pa.types.is_struct(before) and pa.types.is_struct(found):
        fields = {field.name: field.type for field in before}
        for field in found:
            fields[field.name] = merged(fields.get(field.name), field.type)
        return pa.struct([*fields.items()])
    if pa.types.is_list(before) and pa.types.is_list(found):
        return pa.list_(merged(before.value_type, found.value_type))
    return before if pa.types.is_null(found) else found


def finished(values: pa.Array, wanted: pa.DataType) -> Finished:
    """Return values that were read by their wire type as values of the column's type.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value doesn't fit.
    """
    found = values.type
    if values.null_count == len(values):
        return Finished(pa.nulls(len(values), wanted))
    if pa.types.is_floating(found) or pa.types.is_decimal(found):
        if not found.equals(wanted):
            raise pa.ArrowInvalid("a number that was read can't be written as it was")
        if pa.types.is_decimal(found):
            values.validate(full=True)  # Arrow's JSON reader lets numbers through that have too many digits
        else:
            most = pc.max(pc.abs(values)).as_py()
            if most is not None and not most < EXACT:
                raise pa.ArrowInvalid("a whole number may have been too large for a double")
        return Finished(values, False)
    if pa.types.is_string(found):
        return Finished(from_text(values, wanted), says_itself(values, wanted))
    if pa.types.is_string(wanted):
        return Finished(converted(values, wanted), False)
    if pa.types.is_struct(found):
        types = {field.name: field.type for field in wanted}
        if not types.keys() >= {field.name for field in found}:
            raise pa.ArrowInvalid("a field that the column doesn't have")
        fields = {field.name: finished(values.field(at), types[field.name]) for at, field in enumerate(found)}
        children = {name: one.array for name, one in fields.items()}
        exact = all(one.exact for one in fields.values())
        return Finished(struct_array(children, wanted, values.is_null()), exact)
    if pa.types.is_list(found):
        inner = finished(values.values, wanted.value_type)
        mask = values.is_null() if values.null_count else None
        return Finished(pa.ListArray.from_arrays(values.offsets, inner.array, mask=mask), inner.exact)
    return Finished(values.cast(wanted), found.equals(wanted))


def says_itself(texts: pa.Array, wanted: pa.DataType) -> bool:
    """Tell whether texts that stand for values of a type can be made of the values again."""
    if pa.types.is_string(wanted):
        return True
    if pa.types.is_timestamp(wanted):
        return _are_usual(texts)
    shortest = pc.min(pc.binary_length(texts)).as_py()
    return shortest != 0 and not pa.types.is_decimal(wanted)  # an empty text becomes null


def from_text(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return texts as the values that they stand for. An empty text becomes null.

    Raises
    ------
    pyarrow.ArrowInvalid
        A text doesn't stand for a value of this type, or not exactly.
    """
    if pa.types.is_string(wanted):
        return values
    values = without_blanks(values)
    if pa.types.is_integer(wanted) and not all_match(values, WHOLE):
        raise pa.ArrowInvalid("not a whole number")  # Arrow takes 0x10, and 012 for 12
    if pa.types.is_timestamp(wanted) and not _are_usual(values):
        zoned = pc.match_substring_regex(values, _ZONE)
        if not pc.all(zoned).as_py():  # Procore's times are in UTC, whether they say so or not
            day = pc.match_substring_regex(values, DATE)
            ending = pc.if_else(day, MIDNIGHT, pc.if_else(zoned, BLANK, UTC))
            values = pc.binary_join_element_wise(values, ending, BLANK)
    if wanted.equals(PERCENT):
        values = pc.replace_substring_regex(values, PERCENT_SIGN, "")
    return _in_range(values.cast(wanted))  # of a decimal number, zeros at its end that have no place are cut


def without_blanks(texts: pa.Array) -> pa.Array:
    """Return texts with null for those that are empty."""
    if pc.min(pc.binary_length(texts)).as_py() != 0:
        return texts
    return pc.if_else(pc.equal(texts, BLANK), NO_TEXT, texts)


def _are_usual(texts: pa.Array) -> bool:
    """Tell whether all times are written as ``2026-11-23T17:04:05Z``: Arrow takes them as they are, and writes them so.

    That is told by their length and by each one's T: looking into every text would take longer than reading it.
    """
    _, offsets, letters = texts.buffers()
    bounds = memoryview(offsets).cast("i")[texts.offset :][: len(texts) + 1]
    together = memoryview(letters)[bounds[0] : bounds[-1]] if letters is not None else memoryview(b"")
    count: int = len(texts) - texts.null_count
    marks = bytes(together[_USUAL.index("T") :: len(_USUAL)])
    return len(together) == count * len(_USUAL) and marks == b"T" * count


def _in_range(values: pa.Array) -> pa.Array:
    """Return the values; raise pyarrow.ArrowInvalid if a day or time lies outside Python's years, 1 to 9999."""
    if pa.types.is_date(values.type):
        numbers, day = values.cast(pa.int32()), 1
    elif pa.types.is_timestamp(values.type):
        numbers, day = values.cast(pa.int64()), DAY
    else:
        return values
    bounds = pc.min_max(numbers).as_py()
    least, most = bounds["min"], bounds["max"]
    if least is not None and not FIRST_DAY * day <= least <= most < (LAST_DAY + 1) * day:
        raise pa.ArrowInvalid("a year that Python doesn't have")
    return values


def all_match(values: pa.Array, pattern: str) -> bool:
    """Tell whether all texts match a regular expression, those that are null apart."""
    found = pc.all(pc.match_substring_regex(values, pattern)).as_py()
    return True if found is None else bool(found)
