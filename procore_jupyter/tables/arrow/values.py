"""Values of JSON's types -> Arrow arrays: the careful way, which looks at every value.

`build` takes a column's values and the type that the column has so far. It returns an array of that type or of a wider
one, and the *wire type*: the type by which Arrow's own JSON reader, several times faster, reads the same values. That
reader is strict: told to expect a whole number, it refuses ``12.7`` and ``"12"``. What it refuses comes here.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.numbers import exact_type, is_a_doubles, is_noise, rounded
from procore_jupyter.tables.arrow.remarks import CUT, DIGITS, JSON, ROUNDED
from procore_jupyter.tables.arrow.types import (
    DECIMAL,
    EXACT,
    MOST_DIGITS,
    MOST_PLACES,
    PERCENT,
    TIMESTAMP,
    Number,
    array_of,
    struct_array,
    text_of,
    widened,
)
from procore_jupyter.tables.arrow.wire import (
    BLANK,
    DATE,
    PERCENT_SIGN,
    WHOLE,
    all_match,
    default_wire,
    from_text,
    says_itself,
)

DEEPEST = 12
"""Levels of records and lists that become Arrow's; a deeper value is kept as a text of JSON."""

FOREIGN = re.compile(r"(?:^|_)(?:origin|employee|business|external|client|erp|vendor_tax|tax)_id$")
"""Names of ids of other systems: texts, although they may be made of digits."""

_MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,18})?(Z|[+-]\d{2}:?\d{2})$"
_FINE_SECOND = r"(:\d{2}\.\d{6})\d+"
_LOST_SECOND = r":\d{2}\.\d{6}\d*[1-9]"

MOST_FIELDS = 100
"""Fields that a record may have however few of them each record fills."""

FEWEST_FILLED = 0.1
"""The part of more fields than that which records fill on average; records that fill fewer have ids for names."""


class Built(NamedTuple):
    """An array, and what else is known of the same values.

    Parameters
    ----------
    array : pyarrow.Array
        The values.
    wire : pyarrow.DataType
        The type by which Arrow's JSON reader reads them.
    exact : bool
        As `Finished`.
    remarks : frozenset of str
        What a note has to tell: `remarks.ROUNDED` and the like.
    """

    array: pa.Array
    wire: pa.DataType
    exact: bool = True
    remarks: frozenset[str] = frozenset()


class _MoreDigits(Exception):
    """A number has more digits than a double."""


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
        if have_ids_for_names([value for value in values if value is not None], known):
            return _texts(values, kinds, pa.string())
        return _records(values, known, depth)
    if kinds == {list} and (pa.types.is_list(known) or pa.types.is_null(known)) and depth < DEEPEST:
        return _lists(values, known, name, depth)
    remarks = frozenset((JSON,)) if pa.types.is_string(known) and kinds & {dict, list} else frozenset[str]()
    if pa.types.is_null(known):
        known = _guess(values, kinds, name)
    for attempt in _attempts(known):
        try:
            built = attempt(values, kinds, known)
            return built._replace(remarks=built.remarks | remarks)
        except _MoreDigits:
            remarks = frozenset((DIGITS,))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            continue
    return _texts(values, kinds, pa.string())


def have_ids_for_names(
    records: Sequence[dict[str, Any]], known: pa.DataType, most: int = MOST_FIELDS
) -> bool:
    """Tell whether records have ids for the names of their fields, as ``{"user_17": 1}``: each would be a column of nulls."""
    names = {field.name for field in known} if pa.types.is_struct(known) else set()
    for record in records:
        names.update(record)
    if len(names) <= most:
        return False
    return sum(map(len, records)) < FEWEST_FILLED * len(names) * len(records)


