"""Values of JSON's types -> Arrow arrays: the careful way, which looks at every value.

`build` takes a column's values and the type that the column has so far. It returns an array of that type or of a wider
one, and the *wire type*: the type by which Arrow's own JSON reader, several times faster, reads the same values. That
reader is strict: told to expect a whole number, it refuses ``12.7`` and ``"12"``. What it refuses comes here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.types import (
    DECIMAL,
    EXACT,
    MOST_DIGITS,
    MOST_PLACES,
    PERCENT,
    TIMESTAMP,
    Number,
    array_of,
    converted,
    struct_array,
    text_of,
    widened,
)

_1970 = datetime.date(1970, 1, 1).toordinal()

FIRST_DAY = datetime.date.min.toordinal() - _1970
"""Python's first day, in days since 1970."""

LAST_DAY = datetime.date.max.toordinal() - _1970
"""Python's last day, in days since 1970."""

DAY = 86_400_000_000
"""A day's microseconds."""

DEEPEST = 12
"""Levels of records and lists that become Arrow's; a deeper value is kept as a text of JSON."""

FOREIGN = re.compile(r"(?:^|_)(?:origin|employee|business|external|client|erp|vendor_tax|tax)_id$")
"""Names of ids of other systems: texts, although they may be made of digits."""

_WHOLE = r"^(0|-?[1-9][0-9]{0,18})$"
_AMOUNT = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{1,4}0*)?\Z", re.ASCII)
_PERCENT_SIGN = r" ?%$"
_NO_NUMBER = r"^$|%"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})$"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})$"

# Arrow's own scalars: given Python's, its functions import pandas.
BLANK, MIDNIGHT, UTC, NO_TEXT = array_of(["", "T00:00:00Z", "Z", None], pa.string())


class Built(NamedTuple):
    """An array, and the wire type of the same values.

    Parameters
    ----------
    array : pyarrow.Array
        The values.
    wire : pyarrow.DataType
        The type by which Arrow's JSON reader reads them.
    """

    array: pa.Array
    wire: pa.DataType


def build(values: Sequence[Any], known: pa.DataType, name: str = "", depth: int = 0) -> Built:
    """Return values as an array.

    Parameters
    ----------
    values : sequence
        Values of JSON's types; None for a missing one.
    known : pyarrow.DataType
        The type that the column has so far; null if it isn't known.
    name : str
        The column's name, which tells whether it holds ids.
    depth : int
        How many records and lists are around it.

    Returns
    -------
    Built
        Its array is of the type `known`, or of a type that `known` can be widened to.
    """
    kinds = {*map(type, values)} - {type(None)}
    if not kinds:
        return Built(pa.nulls(len(values), known), default_wire(known))
    if kinds == {dict} and (pa.types.is_struct(known) or pa.types.is_null(known)) and depth < DEEPEST:
        return _records(values, known, depth)
    if kinds == {list} and (pa.types.is_list(known) or pa.types.is_null(known)) and depth < DEEPEST:
        return _lists(values, known, name, depth)
    if pa.types.is_null(known):
        known = _guess(values, kinds, name)
    for attempt in _attempts(known):
        try:
            return attempt(values, kinds, known)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            continue
    return _texts(values, kinds, pa.string())


def default_wire(known: pa.DataType) -> pa.DataType:
    """Return the wire type of a column of which no value was seen."""
    if pa.types.is_struct(known):
        return pa.struct([(field.name, default_wire(field.type)) for field in known])
    if pa.types.is_list(known):
        return pa.list_(default_wire(known.value_type))
    return pa.string() if pa.types.is_date(known) else known


