"""Rows as SpreadsheetML: XML whatever the texts are, and each value in one way."""

from __future__ import annotations

import datetime
import math
import os
import random
import re
from collections import Counter
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.types import DECIMAL, MONEY
from procore_jupyter.tables.export.sheet_rows import rows_xml

SEED = int(os.environ.get("PROCORE_SEED", "0"))
TEXT, NUMBER = 1, 2


def cells(rows: pa.Table, first: int = 2) -> list[dict[str, tuple[str, str, str]]]:
    """Return each row's cells by their addresses: kind, style, and what is written."""
    xml = rows_xml(rows, first, dict.fromkeys(rows.column_names, NUMBER), TEXT, Counter())
    found = ElementTree.fromstring(f"<sheetData>{xml}</sheetData>")
    return [
        {
            cell.attrib["r"]: (cell.attrib.get("t", "n"), cell.attrib["s"], "".join(cell.itertext()))
            for cell in row
        }
        for row in found
    ]


def written(values: list[Any], found: pa.DataType | None = None) -> list[tuple[str, str] | None]:
    """Return the kind and the text of each value of a column."""
    rows = cells(pa.table({"a": pa.array(values, found), "b": [1] * len(values)}))
    return [
        (row[at][0], row[at][2]) if (at := f"A{number}") in row else None
        for number, row in enumerate(rows, 2)
    ]


def test_a_cell_has_its_address_kind_and_style() -> None:
    rows = pa.table({"id": [7, None], "name": ["Dana", None], "late": [True, False], "none": pa.nulls(2)})
    assert cells(rows, 9) == [
        {"A9": ("n", "2", "7"), "B9": ("inlineStr", "1", "Dana"), "C9": ("b", "2", "1")},
        {"C10": ("b", "2", "0")},
    ]


def test_columns_beyond_z_have_two_letters() -> None:
    (row,) = cells(pa.table({str(at): [at] for at in range(28)}))
    assert [*row][24:] == ["Y2", "Z2", "AA2", "AB2"]


def test_a_row_without_values_is_an_empty_row() -> None:
    assert cells(pa.table({"a": pa.array([None, None], pa.string())})) == [{}, {}]
    assert cells(pa.table({"a": pa.array([], pa.string())})) == []


def test_floats_keep_each_digit() -> None:
    values = [0.1 + 0.2, 1e16, -1.5, 5e-324, math.nan, math.inf, -math.inf, None, 3.0]
    found = written(values)
    assert [float(one[1]) for one in found[:4] if one] == values[:4]
    assert found[4:8] == [None, ("inlineStr", "inf"), ("inlineStr", "-inf"), None]
    assert {one[0] for one in (*found[:4], found[8]) if one} == {"n"}


@pytest.mark.parametrize(
    ("value", "found", "kind", "text"),
    [
        (999_999_999_999_999, pa.int64(), "n", "999999999999999"),
        (-999_999_999_999_999, pa.int64(), "n", "-999999999999999"),
        (10**15, pa.int64(), "inlineStr", "1000000000000000"),
        (-(10**15), pa.int64(), "inlineStr", "-1000000000000000"),
        (Decimal("1234567890.12345"), DECIMAL, "n", "1234567890.12345000"),
        (Decimal("1234567890.123456"), DECIMAL, "inlineStr", "1234567890.123456"),
        (Decimal("12345678901234.5"), MONEY, "n", "12345678901234.5000"),
        (Decimal("-12345678901234.56"), MONEY, "inlineStr", "-12345678901234.56"),
        (datetime.date(1900, 2, 28), pa.date32(), "inlineStr", "1900-02-28"),
        (datetime.date(1900, 3, 1), pa.date32(), "n", "61"),
        (datetime.date(2026, 11, 30), pa.date32(), "n", "46356"),
        (datetime.datetime(2026, 11, 30, 12), pa.timestamp("us"), "n", "46356.5"),
        (datetime.datetime(1899, 1, 1, 12, 0, 5), pa.timestamp("us"), "inlineStr", "1899-01-01 12:00:05"),
    ],
)
def test_a_number_is_one_if_excel_keeps_its_digits(
    value: Any, found: pa.DataType, kind: str, text: str
) -> None:
    assert written([None, value], found) == [None, (kind, text)]
    assert written([value, value], found) == [(kind, text)] * 2


def test_what_excel_takes_for_a_characters_number_is_escaped() -> None:
    xml = rows_xml(pa.table({"a": ["_x0041_ _x00e4_ _xyz_ _x41_"]}), 1, {}, TEXT, Counter())
    assert '<t xml:space="preserve">_x005F_x0041_ _x005F_x00e4_ _xyz_ _x41_</t>' in xml


def test_any_text_makes_xml_that_says_the_same() -> None:
    chance = random.Random(SEED)
    letters = "<>&\"'=+-@_x0041;]\n\t \x00\x1f\x7f\x85 \u2028\ufffe\uffffäé東🏗"
    texts = ["".join(chance.choices(letters, k=chance.randrange(12))) for _ in range(2000)]
    print(f"PROCORE_SEED={SEED}")
    unwritable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
    escaped = [re.sub(r"_(x[0-9a-fA-F]{4}_)", r"_x005F_\1", unwritable.sub("", one)) for one in texts]
    assert [None if one is None else one[1] for one in written(texts)] == [one or None for one in escaped]
