"""Types, what two of them have in common, and how values get from one to the other: exactly, or as a text."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.types import (
    DECIMAL,
    EXACT,
    MONEY,
    PERCENT,
    QUANTITY,
    TIMESTAMP,
    Number,
    array_of,
    as_json,
    as_text,
    converted,
    in_words,
    of_kind,
    read_lines,
    settled,
    text_of,
    widened,
)

RECORDS = {"person": {"id": "id", "name": "text"}, "line": {"by": "person", "amounts": "[money]"}}
PERSON = pa.struct([("id", pa.int64()), ("name", pa.string())])
UTC = datetime.UTC


@pytest.mark.parametrize(
    ("kind", "found", "words"),
    [
        ("id", pa.int64(), "integer"),
        ("int", pa.int64(), "integer"),
        ("float", pa.float64(), "number"),
        ("bool", pa.bool_(), "true or false"),
        ("text", pa.string(), "text"),
        ("money", pa.decimal128(18, 4), "decimal, 4 places"),
        ("decimal", pa.decimal128(28, 8), "decimal, 8 places"),
        ("quantity", pa.decimal128(32, 12), "decimal, 12 places"),
        ("percent", pa.decimal128(22, 12), "decimal, 12 places"),
        ("date", pa.date32(), "date"),
        ("timestamp", pa.timestamp("us", "UTC"), "timestamp (UTC)"),
        ("record", pa.struct([]), "record"),
        ("list", pa.list_(pa.null()), "list"),
        ("any", pa.null(), "empty"),
        ("custom_fields", pa.struct([]), "record"),
        ("[id]", pa.list_(pa.int64()), "list"),
        ("person", PERSON, "record"),
        ("[person]", pa.list_(PERSON), "list"),
        ("line", pa.struct([("by", PERSON), ("amounts", pa.list_(MONEY))]), "record"),
    ],
)
def test_each_kind_has_a_type_and_a_name_for_people(kind: str, found: pa.DataType, words: str) -> None:
    assert of_kind(kind, RECORDS) == found
    assert in_words(found) == words


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (pa.null(), pa.date32(), pa.date32()),
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.int64(), MONEY, pa.decimal128(23, 4)),
        (MONEY, DECIMAL, DECIMAL),
        (pa.int64(), DECIMAL, DECIMAL),
        (DECIMAL, QUANTITY, QUANTITY),
        (PERCENT, DECIMAL, QUANTITY),
        (pa.decimal128(38, 12), MONEY, pa.decimal128(38, 12)),
        (pa.decimal128(38, 0), pa.decimal128(38, 12), pa.decimal128(38, 12)),
        (pa.float64(), MONEY, pa.string()),
        (pa.date32(), TIMESTAMP, TIMESTAMP),
        (pa.date32(), pa.int64(), pa.string()),
        (pa.bool_(), pa.int64(), pa.string()),
        (pa.string(), pa.int64(), pa.string()),
        (PERSON, pa.string(), pa.string()),
        (PERSON, pa.list_(PERSON), pa.string()),
        (pa.list_(pa.null()), pa.list_(PERSON), pa.list_(PERSON)),
        (pa.list_(pa.int64()), pa.list_(pa.float64()), pa.list_(pa.float64())),
        (
            pa.struct([("a", pa.int64()), ("b", pa.null())]),
            pa.struct([("c", pa.bool_()), ("b", pa.date32()), ("a", pa.string())]),
            pa.struct([("a", pa.string()), ("b", pa.date32()), ("c", pa.bool_())]),
        ),
    ],
)
def test_two_types_have_one_in_common_that_takes_both(
    one: pa.DataType, other: pa.DataType, both: pa.DataType
) -> None:
    assert widened(one, other) == both
    assert widened(both, one) == widened(both, other) == both
    back = widened(other, one)
    assert (
        {field.name for field in back} == {field.name for field in both}
        if pa.types.is_struct(both)
        else back == both
    )


SAMPLES: list[tuple[pa.DataType, list[Any]]] = [
    (pa.int64(), [1, None, -(2**63), 562949953443325]),
    (pa.int64(), [EXACT, -EXACT, 0]),
    (pa.float64(), [0.1, None, -1e300]),
    (pa.bool_(), [True, None, False]),
    (pa.string(), ["a", None, ""]),
    (MONEY, [Decimal("12.5000"), None, Decimal("-99999999999999.9999")]),
    (DECIMAL, [Decimal("0.00000001"), None]),
    (pa.date32(), [datetime.date(2026, 11, 30), None, datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
    (TIMESTAMP, [datetime.datetime(2026, 11, 23, 17, 4, 5, 123456, UTC), None]),
    (PERSON, [{"id": 1, "name": "Dana"}, None, {"id": None, "name": None}]),
    (pa.list_(pa.int64()), [[1, None], [], None]),
    (pa.list_(PERSON), [[{"id": 1, "name": "Dana"}, None], [], None]),
]  # fmt: skip


def says(value: Any) -> Any:
    """Return what a value says, whatever its type."""
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except ValueError:
            pass
    if isinstance(value, dict):
        return {name: says(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [says(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


@pytest.mark.parametrize(("one", "other"), [*itertools.product(SAMPLES, SAMPLES)])
def test_a_value_says_the_same_as_a_wider_type(
    one: tuple[pa.DataType, list[Any]], other: tuple[pa.DataType, list[Any]]
) -> None:
    array = pa.array(one[1], one[0])
    wider = widened(one[0], other[0])
    try:
        found = converted(array, wider)
    except pa.ArrowInvalid:
        # Whole numbers that no double holds: who asks has to make a text of them.
        assert pa.types.is_floating(wider) and any(
            abs(value) > EXACT for value in one[1] if value is not None
        )
        return
    assert found.type == wider
    found.validate(full=True)
    if pa.types.is_timestamp(wider) and pa.types.is_date(one[0]):
        assert [value and value.date() for value in found.to_pylist()] == one[1]
    else:
        assert [says(value) for value in found.to_pylist()] == [says(value) for value in one[1]]


def test_records_of_nothing_become_no_text() -> None:
    assert converted(pa.array([{}, None], pa.struct([])), pa.string()).to_pylist() == [None, None]


def test_a_part_of_an_array_is_converted_as_that_part() -> None:
    lists = pa.array([[1], [2, 3], None, [4]])
    assert converted(lists.slice(1, 3), pa.list_(pa.float64())).to_pylist() == [[2.0, 3.0], None, [4.0]]
    records = pa.array([{"a": 1}, None, {"a": 3}])
    wider = pa.struct([("a", pa.float64()), ("b", pa.string())])
    assert converted(records.slice(1, 2), wider).to_pylist() == [None, {"a": 3.0, "b": None}]
    assert as_text(records.slice(2, 1)).to_pylist() == ['{"a":3}']


# Texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("open", "open"),
        (Number("1.50"), "1.50"),
        (True, "true"),
        (10**30, "1" + "0" * 30),
        ({"a": Number("1.50"), "b": [None, True, "ä\u0000"]}, '{"a":1.50,"b":[null,true,"ä\\u0000"]}'),
        ([Number("1e400"), 10**30, "10"], '[1e400,1000000000000000000000000000000,"10"]'),
        ({}, "{}"),
    ],
)
def test_a_value_of_jsons_is_written_as_it_was(value: Any, text: str) -> None:
    assert text_of(value) == text
    assert type(text_of(value)) is str


def test_a_value_nested_as_deep_as_it_can_be_read_can_be_written() -> None:
    deep: Any = Number("1.5")
    for _ in range(800):
        deep = [deep]
    assert as_json(deep) == "[" * 800 + "1.5" + "]" * 800


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array([Decimal("12.5000"), Decimal("100.0000"), None], MONEY), ["12.5", "100", None]),
        (pa.array([1.0, 0.1, 1e300, None]), ["1.0", "0.1", "1e+300", None]),
        (pa.array([datetime.date(2026, 1, 2)]), ["2026-01-02"]),
        (
            pa.array(
                [datetime.datetime(2026, 1, 2, 3, 4, 5, 60, UTC), datetime.datetime(2026, 1, 2, tzinfo=UTC)],
                TIMESTAMP,
            ),
            ["2026-01-02T03:04:05.000060Z", "2026-01-02T00:00:00Z"],
        ),
        (
            pa.array([{"a": Decimal("1.5000"), "b": 0.1}], pa.struct([("a", MONEY), ("b", pa.float64())])),
            ['{"a":"1.5","b":0.1}'],
        ),
        (pa.array([[datetime.date(2026, 1, 2)], []]), ['["2026-01-02"]', "[]"]),
    ],
)
def test_a_value_of_arrows_is_written_plainly(array: pa.Array, texts: list[str | None]) -> None:
    assert as_text(array).to_pylist() == texts


# Arrays from values


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, None, 2**63 - 1], pa.int64()),
        ([True, None], pa.bool_()),
        (["", None, "ä\n\u0000\u2028"], pa.string()),
        ([0.5, None, 1], pa.float64()),
        ([], pa.string()),
        ([None], pa.string()),
    ],
)
def test_an_array_holds_exactly_the_values(values: list[Any], wanted: pa.DataType) -> None:
    found = array_of(values, wanted)
    assert found.type == wanted and found.to_pylist() == values


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1.5], pa.int64()),
        (["1"], pa.int64()),
        ([1], pa.bool_()),
        ([True], pa.int64()),
        ([1], pa.string()),
        ([2**63], pa.int64()),
    ],
)
def test_an_array_takes_nothing_that_would_have_to_be_bent(values: list[Any], wanted: pa.DataType) -> None:
    with pytest.raises(pa.ArrowInvalid):
        array_of(values, wanted)


def test_many_long_texts_make_one_array() -> None:
    chance = random.Random(1)
    values = ["x" * chance.randrange(5000) for _ in range(2000)]
    assert array_of(values, pa.string()).to_pylist() == values


@pytest.mark.parametrize(
    "line",
    [
        b'{"v": 1.5}',
        b'{"v": "1"}',
        b'{"v": 1, "w": 2}',
        b'{"v": 1, "v": 2}',
        b'{"v": [1]}',
        b'{"v": true}',
        b'{"v": 1',
        b"[]",
    ],
)
def test_lines_that_are_different_are_refused_and_not_bent(line: bytes) -> None:
    schema = pa.schema([("v", pa.int64())])
    assert read_lines(b'{"v": 1}\n{}\n{"v": null}', schema)["v"].to_pylist() == [1, None, None]
    with pytest.raises(pa.ArrowInvalid):
        read_lines(b'{"v": 1}\n' + line, schema)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (pa.null(), pa.string()),
        (pa.struct([]), pa.string()),
        (pa.list_(pa.null()), pa.list_(pa.string())),
        (
            pa.list_(pa.struct([("a", pa.null()), ("b", MONEY)])),
            pa.list_(pa.struct([("a", pa.string()), ("b", MONEY)])),
        ),
        (TIMESTAMP, TIMESTAMP),
    ],
)
def test_a_settled_type_has_nothing_unknown_in_it(before: pa.DataType, after: pa.DataType) -> None:
    assert settled(before) == after
