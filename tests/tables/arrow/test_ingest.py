"""Rows as bytes become typed columns, in the fast way and in the careful one; nothing is lost when they change."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.arrow import ingest as module
from procore_jupyter.tables.arrow.decode import DEEPEST_ROW, objects
from procore_jupyter.tables.arrow.ingest import BATCH, FIRST_LOOK, Ingest
from procore_jupyter.tables.arrow.types import DECIMAL, MONEY, PERCENT, QUANTITY, TIMESTAMP
from tests.tables.json_rows import RECORDS
from tests.tables.oracle import parsed, same

UTC = datetime.UTC


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give the numbers of rows that were looked at one by one, batch by batch."""
    counts: list[int] = []
    real = objects

    def count(rows: Sequence[Any]) -> list[dict[str, Any]]:
        counts.append(len(rows))
        return real(rows)

    monkeypatch.setattr(module, "objects", count)
    return counts


def ingest(**columns: str) -> Ingest:
    return Ingest(columns, RECORDS)


def rows_from(made: Ingest, *batches: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the rows that come of batches, with the types that the last one left."""
    taken = [(made.take(batch), len(batch)) for batch in batches]
    found: list[dict[str, Any]] = []
    for columns, length in taken:
        now = made.as_now(columns, length)
        if made.frozen:
            now |= {name: columns[name] for name in ("_unfit", "_extra") if name in columns}
        for column in now.values():
            column.validate(full=True)
            assert len(column) == length
        arrays = [[*column.to_pylist()] for column in now.values()]
        found += [dict(zip(now, values, strict=True)) for values in zip(*arrays, strict=True)]
    return found


def values(made: Ingest, *batches: Sequence[str]) -> list[Any]:
    """Return what becomes of a column's values, as they are written, batch by batch."""
    return [
        row["v"]
        for row in rows_from(made, *([b'{"v": %s}' % one.encode() for one in batch] for batch in batches))
    ]


KINDS: list[tuple[str, str, pa.DataType, Any]] = [
    ("id", "562949953443325", pa.int64(), 562949953443325),
    ("id", '"562949953443325"', pa.int64(), 562949953443325),
    ("int", "-3", pa.int64(), -3),
    ("float", "47.61", pa.float64(), 47.61),
    ("float", "47", pa.float64(), 47.0),
    ("bool", "false", pa.bool_(), False),
    ("text", '"Ä\\n\\u0000"', pa.string(), "Ä\n\u0000"),
    ("text", '""', pa.string(), ""),
    ("text", "12", pa.string(), "12"),
    ("money", '"1234.50"', MONEY, Decimal("1234.5")),
    ("money", "1234.50", MONEY, Decimal("1234.5")),
    ("money", "99999999999999.9999", MONEY, Decimal("99999999999999.9999")),
    ("decimal", '"0.00000001"', DECIMAL, Decimal("0.00000001")),
    ("decimal", "7.1", DECIMAL, Decimal("7.1")),
    ("decimal", '"7.10000000000000"', DECIMAL, Decimal("7.1")),
    ("quantity", '"200.000000000000"', QUANTITY, Decimal(200)),
    ("quantity", "0.333333333333", QUANTITY, Decimal("0.333333333333")),
    ("percent", '"9.28%"', PERCENT, Decimal("9.28")),
    ("percent", '"25.07"', PERCENT, Decimal("25.07")),
    ("percent", "25.07", PERCENT, Decimal("25.07")),
    ("date", '"2026-11-30"', pa.date32(), datetime.date(2026, 11, 30)),
    ("date", '""', pa.date32(), None),
    ("timestamp", '"2026-11-23T17:04:05Z"', TIMESTAMP, datetime.datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)),
    (
        "timestamp",
        '"2026-11-23T17:04:05-08:00"',
        TIMESTAMP,
        datetime.datetime(2026, 11, 24, 1, 4, 5, tzinfo=UTC),
    ),
    ("[id]", '["7", 8]', pa.list_(pa.int64()), [7, 8]),
    ("[id]", "[]", pa.list_(pa.int64()), []),
    ("any", '{"a": [1]}', pa.struct([("a", pa.list_(pa.int64()))]), {"a": [1]}),
    ("record", '{"on": "2026-11-30"}', pa.struct([("on", pa.date32())]), {"on": datetime.date(2026, 11, 30)}),
    ("list", '[{"id": 1}]', pa.list_(pa.struct([("id", pa.int64())])), [{"id": 1}]),
    ("money", "null", MONEY, None),
    ("any", "null", pa.null(), None),
]


