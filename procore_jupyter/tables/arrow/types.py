"""Arrow types: the type of each kind in the catalog, the type that two types widen to, and values changed to another type.

No value is lost: it is converted exactly, or becomes a text that says the same.
"""

from __future__ import annotations

import datetime
import decimal
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

TIMESTAMP = pa.timestamp("us", "UTC")
"""Times, to the microsecond."""

MONEY = pa.decimal128(18, 4)
"""Amounts of money: 14 digits before the point, 4 after it."""

DECIMAL = pa.decimal128(28, 8)
"""Hours and other exact numbers: 20 digits before the point, 8 after it."""

QUANTITY = pa.decimal128(32, 12)
"""Quantities of budgets and contracts, which have 12 digits after the point: 20 before it."""

PERCENT = pa.decimal128(22, 12)
"""Percentages, 9.28 for 9.28 %: 10 digits before the point, 12 after it. As a text they may end in a percent sign."""

MOST_DIGITS = 38
"""Digits of Arrow's longest decimal number."""

MOST_PLACES = 12
"""Digits after the point in the widest type that a column of decimals becomes."""

EXACT = 2**53
"""Whole numbers up to this one are exact as doubles."""

_WHOLE_DIGITS = 19
"""Digits of the largest 64-bit number."""

_SIMPLE = {
    "id": pa.int64(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "text": pa.string(),
    "money": MONEY,
    "decimal": DECIMAL,
    "quantity": QUANTITY,
    "percent": PERCENT,
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "record": pa.struct([]),
    "list": pa.list_(pa.null()),
    "any": pa.null(),
    "custom_fields": pa.struct([]),
}

_WORDS: Sequence[tuple[Callable[[pa.DataType], bool], str]] = (
    (pa.types.is_struct, "record"),
    (pa.types.is_list, "list"),
    (pa.types.is_null, "empty"),
    (pa.types.is_boolean, "true or false"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp (UTC)"),
)


class Number(str):
    """A number with a point or an exponent, as the text that it was written as: no digit is rounded."""

    __slots__ = ()


def _as_written(value: Any) -> msgspec.Raw:
    if isinstance(value, Number):
        return msgspec.Raw(str(value).encode())
    raise TypeError(type(value).__name__)


_lines = msgspec.json.Encoder()
_json = msgspec.json.Encoder(enc_hook=_as_written)


# Arrays from JSON


def array_of(values: Iterable[Any], wanted: pa.DataType) -> pa.Array:
    """Return values of JSON's types as an array of exactly this type.

    Arrow reads them as JSON here. `pyarrow.array` would import pandas, which takes more memory than a large table
    and longer than a small one; and it would take true for 1.

    Parameters
    ----------
    values : iterable
        The values; None for a missing one.
    wanted : pyarrow.DataType
        A type of texts, numbers, or true and false.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value is of another type, or too large for it.
    """
    lines = _lines.encode_lines([{"v": value} for value in values])
    if not lines:
        return pa.nulls(0, wanted)
    found = read_lines(lines, pa.schema([("v", wanted)])).column(0)
    return found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()


@functools.lru_cache(1024)
def one_of(value: int | str, wanted: pa.DataType) -> pa.Array:
    """Return an array of one value. It is kept: a table needs the same ones some thousand times."""
    return array_of([value], wanted)


def read_lines(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Return lines of JSON objects as a table of exactly this schema.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value is of another type, or a field is not in the schema.
    """
    return pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        # Arrow's usual allocator keeps freed memory for itself: here, a third of the peak.
        memory_pool=pa.system_memory_pool(),
    )


def read_rows(rows: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """Return rows, each the bytes of one JSON object, as a table of exactly this schema.

    Raises
    ------
    pyarrow.ArrowInvalid
        A row doesn't fit the schema, or is no object.
    """
    lines = b"\n".join(rows)
    if lines.startswith(b"null") or b"\nnull" in lines:
        raise pa.ArrowInvalid("a row is null")  # Arrow's reader would crash the interpreter
    table = read_lines(lines, schema)
    if table.num_rows != len(rows):
        raise pa.ArrowInvalid("another number of rows")
    return table


# Types


def of_kind(kind: str, records: Mapping[str, Mapping[str, str]]) -> pa.DataType:
    """Return the type that a column of this kind begins with; the rows that come may widen it.

    Parameters
    ----------
    kind : str
        A kind of the catalog: one of `spec.KINDS`, a record's name, or one of these in brackets.
    records : mapping
        The kinds of each record's fields, by the record's name.
    """
    if kind.startswith("["):
        return pa.list_(of_kind(kind[1:-1], records))
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return pa.struct([(name, of_kind(inner, records)) for name, inner in records[kind].items()])


def settled(found: pa.DataType) -> pa.DataType:
    """Return a type without unknown parts: a column, field or item of which no value was seen becomes text."""
    if pa.types.is_null(found) or (pa.types.is_struct(found) and not len(found)):
        return pa.string()
    if pa.types.is_struct(found):
        return pa.struct([(field.name, settled(field.type)) for field in found])
    return pa.list_(settled(found.value_type)) if pa.types.is_list(found) else found


def in_words(found: pa.DataType) -> str:
    """Return a type's name for people."""
    if pa.types.is_decimal(found):
        return f"decimal, {found.scale} places"
    return next((words for is_one, words in _WORDS if is_one(found)), "text")


def widened(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return the narrowest type that holds the values of both types exactly, or as texts that say the same."""
    if one.equals(other) or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other

    def both(*kinds: Callable[[pa.DataType], bool]) -> bool:
        return all(any(is_one(found) for is_one in kinds) for found in (one, other))

    if both(pa.types.is_struct):
        fields = {field.name: field.type for field in one}
        for field in other:
            fields[field.name] = widened(fields.get(field.name, pa.null()), field.type)
        return pa.struct([*fields.items()])
    if both(pa.types.is_list):
        return pa.list_(widened(one.value_type, other.value_type))
    if both(pa.types.is_integer, pa.types.is_decimal):
        whole, places = map(max, zip(_digits(one), _digits(other), strict=True))
        return pa.decimal128(min(whole + places, MOST_DIGITS), places)  # too few digits for some: `converted`
    if both(pa.types.is_integer, pa.types.is_floating):
        return pa.float64()
    return TIMESTAMP if both(pa.types.is_date, pa.types.is_timestamp) else pa.string()


def becomes_text(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether something that isn't text in one type is text in a wider one."""
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        types = {field.name: field.type for field in wanted}
        return any(becomes_text(field.type, types[field.name]) for field in found)
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        return becomes_text(found.value_type, wanted.value_type)
    return pa.types.is_string(wanted) and not (pa.types.is_string(found) or pa.types.is_null(found))


def has_floats(found: pa.DataType) -> bool:
    """Tell whether a type has doubles somewhere."""
    if pa.types.is_struct(found):
        return any(has_floats(field.type) for field in found)
    return has_floats(found.value_type) if pa.types.is_list(found) else bool(pa.types.is_floating(found))


def _digits(found: pa.DataType) -> tuple[int, int]:
    """Return how many digits the numbers of a type may have before their point and after it."""
    return (found.precision - found.scale, found.scale) if pa.types.is_decimal(found) else (_WHOLE_DIGITS, 0)


# Values of one type as those of another


def converted(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return values as values of a wider type, one that `widened` returned.

    Raises
    ------
    pyarrow.ArrowInvalid
        A number is too large for the wider type to hold it exactly.
    """
    found = values.type
    if found.equals(wanted):
        return values
    if pa.types.is_null(found):
        return pa.nulls(len(values), wanted)
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        types = {field.name: field.type for field in wanted}
        parts = zip(found, values.flatten(), strict=True)
        children = {field.name: converted(child, types[field.name]) for field, child in parts}
        return struct_array(children, wanted, values.is_null())
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        return list_array(values, converted(values.flatten(), wanted.value_type))
    if pa.types.is_string(wanted):
        no_fields = pa.types.is_struct(found) and len(found) == 0  # no value was ever seen in these records
        return pa.nulls(len(values), wanted) if no_fields else as_text(values)
    if pa.types.is_integer(found) and pa.types.is_floating(wanted):
        bounds = pc.min_max(values).as_py()
        if any(value is not None and abs(value) > EXACT for value in bounds.values()):
            raise pa.ArrowInvalid("a whole number is too large for a double")
    return values.cast(wanted)


def without_rows(schema: pa.Schema) -> pa.Table:
    """Return a table that has no rows; `pyarrow.Schema.empty_table` imports pandas."""
    return pa.Table.from_batches([], schema)


def struct_array(children: Mapping[str, pa.Array], fields: Iterable[pa.Field], missing: pa.Array) -> pa.Array:
    """Return records made of columns.

    Parameters
    ----------
    children : mapping of str to pyarrow.Array
        The columns, by name.
    fields : iterable of pyarrow.Field
        The records' fields, in their order; a field without a column is null.
    missing : pyarrow.Array
        True for each record that is null.
    """
    fields = [*fields]
    if not fields:
        # From no columns, Arrow can't tell how many records there are. The bits say which of them aren't null.
        return pa.Array.from_buffers(pa.struct([]), len(missing), [pc.invert(missing).buffers()[1]])
    arrays = [
        children[field.name] if field.name in children else pa.nulls(len(missing), field.type)
        for field in fields
    ]
    mask = missing if pc.any(missing).as_py() else None
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)


def list_array(like: pa.Array, inner: pa.Array) -> pa.Array:
    """Return lists as long as those of another array, with the values of `inner`."""
    zero = one_of(0, pa.int32())  # Arrow's own: from Python's, it would import pandas
    lengths = pc.coalesce(pc.list_value_length(like), zero[0])
    ends = pc.cumulative_sum(lengths.cast(pa.int32()))
    mask = like.is_null() if like.null_count else None
    return pa.ListArray.from_arrays(pa.concat_arrays([zero, ends]), inner, mask=mask)


# Values as texts


def as_text(values: pa.Array) -> pa.Array:
    """Return each value as a text that says the same: numbers plainly, dates as ISO 8601, nested values as JSON.

    Of a record, the fields that are null are left out: most of them didn't come.
    """
    found = values.type
    if pa.types.is_string(found):
        return values
    if pa.types.is_boolean(found) or pa.types.is_integer(found) or pa.types.is_date(found):
        return values.cast(pa.string())
    texts = (None if one is None else text_of(one) for one in plain(values))
    return array_of(texts, pa.string())


def plain(values: pa.Array) -> list[Any]:
    """Return values as JSON has them; of a record, without the fields that are null."""
    return [_changed(_without_nulls(one), _of_json) for one in values.to_pylist()]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def text_of(value: Any) -> str:
    """Return one value of JSON's types as a text that says the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, (dict, list)) else str(value)


def as_json(value: Any) -> str:
    """Return a value of JSON's types as JSON, each `Number` as it was written."""
    try:
        return _json.encode(value).decode()
    except OverflowError:  # msgspec writes whole numbers of up to 64 bits
        return _json.encode(_changed(value, _written)).decode()


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with each plain value in it changed."""
    if isinstance(value, dict):
        return {name: _changed(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, change) for inner in value]
    return change(value)


def _written(value: Any) -> Any:
    """Return a whole number as it is written, any other value as it is."""
    return Number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of_json(value: Any) -> Any:
    """Return one of Arrow's plain values as a value of JSON's types."""
    if isinstance(value, float):
        return Number(repr(value))
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return value
