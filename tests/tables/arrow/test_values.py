"""JSON's values as Arrow's, looked at one by one: the type they get, what widens it, and what they say then."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.types import DECIMAL, MONEY, PERCENT, QUANTITY, TIMESTAMP, Number
from procore_jupyter.tables.arrow.values import DEEPEST, build, is_id, parts
from procore_jupyter.tables.arrow.wire import default_wire, finished, from_text

UTC = datetime.UTC
_decoder = msgspec.json.Decoder(float_hook=Number)


def built(written: str, known: pa.DataType | None = None, name: str = "x") -> pa.Array:
    """Return a list of JSON's values as an array."""
    found = build(_decoder.decode(written), pa.null() if known is None else known, name).array
    found.validate(full=True)
    return found


def moment(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("written", "kind", "values"),
    [
        ("[1, null, 2]", pa.int64(), [1, None, 2]),
        ("[9223372036854775807, -9223372036854775808]", pa.int64(), [2**63 - 1, -(2**63)]),
        ("[1, 1.5]", pa.float64(), [1.0, 1.5]),
        ("[0.1, 1e3, -0.0]", pa.float64(), [0.1, 1000.0, -0.0]),
        ("[true, null]", pa.bool_(), [True, None]),
        ('["a", null, ""]', pa.string(), ["a", None, ""]),
        ('["2026-11-30", null, ""]', pa.date32(), [datetime.date(2026, 11, 30), None, None]),
        ('["2026-11-23T17:04:05Z", ""]', TIMESTAMP, [moment(2026, 11, 23, 17, 4, 5), None]),
        ('["2026-11-30", "2026-11-30T00:00:00Z"]', pa.string(), ["2026-11-30", "2026-11-30T00:00:00Z"]),
        ('["2026-02-30", "2026-11-30"]', pa.string(), ["2026-02-30", "2026-11-30"]),
        ('["12", "13"]', pa.string(), ["12", "13"]),
        ('["1.50"]', pa.string(), ["1.50"]),
        ('["", ""]', pa.string(), ["", ""]),
        ('[1, "1", true]', pa.string(), ["1", "1", "true"]),
        ('[1.50, "a"]', pa.string(), ["1.50", "a"]),
        ("[9223372036854775808, 1]", pa.string(), ["9223372036854775808", "1"]),
        ("[9007199254740993, 0.5]", pa.string(), ["9007199254740993", "0.5"]),
        ("[1e400, 1]", pa.string(), ["1e400", "1"]),
        ('[{"a": 1}, {"b": "x"}]', pa.struct([("a", pa.int64()), ("b", pa.string())]), [{"a": 1, "b": None}, {"a": None, "b": "x"}]),
        ("[{}, null]", pa.struct([]), [{}, None]),
        ("[[1, 2], [], null]", pa.list_(pa.int64()), [[1, 2], [], None]),
        ("[[], []]", pa.list_(pa.null()), [[], []]),
        ('[[{"id": 1}], [{"id": "2"}]]', pa.list_(pa.struct([("id", pa.int64())])), [[{"id": 1}], [{"id": 2}]]),
        ('[{"a": 1}, 2]', pa.string(), ['{"a":1}', "2"]),
        ('[[1], {"a": 1.50}]', pa.string(), ["[1]", '{"a":1.50}']),
        ("[null, null]", pa.null(), [None, None]),
    ],
)  # fmt: skip
def test_what_arrives_decides_where_nothing_is_declared(
    written: str, kind: pa.DataType, values: list[Any]
) -> None:
    found = built(written)
    assert found.type == kind and found.to_pylist() == values