@pytest.mark.parametrize(("kind", "written", "found", "value"), KINDS)
def test_a_value_has_the_type_that_was_declared_and_says_what_it_said(
    kind: str, written: str, found: pa.DataType, value: Any, looked_at: list[int]
) -> None:
    made = ingest(v=kind)
    assert values(made, [written], [written] * 3, [written] * 2) == [value] * 6
    assert made.schema["v"] == found and made.notes == []
    assert looked_at == ([1, 3, 2] if "8" in written and kind == "[id]" else [1]), (
        "the fast way was not taken"
    )


@pytest.mark.parametrize(
    ("column", "written", "found", "value"),
    [
        ("person", '{"id": "7", "name": "Dana", "total": "1.5"}', 7, Decimal("1.5")),
        ("person", '{"total": 1.5, "id": 7}', 7, Decimal("1.5")),
        ("[person]", '[{"id": 7, "total": ""}, null]', 7, None),
    ],
)
def test_what_a_record_holds_is_typed_too(column: str, written: str, found: int, value: Any) -> None:
    for row in values(ingest(v=column), [written], [written] * 2):
        one = row[0] if isinstance(row, list) else row
        assert one["id"] == found and one["total"] == value
        assert {"id", "name", "login", "due_on", "total"} == one.keys()


# The two ways


def test_rows_that_are_alike_are_read_the_fast_way(looked_at: list[int]) -> None:
    rows = [b'{"id": %d, "name": "row %d", "on": "2026-11-30", "at": null}' % (n, n) for n in range(5000)]
    found = rows_from(ingest(), rows)
    assert looked_at == [FIRST_LOOK]
    assert [row["id"] for row in found] == [*range(5000)]
    assert found[4999] == {"id": 4999, "name": "row 4999", "on": datetime.date(2026, 11, 30), "at": None}


def test_a_row_that_is_different_is_looked_at_one_by_one_with_its_batch_alone(looked_at: list[int]) -> None:
    alike = [b'{"id": 1, "on": "2026-11-30"}'] * 10
    found = rows_from(
        ingest(),
        alike,
        [*alike[1:], b'{"id": "x", "on": "2026-11-30"}'],
        alike,
        [b'{"id": 2, "on": ""}'] * 10,
    )
    assert looked_at == [10, 10, 10], (
        "the third batch's ids are numbers, in a column of texts: that is learned once"
    )
    assert [row["id"] for row in found] == ["1"] * 19 + ["x"] + ["1"] * 10 + ["2"] * 10
    assert [row["on"] for row in found[-10:]] == [None] * 10


def test_rows_written_over_several_lines_are_read_the_fast_way(looked_at: list[int]) -> None:
    row = b'{\n  "id": 1,\r\n  "by": {\n    "name": "a\\nb"\n  }\n}'
    assert rows_from(ingest(), [row], [row] * 3) == [{"id": 1, "by": {"name": "a\nb"}}] * 4
    assert looked_at == [1]


def test_fields_in_any_order_make_no_difference() -> None:
    made = ingest()
    assert rows_from(made, [b'{"a": 1, "b": 2}', b'{"b": 4, "a": 3}'], [b'{"b": 6, "a": 5}']) == [
        {"a": 1, "b": 2},
        {"a": 3, "b": 4},
        {"a": 5, "b": 6},
    ]
    assert [*made.schema] == ["a", "b"]


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    assert rows_from(ingest(), [b'{"a": 1, "a": 2}'], [b'{"a": 3, "a": 4}']) == [{"a": 2}, {"a": 4}]


@pytest.mark.parametrize(
    "hard",
    [
        "562949953421312",
        '"562949953421312"',
        "1e15",
        "99999999999999.99995",
        "1e-5",
    ],
)
def test_an_amount_too_large_or_too_fine_for_the_reader_is_as_exact_in_the_fast_way(hard: str) -> None:
    made = ingest(v="money")
    assert values(made, ['"1.50"'], [hard, '"2.25"'])[1:] == [Decimal(hard.strip('"')), Decimal("2.25")]
    assert made.notes == []