def finished(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return values that were read by their wire type as values of the column's type.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value doesn't fit.
    """
    found = values.type
    if pa.types.is_floating(found):
        most = pc.max(pc.abs(values)).as_py()
        if most is not None and not most < EXACT:
            raise pa.ArrowInvalid("a whole number may have been too large for a double")
    if found.equals(wanted) and not pa.types.is_nested(found):
        if pa.types.is_decimal(found):
            values.validate(full=True)  # Arrow's JSON reader lets numbers through that have too many digits
        return _in_range(values)
    if pa.types.is_null(found):
        return pa.nulls(len(values), wanted)
    if pa.types.is_string(wanted):
        return converted(values, wanted)
    if pa.types.is_struct(found):
        types = {field.name: field.type for field in wanted}
        if not types.keys() >= {field.name for field in found}:
            raise pa.ArrowInvalid("a field that the column doesn't have")
        children = {
            field.name: finished(values.field(at), types[field.name]) for at, field in enumerate(found)
        }
        return struct_array(children, wanted, values.is_null())
    if pa.types.is_list(found):
        inner = finished(values.values, wanted.value_type)
        mask = values.is_null() if values.null_count else None
        return pa.ListArray.from_arrays(values.offsets, inner, mask=mask)
    if pa.types.is_string(found):
        return from_text(values, wanted)
    return values.cast(wanted)


def from_text(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return texts as the values that they stand for. An empty text becomes null.

    Raises
    ------
    pyarrow.ArrowInvalid
        A text doesn't stand for a value of this type, or not exactly.
    """
    if pa.types.is_string(wanted):
        return values
    blank = pc.equal(values, BLANK)
    if pc.any(blank).as_py():
        values = pc.if_else(blank, NO_TEXT, values)
    if pa.types.is_integer(wanted) and not _all_match(values, _WHOLE):
        raise pa.ArrowInvalid("not a whole number")  # Arrow takes 0x10, and 012 for 12
    if pa.types.is_timestamp(wanted):
        zoned = pc.match_substring_regex(values, _ZONE)
        if not pc.all(zoned).as_py():  # Procore's times are in UTC, whether they say so or not
            day = pc.match_substring_regex(values, _DATE)
            ending = pc.if_else(day, MIDNIGHT, pc.if_else(zoned, BLANK, UTC))
            values = pc.binary_join_element_wise(values, ending, BLANK)
    if wanted.equals(PERCENT):
        values = pc.replace_substring_regex(values, _PERCENT_SIGN, "")
    return _in_range(values.cast(wanted))  # of a decimal number, zeros at its end that have no place are cut


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


def parts(rows: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return records as columns by name, in the order in which the names come up; None for a field that a record lacks."""
    shapes = dict.fromkeys(tuple(row) for row in rows)
    if len(shapes) == 1 and (names := next(iter(shapes))):
        return dict(zip(names, zip(*(row.values() for row in rows), strict=True), strict=True))
    names = tuple(dict.fromkeys(name for shape in shapes for name in shape))
    return {name: [row.get(name) for row in rows] for name in names}


def spread(children: Mapping[str, pa.Array], values: Sequence[Any]) -> pa.Array:
    """Return records made of the columns of those values that aren't None; a value that is None becomes null."""
    missing = array_of((value is None for value in values), pa.bool_())
    if None in values:
        places = iter(range(len(values)))
        taken = array_of([None if value is None else next(places) for value in values], pa.int32())
        children = {name: child.take(taken) for name, child in children.items()}
    fields = [pa.field(name, child.type) for name, child in children.items()]
    return struct_array(children, fields, missing)


def _records(values: Sequence[Any], known: pa.DataType, depth: int) -> Built:
    there = [value for value in values if value is not None]
    columns = parts(there)
    types = {field.name: field.type for field in known} if pa.types.is_struct(known) else {}
    built = {
        name: build(columns.get(name, [None] * len(there)), types.get(name, pa.null()), name, depth + 1)
        for name in dict.fromkeys([*types, *columns])
    }
    wire = pa.struct([(name, one.wire) for name, one in built.items()])
    return Built(spread({name: one.array for name, one in built.items()}, values), wire)


def _lists(values: Sequence[Any], known: pa.DataType, name: str, depth: int) -> Built:
    offsets, inner = [0], []
    for value in values:
        if value is not None:
            inner += value
        offsets.append(len(inner))
    child = known.value_type if pa.types.is_list(known) else pa.null()
    built = build(inner, child, name.removesuffix("s"), depth + 1)
    missing = array_of((value is None for value in values), pa.bool_()) if None in values else None
    array = pa.ListArray.from_arrays(array_of(offsets, pa.int32()), built.array, mask=missing)
    return Built(array, pa.list_(built.wire))


Attempt = Callable[[Sequence[Any], set[type], pa.DataType], Built]


def _attempts(known: pa.DataType) -> list[Attempt]:
    """Return the ways to build an array of values, the narrowest first; the last takes any value."""
    if pa.types.is_boolean(known):
        return [_booleans, _texts]
    if pa.types.is_integer(known):
        return [_wholes, _doubles, _texts]
    if pa.types.is_floating(known):
        return [_doubles, _texts]
    if pa.types.is_decimal(known):
        return [_decimals, _texts]
    if pa.types.is_timestamp(known):
        return [_times, _texts]
    if pa.types.is_date(known):
        return [_times, lambda values, kinds, _: _times(values, kinds, TIMESTAMP), _texts]
    return [_texts]


def _booleans(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    _only(kinds, bool)
    return Built(array_of(values, pa.bool_()), pa.bool_())


def _wholes(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    if kinds == {int}:
        return Built(array_of(values, pa.int64()), pa.int64())
    _only(kinds, int, str)
    written = [value if value is None else str(value) for value in values]
    return Built(from_text(array_of(written, pa.string()), pa.int64()), pa.string())


def _doubles(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    _only(kinds, int, Number)
    if any(type(value) is int and abs(value) > EXACT for value in values):
        raise pa.ArrowInvalid("a whole number is too large for a double")
    doubles = [None if value is None else float(value) for value in values]
    if any(value is not None and abs(value) == float("inf") for value in doubles):
        raise pa.ArrowInvalid("a number is too large for a double")
    return Built(array_of(doubles, pa.float64()), pa.float64())


def _decimals(values: Sequence[Any], kinds: set[type], known: pa.DataType) -> Built:
    _only(kinds, int, Number, str)
    written = array_of([value if value is None else str(value) for value in values], pa.string())
    for one in (known, widened(known, DECIMAL), pa.decimal128(MOST_DIGITS, MOST_PLACES)):
        try:
            array = from_text(written, one)
        except pa.ArrowInvalid:
            continue
        direct = kinds != {str} or not pc.any(pc.match_substring_regex(written, _NO_NUMBER)).as_py()
        return Built(array, one if direct else pa.string())
    raise pa.ArrowInvalid("too many digits")


def _times(values: Sequence[Any], kinds: set[type], known: pa.DataType) -> Built:
    _only(kinds, str)
    written = array_of(values, pa.string())
    array = from_text(written, known)
    direct = pa.types.is_timestamp(known) and not pc.any(pc.equal(written, BLANK)).as_py()
    return Built(array, known if direct else pa.string())


def _texts(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    if kinds == {str}:
        return Built(array_of(values, pa.string()), pa.string())
    texts = [None if value is None else text_of(value) for value in values]
    return Built(array_of(texts, pa.string()), pa.int64() if kinds == {int} else pa.string())


def _only(kinds: set[type], *allowed: type) -> None:
    if not kinds <= {*allowed}:
        raise pa.ArrowInvalid("values of another kind")


def _guess(values: Sequence[Any], kinds: set[type], name: str) -> pa.DataType:
    """Return the type that the values of an unknown column seem to have."""
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds <= {int, Number}:
        return pa.float64()
    if kinds == {str}:
        return _guess_text(array_of(values, pa.string()), name)
    if kinds == {int, str} and is_id(name):
        return pa.int64()
    return pa.string()


def _guess_text(values: pa.Array, name: str) -> pa.DataType:
    some = values.filter(pc.not_equal(values, BLANK))
    if len(some) == 0:
        return pa.string()
    if is_id(name) and _all_match(some, _WHOLE):
        return pa.int64()
    if _all_match(some, _MOMENT):
        return TIMESTAMP
    return pa.date32() if _all_match(some, _DATE) else pa.string()


def is_id(name: str) -> bool:
    """Tell whether a column of this name holds Procore's own ids, which are whole numbers."""
    return (name == "id" or name.endswith("_id")) and FOREIGN.search(name) is None


def are_amounts(values: Sequence[Any]) -> bool:
    """Tell whether all values look like amounts of money, in texts or not, and one has a point: else they may be codes."""
    written = [str(value) for value in values if value not in (None, "")]
    return any("." in text for text in written) and all(map(_AMOUNT.match, written))


def _all_match(values: pa.Array, pattern: str) -> bool:
    found = pc.all(pc.match_substring_regex(values, pattern)).as_py()
    return True if found is None else bool(found)