@pytest.mark.parametrize(
    ("written", "declared", "kind", "values"),
    [
        ('["7", 8, ""]', pa.int64(), pa.int64(), [7, 8, None]),
        ('["007"]', pa.int64(), pa.string(), ["007"]),
        ('["-0"]', pa.int64(), pa.string(), ["-0"]),
        ('["0x10"]', pa.int64(), pa.string(), ["0x10"]),
        ('["f3a"]', pa.int64(), pa.string(), ["f3a"]),
        ("[1.0]", pa.int64(), pa.float64(), [1.0]),
        ("[1.5]", pa.int64(), pa.float64(), [1.5]),
        ("[true]", pa.int64(), pa.string(), ["true"]),
        ('["9223372036854775808"]', pa.int64(), pa.string(), ["9223372036854775808"]),
        ('["0.5"]', pa.float64(), pa.string(), ["0.5"]),
        ('["12.50", 12.5, 13, "", null]', MONEY, MONEY, [Decimal("12.5")] * 2 + [Decimal(13), None, None]),
        ("[0.1]", MONEY, MONEY, [Decimal("0.1")]),
        ("[1e2]", MONEY, MONEY, [Decimal(100)]),
        ('["0.12345"]', MONEY, DECIMAL, [Decimal("0.12345")]),
        ('["0.123456789012"]', MONEY, pa.decimal128(38, 12), [Decimal("0.123456789012")]),
        ('["0.1234567890123"]', MONEY, pa.decimal128(38, 13), [Decimal("0.1234567890123")]),
        (
            '["0.12345678901234567891", 1]',
            MONEY,
            pa.decimal128(38, 20),
            [Decimal("0.12345678901234567891"), 1],
        ),
        (
            '["0.12345678901234567891", "123456789012345678901"]',
            MONEY,
            pa.string(),
            ["0.12345678901234567891", "123456789012345678901"],
        ),
        ("[33.333333333333336, 0.30000000000000004]", MONEY, MONEY, [Decimal("33.3333"), Decimal("0.3")]),
        ('["33.333333333333336", "0.12345"]', MONEY, DECIMAL, [Decimal("33.33333333"), Decimal("0.12345")]),
        ("[5.684341886080802e-14, 1234.5600000000002]", MONEY, MONEY, [0, Decimal("1234.56")]),
        (
            "[0.00025000000000000001, 2.5000000000000006e-4]",
            MONEY,
            MONEY,
            [Decimal("0.0003"), Decimal("0.0003")],
        ),
        ('["33.333333333333336%"]', PERCENT, PERCENT, [Decimal("33.333333333333")]),
        ('["123456789012345.6"]', MONEY, DECIMAL, [Decimal("123456789012345.6")]),
        ('["1,234.50"]', MONEY, pa.string(), ["1,234.50"]),
        ('["12.50 USD"]', MONEY, pa.string(), ["12.50 USD"]),
        ("[true]", MONEY, pa.string(), ["true"]),
        (
            '["9.28%", "25.07", "100 %", "-0.5%", 9.28, 3, "", null]',
            PERCENT,
            PERCENT,
            [*map(Decimal, ("9.28", "25.07", "100", "-0.5", "9.28", "3")), None, None],
        ),
        ('["about 9%"]', PERCENT, pa.string(), ["about 9%"]),
        ('["9.28%%"]', PERCENT, pa.string(), ["9.28%%"]),
        ('["9.28%"]', DECIMAL, pa.string(), ["9.28%"]),
        (
            '["200.000000000000", "0.333333333333"]',
            QUANTITY,
            QUANTITY,
            [Decimal(200), Decimal("0.333333333333")],
        ),
        ('["200.000000000000", "7.50"]', DECIMAL, DECIMAL, [Decimal(200), Decimal("7.5")]),
        (
            '["2026-11-30T00:00:00Z", "2026-12-01"]',
            pa.date32(),
            TIMESTAMP,
            [moment(2026, 11, 30), moment(2026, 12, 1)],
        ),
        ('["11/30/2026"]', pa.date32(), pa.string(), ["11/30/2026"]),
        ('["0000-00-00"]', pa.date32(), pa.string(), ["0000-00-00"]),
        ('["0000-12-31"]', pa.date32(), pa.string(), ["0000-12-31"]),
        ('["0001-01-01", "9999-12-31"]', pa.date32(), pa.date32(), [datetime.date.min, datetime.date.max]),
        ("[20261130]", pa.date32(), pa.string(), ["20261130"]),
        ('["true"]', pa.bool_(), pa.string(), ["true"]),
        ("[1]", pa.bool_(), pa.string(), ["1"]),
        ('[1, "1", true, 1.50, {"a": 1}]', pa.string(), pa.string(), ["1", "1", "true", "1.50", '{"a":1}']),
        ('["x"]', pa.struct([("id", pa.int64())]), pa.string(), ["x"]),
        ("[[1]]", pa.struct([]), pa.string(), ["[1]"]),
        ("[7]", pa.list_(pa.int64()), pa.string(), ["7"]),
        ('[["7"]]', pa.list_(pa.int64()), pa.list_(pa.int64()), [[7]]),
    ],
)
def test_what_does_not_fit_what_was_declared_widens_it(
    written: str, declared: pa.DataType, kind: pa.DataType, values: list[Any]
) -> None:
    found = built(written, declared)
    assert found.type == kind and found.to_pylist() == values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2026-11-23T17:04:05Z", moment(2026, 11, 23, 17, 4, 5)),
        ("2026-11-23T17:04:05", moment(2026, 11, 23, 17, 4, 5)),
        ("2026-11-23 17:04:05", moment(2026, 11, 23, 17, 4, 5)),
        ("2026-11-23T17:04:05+01:00", moment(2026, 11, 23, 16, 4, 5)),
        ("2026-11-23T17:04:05-0830", moment(2026, 11, 24, 1, 34, 5)),
        ("2026-11-23T17:04:05.5Z", moment(2026, 11, 23, 17, 4, 5, 500000)),
        ("2026-11-23T17:04:05.123456-08:00", moment(2026, 11, 24, 1, 4, 5, 123456)),
        ("2026-11-23T17:04Z", moment(2026, 11, 23, 17, 4)),
        ("2026-11-23", moment(2026, 11, 23)),
        ("1899-12-30T00:00:00Z", moment(1899, 12, 30)),
        ("0001-01-01T00:00:00Z", moment(1, 1, 1)),
        ("9999-12-31T23:59:59.999999Z", moment(9999, 12, 31, 23, 59, 59, 999999)),
        ("2026-11-23T17:04:05.1234567Z", moment(2026, 11, 23, 17, 4, 5, 123456)),
        ("2026-12-31T23:59:59.999999999-08:00", moment(2027, 1, 1, 7, 59, 59, 999999)),
        ("2026-11-23 17:04:05.12345678", moment(2026, 11, 23, 17, 4, 5, 123456)),
        ("", None),
    ],
)
def test_a_time_is_one_in_utc(written: str, value: datetime.datetime | None) -> None:
    found = built(f'["{written}"]', TIMESTAMP)
    assert found.type == TIMESTAMP and found.to_pylist() == [value]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T24:30:00Z",
        "2026-11-23T17:04:60Z",
        "2026-02-29T00:00:00Z",
        "0000-12-31T00:00:00Z",
        "9999-12-31T23:59:59-08:00",
        "10000-01-01T00:00:00Z",
        "2026-11-23T17:04:05 PST",
        "1700000000",
        "soon",
        " ",
    ],
)
def test_what_is_no_time_stays_a_text(written: str) -> None:
    found = built(f'["{written}"]', TIMESTAMP)
    assert found.type == pa.string() and found.to_pylist() == [written]