@pytest.mark.parametrize("hard", ["9007199254740993", "-9007199254740993", "1e400", "18446744073709551616"])
def test_a_number_that_no_double_holds_is_kept(hard: str) -> None:
    made = ingest()
    assert values(made, ["0.5"], ["1.5", hard]) == ["0.5", "1.5", hard]
    assert made.notes == ["v is text here: it has numbers with more digits than a float keeps."]


# What changes halfway


TOLD = "v has JSON here: Procore sent records or lists where a text was expected."

MORE_DIGITS = "v is text here: it has numbers with more digits than a float keeps."
CHANGES: list[tuple[str, str, str, list[Any], str]] = [
    ("int", "1", '"two"', ["1", "two"], "v is text here: some values don't fit the type integer."),
    ("any", "1", '"two"', ["1", "two"], "v is text here: some values don't fit the type integer."),
    ("id", "1", '"f3a-0"', ["1", "f3a-0"], "v is text here: some values don't fit the type integer."),
    ("int", "1", "1.5", [1.0, 1.5], "v is number here: some values don't fit the type integer."),
    ("int", "1", "9223372036854775808", ["1", "9223372036854775808"], MORE_DIGITS),
    ("int", "9007199254740993", "0.5", ["9007199254740993", "0.5"], MORE_DIGITS),
    ("text", '"a"', '{"b": 1.50}', ["a", '{"b":1.50}'], TOLD),
    ("text", '"a"', "[1, null]", ["a", "[1,null]"], TOLD),
    ("text", '"a"', "true", ["a", "true"], ""),
    ("bool", "true", '"yes"', ["true", "yes"], "v is text here: some values don't fit the type true or false."),
    (
        "date",
        '"2026-11-30"',
        '"end of November"',
        ["2026-11-30", "end of November"],
        "v is text here: some values don't fit the type date.",
    ),
    (
        "date",
        '"2026-11-30"',
        '"2026-12-01T08:00:00Z"',
        [datetime.datetime(2026, 11, 30, tzinfo=UTC), datetime.datetime(2026, 12, 1, 8, tzinfo=UTC)],
        "v is timestamp (UTC) here: some values don't fit the type date.",
    ),
    (
        "timestamp",
        '"2026-11-30T08:00:00+01:00"',
        '"soon"',
        ["2026-11-30T08:00:00+01:00", "soon"],
        "v is text here: some values don't fit the type timestamp (UTC).",
    ),
    ("money", '"1.50"', '"1.23456"', [Decimal("1.5"), Decimal("1.23456")], ""),
    ("money", '"1.50"', "12345678901234567890.5", [Decimal("1.5"), Decimal("12345678901234567890.5")], ""),
    ("money", '"1.50"', '"n/a"', ["1.50", "n/a"], "v is text here: some values don't fit the type decimal, 4 places."),
    ("person", '{"id": 1}', '"Dana"', ['{"id":1}', "Dana"], "v is text here: some values don't fit the type record."),
    ("[id]", "[1]", "2", ["[1]", "2"], "v is text here: some values don't fit the type list."),
    ("[id]", "[1]", '["x"]', [["1"], ["x"]], ""),
    ("record", "{}", '{"a": 1}', [{"a": None}, {"a": 1}], ""),
    ("any", "[]", '{"a": 1}', ["[]", '{"a":1}'], "v is text here: some values don't fit the type list."),
    ("any", "null", '"x"', [None, "x"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after", "found", "note"), CHANGES)
@pytest.mark.parametrize("fast", [False, True])
def test_a_column_that_changes_widens_and_says_so(
    kind: str, before: str, after: str, found: list[Any], note: str, fast: bool
) -> None:
    made = ingest(v=kind)
    assert values(made, *([[before]] * (2 if fast else 1)), [after])[-2:] == found
    assert made.notes == ([note] if note else [])


@pytest.mark.parametrize(("kind", "before", "after", "found", "note"), CHANGES)
def test_a_column_that_changes_within_a_batch_holds_what_was_sent(
    kind: str, before: str, after: str, found: list[Any], note: str
) -> None:
    made = ingest(v=kind)
    for sent, value in zip((before, after), values(made, [before, after]), strict=True):
        assert same(parsed(sent), value, kind)
    assert made.notes == ([note] if note and kind != "any" else [])


def test_a_column_that_widens_twice_is_told_of_once_from_what_it_was() -> None:
    made = ingest(v="date")
    values(made, ['"2026-11-30"'], ['"2026-11-30T08:00:00Z"'], ['"soon"'])
    assert made.notes == ["v is text here: some values don't fit the type date."]


def test_fields_that_nobody_declared_are_kept_and_come_last() -> None:
    made = ingest(id="id", name="text")
    found = rows_from(made, [b'{"new": 1, "id": 1}'], [b'{"id": 2, "newer": true}'])
    assert found == [
        {"id": 1, "name": None, "new": 1, "newer": None},
        {"id": 2, "name": None, "new": None, "newer": True},
    ]
    assert [*made.schema] == ["id", "name", "new", "newer"] and made.notes == []


VIEW = {
    "Revised Budget": ("1250.50", "-3.125", "0"),
    "Committed": (12.25, 3, None),
    "Blank": ("", "10.00", None),
}
CODES = {
    "Code": ("01.10", "02.20", "3.1"),
    "Sub Code": ("1.1", "1.10", "1.2"),
    "Edition": ("1", "1.0", "2.5"),
    "Level": ("1", "2", "3"),
    "Version": ("1.2.3", "1.2", "1.0"),
    "Note": ("10.50 agreed", "10.50", None),
    "Share": ("0.123456", "0.5", "1.0"),
    "Open": (True, "1.0", None),
    "Total": ({"amount": "1.0"}, None, None),
}


def test_columns_that_nobody_declared_are_money_where_that_is_said_and_they_look_like_it() -> None:
    named = {**VIEW, **CODES, "Known": ("1.50", None, None)}
    rows = [
        json.dumps({"id": number, **{name: found[number] for name, found in named.items()}}).encode()
        for number in range(3)
    ]
    made = Ingest({"id": "id", "Known": "text"}, RECORDS, others="money")
    made.take(rows)
    assert {name for name, found in made.schema.items() if found == MONEY} == {*VIEW}
    assert made.schema["Known"] == pa.string()
    assert made.take(rows)["Revised Budget"].to_pylist() == [Decimal("1250.5"), Decimal("-3.125"), Decimal(0)]
    assert made.take(rows)["Code"].to_pylist() == ["01.10", "02.20", "3.1"]
    without = Ingest({"id": "id"}, RECORDS)
    without.take(rows)
    assert MONEY not in without.schema.values()


def test_a_column_taken_for_money_that_holds_something_else_later_loses_nothing() -> None:
    made = Ingest({"id": "id"}, RECORDS, others="money")
    batches = ([b'{"id": 1, "Note": null}'], [b'{"id": 2, "Note": "1.50"}'], [b'{"id": 3, "Note": "none"}'])
    assert [row["Note"] for row in rows_from(made, *batches)] == [None, "1.50", "none"]
    assert made.notes == ["Note is text here: some values don't fit the type decimal, 4 places."]


def test_nulls_are_as_many_as_there_are_rows() -> None:
    made = ingest(id="id", due_on="date")
    for count in (1, BATCH, BATCH + 1000, 3):
        columns = made.as_now(made.take([b'{"id": 1}'] * count), count)
        assert [len(column) for column in columns.values()] == [count] * 2
        assert columns["due_on"].null_count == count


def test_columns_called_as_ours_are_called_otherwise() -> None:
    row = b'{"id": 1, "_unfit": {"a": 1}, "_extra": "x"}'
    assert rows_from(ingest(), [row], [row]) == [{"id": 1, "_unfit_": {"a": 1}, "_extra_": "x"}] * 2
    made = ingest()
    made.take([row])
    made.freeze()
    assert rows_from(made, [row]) == [
        {"id": 1, "_unfit_": {"a": 1}, "_extra_": "x", "_unfit": None, "_extra": None}
    ]


@pytest.mark.parametrize(
    "name", ["", " ", "a.b", "a[]", "漢", "nul\x00", "x" * 5000, "__index_level_0__", "$", "\\"]
)
def test_a_column_may_be_called_anything(name: str) -> None:
    row = json.dumps({name: {name: 1}}).encode()
    assert rows_from(ingest(), [row], [row] * 2) == [{name: {name: 1}}] * 3


# Read in another thread


def numbered(first: int, count: int, value: Any) -> list[bytes]:
    return [json.dumps({"id": number, "a": value}).encode() for number in range(first, first + count)]


def test_what_was_begun_in_another_thread_is_what_comes(
    looked_at: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ingest(id="id")
    made.take(numbered(0, 10, 1))
    with ThreadPoolExecutor(1) as aside:
        begun = made.begin(numbered(10, 5, 2), aside)
        assert begun.table is not None and begun.table.result().num_rows == 5
        monkeypatch.delattr(module, "read_rows")  # not read a second time
        assert made.finish(begun)["a"].to_pylist() == [2] * 5
    assert looked_at == [10]


def test_what_was_begun_before_something_was_learnt_is_read_anew(looked_at: list[int]) -> None:
    made = ingest(id="id")
    with ThreadPoolExecutor(1) as aside:
        # Nothing is known when these two are begun; then ``a`` is a number, until a text comes.
        batches = [numbered(0, 5, 1), numbered(5, 5, 2)]
        begun = [made.begin(batch, aside) for batch in batches]
        assert [one.table for one in begun] == [None, None]
        for one in begun:
            made.finish(one)
        later = [made.begin(rows, aside) for rows in (numbered(10, 5, "three"), numbered(15, 5, "four"))]
        columns = [made.finish(one) for one in later]
    assert [one["a"].to_pylist() for one in columns] == [["three"] * 5, ["four"] * 5]
    assert looked_at == [5, 5]


@pytest.mark.parametrize("row", [b"null", b'{"id": "\xff"}', b'{"id": 1, "b": 1}'])
def test_what_the_other_thread_refuses_is_looked_at_one_by_one(row: bytes) -> None:
    ways = []
    for aside in (None, ThreadPoolExecutor(1)):
        made = ingest(id="id")
        made.take(numbered(0, 5, 1))
        rows = [*numbered(5, 3, 2), row]
        try:
            found = made.take(rows) if aside is None else made.finish(made.begin(rows, aside))
            ways.append({name: column.to_pylist() for name, column in found.items()})
        except ValueError as error:
            ways.append({type(error).__name__: []})
    assert ways[0] == ways[1]


# A schema that can't change any more


def frozen(first: Sequence[bytes], **columns: str) -> Ingest:
    made = ingest(**columns)
    made.take(first)
    made.freeze()
    return made


def test_what_does_not_fit_stands_in_unfit_exactly() -> None:
    made = frozen([b'{"id": 1, "n": 1, "on": "2026-11-30"}'])
    rows = [
        b'{"id": 2, "n": "two", "on": "soon"}',
        b'{"id": 3, "n": 3, "on": ""}',
        b'{"id": 4, "n": {"a": 1.50}}',
    ]
    found = rows_from(made, rows)
    assert [row["_unfit"] for row in found] == ['{"n":"two","on":"soon"}', None, '{"n":{"a":1.50}}']
    assert [row["n"] for row in found] == [None, 3, None] and [row["id"] for row in found] == [2, 3, 4]
    assert {row["_extra"] for row in found} == {None}
    assert made.remarks.unfit == {"n": 2, "on": 1}
    assert made.notes == ["3 values didn't fit (n 2, on 1): see _unfit."]


def test_what_is_new_stands_in_extra_exactly() -> None:
    made = frozen([b'{"id": 1}'])
    found = rows_from(made, [b'{"id": 2, "new": 1.50, "none": null}', b'{"id": 3}'])
    assert found == [
        {"id": 2, "_unfit": None, "_extra": '{"new":1.50}'},
        {"id": 3, "_unfit": None, "_extra": None},
    ]
    assert made.notes == ["1 value in fields that the first rows didn't have (new 1): see _extra."]


def test_a_record_with_a_new_field_keeps_the_others_and_is_in_extra_whole() -> None:
    made = frozen([b'{"by": {"id": 1}, "to": [{"id": 1}]}'])
    (row,) = rows_from(made, [b'{"by": {"id": 2, "new": "x"}, "to": [{"id": 3, "new": [1.50]}, {"id": 4}]}'])
    assert row["by"] == {"id": 2} and row["to"] == [{"id": 3}, {"id": 4}] and row["_unfit"] is None
    assert row["_extra"] == '{"by":{"id":2,"new":"x"},"to":[{"id":3,"new":[1.50]},{"id":4}]}'


def test_a_record_in_which_something_does_not_fit_is_in_unfit_whole() -> None:
    made = frozen([b'{"by": {"id": 1}}'])
    (row,) = rows_from(made, [b'{"by": {"id": "x", "new": 1}}'])
    assert row == {"by": None, "_unfit": '{"by":{"id":"x","new":1}}', "_extra": None}


def test_what_nothing_was_seen_of_is_text() -> None:
    made = frozen([b'{"a": null, "b": {}, "c": [], "d": {"e": null}}'])
    assert made.schema == {
        "a": pa.string(),
        "b": pa.string(),
        "c": pa.list_(pa.string()),
        "d": pa.struct([("e", pa.string())]),
    }
    (row,) = rows_from(made, [b'{"a": 7, "b": {"x": 1}, "c": [true, "y"], "d": {"e": [1]}}'])
    assert row == {
        "a": "7",
        "b": '{"x":1}',
        "c": ["true", "y"],
        "d": {"e": "[1]"},
        "_unfit": None,
        "_extra": None,
    }


def test_a_frozen_schema_stays_as_it_is_whatever_comes(looked_at: list[int]) -> None:
    good = b'{"id": 1, "total": "1.50", "on": "2026-11-30"}'
    made = frozen([good], total="money")
    schema = dict(made.schema)
    bad = [b'{"id": 1.5}', b'{"total": "0.123456789"}', b'{"on": true}', b'{"id": [1]}', b'{"total": {}}']
    found = rows_from(made, [good] * 10, [*bad, good], [good] * 10)
    assert made.schema == schema
    assert looked_at == [1, 6], "rows that fit are read the fast way again"
    assert [row["_unfit"] for row in found if row["_unfit"]] == [
        '{"id":1.5}',
        '{"total":"0.123456789"}',
        '{"on":true}',
        '{"id":[1]}',
        '{"total":{}}',
    ]


def test_a_schema_may_be_frozen_before_anything_came() -> None:
    made = ingest(id="id", by="person", other="any")
    made.freeze()
    (row,) = rows_from(made, [b'{"id": "7", "by": {"id": 1}, "other": [1], "new": 1}'])
    assert row["id"] == 7 and row["by"]["id"] == 1 and row["other"] == "[1]" and row["_extra"] == '{"new":1}'


# Worse


@pytest.mark.parametrize(
    "row", [b"null", b"1", b'"x"', b"[1]", b"true", b"", b" ", b'{"a": ', b'{"a": 1}{"a": 2}', b'{"a": NaN}']
)
def test_what_is_no_object_is_an_error_and_no_end_of_the_interpreter(row: bytes) -> None:
    code = f"""
from procore_jupyter.tables.arrow.ingest import Ingest
for others in ([], [b'{{"a": 1}}'], [b'{{"a": 1}}'] * 300):
    for rows in ([{row!r}], [{row!r}, b'{{"a": 1}}'], [b'{{"a": 1}}', {row!r}, b'{{"a": 1}}']):
        made = Ingest({{}}, {{}})
        if others:
            made.take(others)
        try:
            made.take(rows)
        except ValueError:
            print("refused")
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert (ran.returncode, ran.stdout.split()) == (0, ["refused"] * 9), ran.stderr


def test_a_row_nested_without_end_is_an_error_that_says_so() -> None:
    for row in (b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"):
        made = ingest()
        made.take([b'{"a": 1}'])
        with pytest.raises(ProcoreAPIError, match="nested too deeply"):
            made.take([row])


def test_every_python_reads_rows_of_the_same_depth() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * (levels - 1) + b'["[{"]' + b"}" * (levels - 1)

    assert len(rows_from(ingest(), [nested(DEEPEST_ROW)])) == 1
    with pytest.raises(ProcoreAPIError, match="nested too deeply"):
        ingest().take([nested(DEEPEST_ROW + 1)])
    wide = b'{"a": [' + b"[]," * 2 * DEEPEST_ROW + b"[]]}"
    assert len(rows_from(ingest(), [wide])[0]["a"]) == 2 * DEEPEST_ROW + 1


@pytest.mark.parametrize("depth", [11, 12, 13, 14, 300])
def test_a_deep_value_is_kept_to_its_end(depth: int) -> None:
    row = b'{"a":' + b'{"b":' * depth + b"1.50" + b"}" * depth + b"}"
    for found in rows_from(ingest(), [row], [row]):
        value: Any = found["a"]
        steps = 0
        while not isinstance(value, float) and value != Decimal("1.50"):
            value = value["b"] if isinstance(value, dict) else json.loads(value, parse_float=Decimal)
            steps += isinstance(value, dict)
        assert value == Decimal("1.50") or value == 1.5
        assert steps <= depth


def test_a_whole_number_of_thousands_of_digits_is_kept() -> None:
    digits = "9" * 5000
    made = ingest()
    assert values(made, ["1"], [digits, "2", f"[{digits}]"]) == ["1", digits, "2", f"[{digits}]"]


def test_nothing_to_take_is_nothing() -> None:
    made = ingest(id="id")
    assert rows_from(made, [], [b'{"id": 1}'], []) == [{"id": 1}]


def test_rows_without_fields_are_rows_all_the_same() -> None:
    assert rows_from(ingest(id="id"), [b"{}", b'{"id": 1}', b"{}"], [b"{}"]) == [
        {"id": None},
        {"id": 1},
        {"id": None},
        {"id": None},
    ]


# What numbers were written as

NUMBERS = ["1.10", "1.1", "1e1", "10.0", "10", "-0.0", "33.333333333333336", "0.5", "7"]


@pytest.mark.parametrize("kind", ["any", "float", "money", "decimal", "int"])
@pytest.mark.parametrize("last", ['"1.10.5"', "12345678901234567.89", "true", '{"a": 1}'])
def test_a_column_that_becomes_text_has_the_numbers_as_they_were_written(kind: str, last: str) -> None:
    for at_a_time in (1, 2, len(NUMBERS)):
        made = ingest(v=kind)
        some = [NUMBERS[at : at + at_a_time] for at in range(0, len(NUMBERS), at_a_time)] * 2
        *found, end = values(made, *some, [last])
        if kind in ("money", "decimal") and last[0] == "1":
            assert end == Decimal(last), "an amount with more digits"
            continue
        assert found == NUMBERS * 2 and end == (last.strip('"') if last[0] == '"' else last.replace(" ", ""))


def test_texts_of_amounts_and_times_are_as_they_came_once_their_column_is_text() -> None:
    texts = {
        "money": ["1.50", "", "007.00", "1e2", "+3.0"],
        "timestamp": ["2026-11-30T08:00:00+01:00", "", "2026-11-30T08:00:00.1234567Z", "2026-11-30 08:00:00Z", "2026-11-30"],
        "date": ["2026-11-30", "", "2026-12-01"],
        "id": ["12", "", "13"],
        "percent": ["9.28%", "9.280 %", ""],
    }  # fmt: skip
    for kind, some in texts.items():
        written = [json.dumps(one) for one in some]
        made = ingest(v=kind)
        assert values(made, written, written, ['"n/a"']) == [*some, *some, "n/a"], kind
        inside = ingest(v="record")
        batches = [[f'{{"a": {one}, "id": 1}}' for one in written]] * 2
        found = values(inside, *batches, ['"n/a"'])
        assert [json.loads(one)["a"] for one in found[:-1]] == [*some, *some], kind


def test_what_was_written_is_in_no_table() -> None:
    made = ingest(v="money")
    columns = made.take([b'{"v": "1.50"}'])
    assert "_written" in columns and [*made.as_now(columns, 1)] == ["v"]
    made.freeze()
    assert "_written" not in made.take([b'{"v": "1.50"}'])


def test_the_noise_of_calculations_is_rounded_and_a_note_says_so() -> None:
    made = ingest(v="money", t="timestamp")
    rows = [b'{"v": "10.50", "t": "2026-11-30T08:00:00Z"}'] * 3
    odd = [b'{"v": 33.333333333333336, "t": "2026-11-30T23:59:59.9999999Z"}']
    found = rows_from(made, rows, odd, rows)
    assert found[3] == {
        "v": Decimal("33.3333"),
        "t": datetime.datetime(2026, 11, 30, 23, 59, 59, 999999, UTC),
    }
    assert {str(one) for one in made.schema.values()} == {"decimal128(18, 4)", "timestamp[us, tz=UTC]"}
    assert [note.partition(" has ")[0] for note in made.notes] == ["v", "t"]
    frozen_too = frozen(rows, v="money", t="timestamp")
    (row,) = rows_from(frozen_too, odd)
    assert row == {**found[3], "_unfit": None, "_extra": None} and frozen_too.notes == made.notes


def test_a_number_that_a_float_would_round_is_in_unfit_where_the_schema_is_fixed() -> None:
    made = frozen([b'{"v": 0.5}'])
    found = rows_from(made, [b'{"v": 1.5}', b'{"v": 12345678901234567.89}', b'{"v": 0.30000000000000004}'])
    assert [row["v"] for row in found] == [1.5, None, 0.1 + 0.2]
    assert [row["_unfit"] for row in found] == [None, '{"v":12345678901234567.89}', None]


def test_codes_that_come_after_amounts_are_codes_all_the_same() -> None:
    amounts, codes = [b'{"v": "1.1"}', b'{"v": "2.5"}'], [b'{"v": "3.3"}', b'{"v": "1.10"}']
    made = Ingest({}, RECORDS, others="money")
    assert [row["v"] for row in rows_from(made, amounts, amounts, codes)] == ["1.1", "2.5"] * 2 + [
        "3.3",
        "1.10",
    ]
    assert made.notes == ["v is text here: its values look like codes (1.10 beside 1.2), not like amounts."]
    made = Ingest({}, RECORDS, others="money")
    made.take(amounts)
    made.freeze()
    found = rows_from(made, amounts, codes)
    assert [row["v"] for row in found] == [*map(Decimal, ("1.1", "2.5", "3.3")), None]
    assert found[-1]["_unfit"] == '{"v":"1.10"}'


@pytest.mark.parametrize(
    "form", ['{{"user_{0}": {0}}}', '[{{"user_{0}": {0}}}]', '{{"by": {{"{0}": 1.10}}}}']
)
def test_records_with_ids_for_names_take_memory_as_their_rows_do(form: str) -> None:
    sizes = []
    for count in (500, 2000):
        made = ingest()
        rows = [b'{"id": %d, "v": %b}' % (number, form.format(number).encode()) for number in range(count)]
        columns = made.as_now(made.take(rows), count)
        sizes.append(sum(column.nbytes for column in columns.values()))
        last: Any = columns["v"][count - 1].as_py()
        while not isinstance(last, str):
            last = last[0] if isinstance(last, list) else last["by"]
        assert str(count - 1) in last
    assert sizes[1] < 5 * sizes[0]


def test_records_with_many_fields_that_most_of_them_have_stay_records() -> None:
    wide = json.dumps({"v": {f"field_{number}": number for number in range(300)}}).encode()
    made = ingest()
    assert rows_from(made, [wide] * 3, [wide])[3]["v"]["field_299"] == 299


def test_numbers_with_too_many_digits_before_and_behind_the_point_together_become_text() -> None:
    made = ingest(v="money")
    long, large = "0." + "1" * 20, "9223372036854775807"
    first = made.take([b'{"v": %s}' % long.encode()])
    then = made.take([b'{"v": %s}' % large.encode()])
    assert str(made.schema["v"]) == "string"
    values = [made.as_now(columns, 1)["v"].to_pylist()[0] for columns in (first, then)]
    assert values == [long, large]


# What is documented


def test_a_column_is_absent_until_a_row_has_its_field_if_only_as_null() -> None:
    made = ingest(a="text", b="text", c="int", d="timestamp")
    assert made.absent == {"a", "b", "c", "d"}
    made.take([b'{"a": "x", "b": null, "new": 1}'])
    assert made.absent == {"c", "d"}
    made.take([b'{"a": "x", "c": 1}'])  # in the fast way
    assert made.absent == {"d"}
    made.freeze()
    made.take([b'{"a": 1, "d": null}'])
    assert made.absent == set() and made.notes == []


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("value", ['{"id": 1}', "[1]"])
def test_a_text_that_came_as_a_record_or_a_list_is_told_of(value: str, frozen: bool) -> None:
    made = ingest(v="text", other="text")
    if frozen:
        made.freeze()
    plain, odd = b'{"v": "x", "other": "x"}', b'{"v": %s, "other": "x"}' % value.encode()
    made.take([plain])
    assert made.notes == []
    made.take([plain, odd])
    assert made.notes == [TOLD]
