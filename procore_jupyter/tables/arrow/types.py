"""Arrow types: those of the catalog's kinds, the type that two have in common, and how values get from one to the other.

Nothing is lost on the way: a value is converted exactly, or it becomes a text that says the same.
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
MONEY = pa.decimal128(18, 4)
DECIMAL = pa.decimal128(28, 8)
MOST_DIGITS, MOST_PLACES = 38, 12

EXACT = 2**53
"""Whole numbers up to this one are exact as doubles."""

_SIMPLE = {
    "id": pa.int64(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "text": pa.string(),
    "money": MONEY,
    "decimal": DECIMAL,
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "record": pa.struct([]),
    "list": pa.list_(pa.null()),
    "any": pa.null(),
    "custom_fields": pa.struct([]),
}


class Number(str):
    """A number with a point or an exponent, as it was written: nothing of it is rounded."""

    __slots__ = ()


def _as_written(value: Any) -> msgspec.Raw:
    if isinstance(value, Number):
        return msgspec.Raw(str(value).encode())
    raise TypeError(type(value).__name__)


_lines = msgspec.json.Encoder()
_json = msgspec.json.Encoder(enc_hook=_as_written)


def array_of(values: Iterable[Any], wanted: pa.DataType) -> pa.Array:
    """Return values of JSON's types as an array of exactly this type.

    What `pyarrow.array` does, by way of JSON: that one imports pandas, which takes more memory than a large table
    and longer than a small one. And it is strict: no true for 1.

    Parameters
    ----------
    values : iterable
        None where there is none.
    wanted : pyarrow.DataType
        Text, number, true or false.

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
    """Return an array of one value. Made once: `array_of` reads JSON for it, some thousand times a table."""
    return array_of([value], wanted)