@pytest.mark.parametrize(
    ("name", "procores"),
    [
        ("id", True),
        ("vendor_id", True),
        ("project_id", True),
        ("origin_id", False),
        ("vendor_origin_id", False),
        ("employee_id", False),
        ("external_id", False),
        ("tax_id", False),
        ("paid", False),
        ("identifier", False),
    ],
)
def test_procores_ids_are_numbers_and_other_systems_ids_texts(name: str, procores: bool) -> None:
    assert is_id(name) is procores
    found = built('["7", "562949953443325"]', name=name)
    assert found.to_pylist() == ([7, 562949953443325] if procores else ["7", "562949953443325"])


def test_a_list_of_ids_is_known_by_its_name_too() -> None:
    assert built('[["7"], ["8"]]', name="drawing_ids").to_pylist() == [[7], [8]]
    assert built('[["7"], ["8"]]', name="labels").to_pylist() == [["7"], ["8"]]


def test_ids_that_are_no_numbers_are_texts() -> None:
    assert built('["7", "3f2c-a"]', name="id").to_pylist() == ["7", "3f2c-a"]
    assert built('[7, "8"]', name="id").to_pylist() == [7, 8]
    assert built('[7, "8"]', name="label").to_pylist() == ["7", "8"]


def test_a_column_keeps_what_it_has_when_records_come_with_other_fields() -> None:
    known = pa.struct([("id", pa.int64()), ("on", pa.date32())])
    found = built('[{"on": "2026-11-30", "new": 1.5}, null, {}]', known)
    assert found.type == pa.struct([("id", pa.int64()), ("on", pa.date32()), ("new", pa.float64())])
    assert found.to_pylist() == [
        {"id": None, "on": datetime.date(2026, 11, 30), "new": 1.5},
        None,
        {"id": None, "on": None, "new": None},
    ]


