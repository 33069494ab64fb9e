"""A cell is short, on one line, and harmless."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.tables.display.cells import amounts, cell, padded, type_of, width
from tests.tables.hostile import HOSTILE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (562949953443325, "562949953443325"),
        (1234567.5, "1234567.5"),
        (Decimal("1234567.5000"), "1,234,567.50"),
        (Decimal("-0.12345000"), "-0.12345"),
        (Decimal("0E-8"), "0.00"),
        (Decimal("1E+3"), "1,000.00"),
        (datetime.date(2026, 11, 30), "2026-11-30"),
        (datetime.datetime(2026, 11, 23, 17, 4, 5, tzinfo=datetime.UTC), "2026-11-23 17:04"),
        ("2026-11-23T17:04:05Z", "2026-11-23 17:04"),
        ("2026-11-23T17:04:05.123+01:00", "2026-11-23 17:04"),
        ("2026-11-23 17:04:05.000000Z", "2026-11-23 17:04"),
        ("2026-11-30", "2026-11-30"),
        ("2026-11-23T17:04:05Z and more", "2026-11-23T17:04:05Z and more"),
        ({"id": 1, "place": "Level 3"}, "id: 1, place: Level 3"),
        ([{"a": 1}, {"a": None}, None, {"a": "b"}], "{a: 1}, {a: b}"),
        ([[1, 2], [3], []], "[1, 2], [3]"),
        ({"steps": [1, 2], "by": {"a": 1}}, "steps: [1, 2], by: {a: 1}"),
        ([], ""),
        ({}, ""),
        ({"id": None, "name": None}, ""),
        ({"status": "yes_known", "value": Decimal("1200.0")}, "status: yes_known, value: 1,200.00"),
        ({"at": "2026-11-23T17:04:05Z"}, "at: 2026-11-23 17:04"),
        ({"name": "x" * 99}, "x" * 39 + "…"),
        ("x" * 41, "x" * 39 + "…"),
        ("x" * 40, "x" * 40),
        (" two\n lines\t", "two lines"),
        ("a\u202eb\u200bc\x1b[31m", "a b c [31m"),
    ],
)
def test_a_cell(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"id": 1, "login": "dana@example.test", "name": "Dana", "title": "Architect"}, "Dana"),
        ({"id": 1, "login": "dana@example.test", "name": None}, "dana@example.test"),
        ({"id": 1, "company": "Harrowmere Concrete"}, "Harrowmere Concrete"),
        ({"id": 1, "name": "", "title": "Level 3"}, "Level 3"),
        ({"id": 1, "number": "03 30 00", "label": "03 30 00 - Concrete"}, "03 30 00 - Concrete"),
        ({"id": 1, "full_code": "03-300"}, "03-300"),
        ({"id": 1, "full_code": "03-300", "name": "Concrete"}, "03-300 Concrete"),
        ({"id": 1, "first_name": "Dana", "last_name": "Reyes"}, "Dana Reyes"),
        ({"id": 1, "user": {"id": 8, "name": "Dana"}, "response": {"name": "Approved"}}, "Dana"),
        ({"id": 1, "party": {"id": 8, "name": None}}, "id: 1, party: {id: 8}"),
        ({"id": 1, "name": None, "number": 7}, "id: 1, number: 7"),
        ([{"id": 1, "name": "Dana"}, {"id": 2, "name": "Lee"}], "Dana, Lee"),
    ],
)
def test_a_record_is_shown_by_what_people_call_it(record: Any, text: str) -> None:
    assert cell(record) == text


def test_the_points_of_a_columns_numbers_stand_below_each_other() -> None:
    assert amounts([Decimal("1234567.5"), None, Decimal("-3.0000")]) == ["1,234,567.50", "", "-3.00"]
    assert amounts([Decimal("12.3456"), Decimal(7)]) == ["12.3456", "7.0000"]
    assert amounts([100.0, 12.0], 0) == ["100", "12"] and amounts([0.1, 12.25, 1e-7], 0)[1] == "12.2500000"
    assert amounts([float("nan"), float("inf"), 1.5], 0) == ["NaN", "Infinity", "1.5"]
    assert amounts([]) == [] and amounts([None]) == [""]


def test_a_deep_or_huge_value_is_cut_without_being_written_out() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert len(cell(deep)) == 40
    assert len(cell({"list": list(range(10**6))})) == 40
    assert len(cell("x" * 10**7)) == 40


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_cell_can_move_what_stands_beside_it(text: str) -> None:
    for value in (text, {text: text}, [text], {"name": text}):
        assert cell(value).isprintable()


@given(JSON)
def test_whatever_it_is_it_takes_one_line_of_forty_letters(value: Any) -> None:
    found = cell(value)
    assert len(found) <= 40 and found.isprintable()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "empty"),
        (1, "integer"),
        (1.5, "number"),
        ("a", "text"),
        ({}, "record"),
        ([], "list"),
        (True, "true or false"),
        ("2026-11-23T17:04:05Z", "timestamp"),
        (Decimal(1), "Decimal"),
    ],
)
def test_the_type_of_a_value(value: Any, name: str) -> None:
    assert type_of(value) == name


# Columns stay in line whatever alphabet stands in them


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", 0),
        ("abc", 3),
        ("“ß”", 3),
        ("漢字", 4),
        ("ｗ", 2),
        ("e\u0301", 1),
        ("🏗", 1),
        ("🏢", 2),
        ("한국", 4),
    ],
)
def test_a_text_takes_its_places(text: str, places: int) -> None:
    assert width(text) == places


def test_blanks_fill_up_to_a_width() -> None:
    assert padded("漢", 4) == "漢  "
    assert padded("漢", 4, right=True) == "  漢"
    assert padded("a", 3, right=True) == "  a"
    assert padded("longer", 3) == "longer"