def read_lines(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Return lines of JSON objects as a table of exactly this schema.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value is of another type, or a field is none of the schema's.
    """
    return pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        # Arrow's usual allocator keeps what was freed for itself: a third of the peak, here.
        memory_pool=pa.system_memory_pool(),
    )


def read_rows(rows: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """Return rows, each the bytes of one JSON object, as a table of exactly this schema.

    Raises
    ------
    pyarrow.ArrowInvalid
        One isn't as the schema says, or no object.
    """
    lines = b"\n".join(rows)
    if lines.startswith(b"null") or b"\nnull" in lines:
        raise pa.ArrowInvalid("a row is null")  # at which Arrow's reader takes the interpreter down
    table = read_lines(lines, schema)
    if table.num_rows != len(rows):
        raise pa.ArrowInvalid("another number of rows")
    return table


def of_kind(kind: str, records: Mapping[str, Mapping[str, str]]) -> pa.DataType:
    """Return the type that a column of this kind begins with; what arrives may widen it.

    Parameters
    ----------
    kind : str
        A kind of the catalog: `spec.KINDS`, a record's name, or one of these in brackets.
    records : mapping
        The fields of the records, by name.
    """
    if kind.startswith("["):
        return pa.list_(of_kind(kind[1:-1], records))
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return pa.struct([pa.field(name, of_kind(inner, records)) for name, inner in records[kind].items()])


def settled(found: pa.DataType) -> pa.DataType:
    """Return a type without unknown parts: a column, field or item of which no value was seen becomes text."""
    if pa.types.is_null(found) or (pa.types.is_struct(found) and not len(found)):
        return pa.string()
    if pa.types.is_struct(found):
        return pa.struct([pa.field(field.name, settled(field.type)) for field in found])
    return pa.list_(settled(found.value_type)) if pa.types.is_list(found) else found


def in_words(found: pa.DataType) -> str:
    """Return a type's name for people."""
    if pa.types.is_struct(found):
        return "record"
    if pa.types.is_list(found):
        return "list"
    if pa.types.is_decimal(found):
        return f"decimal, {found.scale} places"
    for is_one, words in (
        (pa.types.is_null, "empty"),
        (pa.types.is_boolean, "true or false"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "timestamp (UTC)"),
    ):
        if is_one(found):
            return words
    return "text"


def widened(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return the narrowest type that takes the values of both exactly, or texts that say the same."""
    if one.equals(other) or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    is_both = _both(one, other)
    if is_both(pa.types.is_struct):
        fields = {field.name: field.type for field in one}
        for field in other:
            fields[field.name] = (
                widened(fields[field.name], field.type) if field.name in fields else field.type
            )
        return pa.struct([pa.field(name, found) for name, found in fields.items()])
    if is_both(pa.types.is_list):
        return pa.list_(widened(one.value_type, other.value_type))
    if is_both(_is_exact):
        places = max(_places(one), _places(other))
        digits = max(_digits(one) - _places(one), _digits(other) - _places(other)) + places
        return pa.decimal128(digits, places) if digits <= MOST_DIGITS else pa.string()
    if is_both(lambda found: pa.types.is_integer(found) or pa.types.is_floating(found)):
        return pa.float64()
    if is_both(lambda found: pa.types.is_date(found) or pa.types.is_timestamp(found)):
        return TIMESTAMP
    return pa.string()


def _both(one: pa.DataType, other: pa.DataType) -> Callable[[Callable[[pa.DataType], bool]], bool]:
    return lambda test: test(one) and test(other)


def _is_exact(found: pa.DataType) -> bool:
    return bool(pa.types.is_integer(found) or pa.types.is_decimal(found))


def _digits(found: pa.DataType) -> int:
    return found.precision if pa.types.is_decimal(found) else 19


def _places(found: pa.DataType) -> int:
    return found.scale if pa.types.is_decimal(found) else 0


def converted(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return values as a wider type, which `widened` gave.

    Raises
    ------
    pyarrow.ArrowInvalid
        Whole numbers that a double can't hold exactly.
    """
    found = values.type
    if found.equals(wanted):
        return values
    if pa.types.is_null(found):
        return pa.nulls(len(values), wanted)
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        have = {field.name: child for field, child in zip(found, values.flatten(), strict=True)}
        children = [
            converted(have[field.name], field.type)
            if field.name in have
            else pa.nulls(len(values), field.type)
            for field in wanted
        ]
        return struct_array(children, [*wanted], values.is_null())
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        inner = converted(values.flatten(), wanted.value_type)
        return list_array(values, inner)
    if pa.types.is_string(wanted):
        nothing = pa.types.is_struct(found) and len(found) == 0  # records in which nothing was ever seen
        return pa.nulls(len(values), wanted) if nothing else as_text(values)
    if pa.types.is_integer(found) and pa.types.is_floating(wanted):
        bounds = pc.min_max(values).as_py()
        if any(value is not None and abs(value) > EXACT for value in bounds.values()):
            raise pa.ArrowInvalid("a whole number is too large for a double")
    return values.cast(wanted)


def without_rows(schema: pa.Schema) -> pa.Table:
    """Return a table that has no rows; `pyarrow.Schema.empty_table` imports pandas."""
    return pa.Table.from_batches([], schema)


def struct_array(children: list[pa.Array], fields: list[pa.Field], missing: pa.Array) -> pa.Array:
    """Return records made of columns; null where `missing` is true."""
    if not children:
        # Arrow can't tell the length of a record without fields from them. Its bits are those of "it is there".
        there = pc.invert(missing).buffers()[1]
        return pa.Array.from_buffers(pa.struct([]), len(missing), [there])
    mask = missing if pc.any(missing).as_py() else None
    return pa.StructArray.from_arrays(children, fields=fields, mask=mask)


def list_array(like: pa.Array, inner: pa.Array) -> pa.Array:
    """Return lists that are as long as those of another array, with other values in them."""
    zero = one_of(0, pa.int32())  # not 0 itself: Python's numbers import pandas
    lengths = pc.coalesce(pc.list_value_length(like), zero[0])
    ends = pc.cumulative_sum(lengths.cast(pa.int32()))
    offsets = pa.concat_arrays([zero, ends])
    mask = like.is_null() if like.null_count else None
    return pa.ListArray.from_arrays(offsets, inner, mask=mask)


def as_text(values: pa.Array) -> pa.Array:
    """Return each value as a text that says the same: numbers plainly, dates as ISO 8601, nested values as JSON."""
    found = values.type
    if pa.types.is_string(found):
        return values
    if pa.types.is_boolean(found) or pa.types.is_integer(found) or pa.types.is_date(found):
        return values.cast(pa.string())
    return array_of(
        (None if one is None else text_of(_of_json(one)) for one in values.to_pylist()), pa.string()
    )


def text_of(value: Any) -> str:
    """Return one value of JSON's types as a text that says the same."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, (dict, list)) else str(value)


def as_json(value: Any) -> str:
    """Return a value of JSON's types as JSON: a `Number` as it was written."""
    try:
        return _json.encode(value).decode()
    except OverflowError:  # a whole number of more than 64 bits
        return _json.encode(_with_numbers(value)).decode()


def _with_numbers(value: Any) -> Any:
    """Return a value with its whole numbers as they are written."""
    if isinstance(value, dict):
        return {name: _with_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_numbers(inner) for inner in value]
    return Number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of_json(value: Any) -> Any:
    """Return one of Arrow's values as one of JSON's types."""
    if isinstance(value, dict):
        return {name: _of_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_of_json(inner) for inner in value]
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