def test_what_is_nested_deeper_than_anyone_looks_is_kept_as_json() -> None:
    written = "[" * (DEEPEST + 5) + "1.50" + "]" * (DEEPEST + 5)
    found: Any = built(f"[{written}]").to_pylist()
    for _ in range(DEEPEST + 1):
        assert isinstance(found, list)
        (found,) = found
    assert found == "[[[[[1.50]]]]]"


@pytest.mark.parametrize("written", ['{"a": 1}', '[{"a": [1]}]', "[1, [2]]", '{"a": {"b": {"c": null}}}'])
def test_deep_and_shallow_values_in_one_column_are_json(written: str) -> None:
    assert built(f'["x", {written}]').to_pylist() == ["x", written.replace(" ", "")]


# What the fast way is told


@pytest.mark.parametrize(
    ("written", "declared", "wire"),
    [
        ("[1]", pa.int64(), pa.int64()),
        ('["1"]', pa.int64(), pa.string()),
        ('["2026-11-30"]', pa.date32(), pa.string()),
        ('["2026-11-23T17:04:05Z"]', TIMESTAMP, pa.string()),
        ('["2026-11-23T17:04:05Z", ""]', TIMESTAMP, pa.string()),
        ('["12.50"]', MONEY, pa.string()),
        ('["12.50", 3]', MONEY, MONEY),
        ("[12.50]", MONEY, MONEY),
        ("[1]", pa.string(), pa.int64()),
        ('[1, "a"]', pa.string(), pa.string()),
        ("[null]", pa.date32(), pa.string()),
        ("[null]", pa.list_(pa.struct([("on", pa.date32())])), pa.list_(pa.struct([("on", pa.string())]))),
    ],
)
def test_the_reader_is_told_how_values_arrive(written: str, declared: pa.DataType, wire: pa.DataType) -> None:
    assert build(_decoder.decode(written), declared).wire == wire
    if set(written) <= set("[null]"):
        assert default_wire(declared) == wire


def test_what_was_read_as_text_becomes_what_it_stands_for() -> None:
    wire = pa.struct([("on", pa.string()), ("ids", pa.list_(pa.string()))])
    wanted = pa.struct([("ids", pa.list_(pa.int64())), ("new", pa.bool_()), ("on", pa.date32())])
    read = pa.array([{"on": "2026-11-30", "ids": ["7", None]}, None, {"on": "", "ids": None}], wire)
    assert finished(read, wanted).array.type == wanted
    assert finished(read, wanted).array.to_pylist() == [
        {"ids": [7, None], "new": None, "on": datetime.date(2026, 11, 30)},
        None,
        {"ids": None, "new": None, "on": None},
    ]


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        (pa.array([float(2**53)]), pa.float64()),
        (pa.array([float("inf")]), pa.float64()),
        (pa.array(["x"]), pa.int64()),
        (pa.array(["2026-02-30"]), pa.date32()),
        (pa.array([{"a": 1}]), pa.struct([("b", pa.int64())])),
        (pa.array([1.5]), pa.string()),
        (pa.array([Decimal("1.5")], MONEY), pa.string()),
        (pa.array(["0000-01-01T00:00:00Z"]), TIMESTAMP),
    ],
)
def test_what_may_not_be_exact_is_refused(read: pa.Array, wanted: pa.DataType) -> None:
    with pytest.raises(pa.ArrowInvalid):
        finished(read, wanted)


def test_a_text_that_stands_for_no_value_is_refused() -> None:
    assert from_text(pa.array(["12.5", "", None]), MONEY).to_pylist() == [Decimal("12.5"), None, None]
    for text in ("0.00001", "999999999999999", "x", "1 000"):
        with pytest.raises(pa.ArrowInvalid):
            from_text(pa.array([text]), MONEY)


def test_columns_come_in_the_order_in_which_they_come_up() -> None:
    rows = [{name: 1} for name in "zyxwvutsrqponmlk"]
    assert [*parts(rows)] == [*"zyxwvutsrqponmlk"]


def test_columns_are_found_in_rows_of_any_shape() -> None:
    assert parts([{"a": 1, "b": 2}, {"a": 3, "b": 4}]) == {"a": (1, 3), "b": (2, 4)}
    assert {name: [*values] for name, values in parts([{"b": 2, "a": 1}, {"a": 3}, {}]).items()} == {
        "b": [2, None, None],
        "a": [1, 3, None],
    }
    assert parts([{}, {}]) == parts([]) == {}