def parts(rows: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return records as columns by name, in the order in which the names come up; None for a field that a record lacks."""
    shapes = dict.fromkeys(tuple(row) for row in rows)
    if len(shapes) == 1 and (names := next(iter(shapes))):
        return dict(zip(names, zip(*(row.values() for row in rows), strict=True), strict=True))
    names = tuple(dict.fromkeys(name for shape in shapes for name in shape))
    return {name: [row.get(name) for row in rows] for name in names}


def pruned(value: Any, known: pa.DataType) -> Any:
    """Return a value without the fields that its column's type doesn't have."""
    if isinstance(value, dict) and pa.types.is_struct(known):
        have = {field.name: field.type for field in known}
        return {name: pruned(inner, have[name]) for name, inner in value.items() if name in have}
    if isinstance(value, list) and pa.types.is_list(known):
        return [pruned(inner, known.value_type) for inner in value]
    return value


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
    array = spread({name: one.array for name, one in built.items()}, values)
    return Built(array, wire, *in_sum(built.values()))


def in_sum(built: Collection[Built]) -> tuple[bool, frozenset[str]]:
    """Return whether all of several columns are exact, and all their remarks."""
    return all(one.exact for one in built), frozenset().union(*(one.remarks for one in built))


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
    return Built(array, pa.list_(built.wire), built.exact, built.remarks)


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
    return Built(from_text(array_of(written, pa.string()), pa.int64()), pa.string(), "" not in written)


def _doubles(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    _only(kinds, int, Number)
    if any(type(value) is int and abs(value) > EXACT for value in values):
        raise _MoreDigits("a whole number is too large for a double")
    if not all(value is None or type(value) is int or is_a_doubles(value) for value in values):
        raise _MoreDigits("a number has more digits than a double")
    doubles = [None if value is None else float(value) for value in values]
    return Built(array_of(doubles, pa.float64()), pa.float64(), False)


def _decimals(values: Sequence[Any], kinds: set[type], known: pa.DataType) -> Built:
    _only(kinds, int, Number, str)
    written = array_of([value if value is None else str(value) for value in values], pa.string())
    try:
        array, remarks = from_text(written, known), frozenset[str]()
    except pa.ArrowInvalid:
        array, remarks = _wider_decimals(written.to_pylist(), known)
    return Built(array, pa.string() if kinds == {str} else array.type, False, remarks)


def _wider_decimals(written: Sequence[str | None], known: pa.DataType) -> tuple[pa.Array, frozenset[str]]:
    """Return numbers as decimals that hold them exactly, but for the noise of doubles, which is rounded; and remarks."""
    if known.equals(PERCENT):
        written = [text and re.sub(PERCENT_SIGN, "", text) for text in written]
        if any(text and text.endswith("%") for text in written):
            raise pa.ArrowInvalid("two percent signs")
    noisy = [text is not None and is_noise(text) for text in written]
    others = [None if noise else text for text, noise in zip(written, noisy, strict=True)]
    types = [known, widened(known, DECIMAL), pa.decimal128(MOST_DIGITS, MOST_PLACES)]
    with contextlib.suppress(pa.ArrowInvalid):
        types.append(exact_type(others))
    for one in types:
        texts = [
            rounded(text, one.scale) if noise and text else text
            for text, noise in zip(written, noisy, strict=True)
        ]
        try:
            array = from_text(array_of(texts, pa.string()), one)
        except pa.ArrowInvalid:
            continue
        return array, frozenset((ROUNDED,) if any(noisy) else ())
    raise pa.ArrowInvalid("too many digits")


def _times(values: Sequence[Any], kinds: set[type], known: pa.DataType) -> Built:
    _only(kinds, str)
    written = array_of(values, pa.string())
    remarks = frozenset[str]()
    try:
        array = from_text(written, known)
    except pa.ArrowInvalid:
        array = from_text(pc.replace_substring_regex(written, _FINE_SECOND, r"\1"), known)
        if pc.any(pc.match_substring_regex(written, _LOST_SECOND)).as_py():
            remarks = frozenset((CUT,))
    return Built(array, pa.string(), says_itself(written, known), remarks)


def _texts(values: Sequence[Any], kinds: set[type], _: pa.DataType) -> Built:
    if kinds == {str}:
        return Built(array_of(values, pa.string()), pa.string())
    texts = [None if value is None else text_of(value) for value in values]
    # Within a record or a list, such a text doesn't say that it was none.
    return Built(array_of(texts, pa.string()), pa.int64() if kinds == {int} else pa.string(), False)


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
    if is_id(name) and all_match(some, WHOLE):
        return pa.int64()
    if all_match(some, _MOMENT):
        return TIMESTAMP
    return pa.date32() if all_match(some, DATE) else pa.string()


def is_id(name: str) -> bool:
    """Tell whether a column of this name holds Procore's own ids, which are whole numbers."""
    return (name == "id" or name.endswith("_id")) and FOREIGN.search(name) is None
