"""Rows as pandas and polars have them: no id becomes a float, no amount is rounded."""

from __future__ import annotations

import datetime
import os
import random
from decimal import Decimal
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.arrow.types import DECIMAL, MONEY, PERCENT, QUANTITY, TIMESTAMP
from procore_jupyter.tables.frames import to_pandas, to_polars

UTC = datetime.UTC
SEED = int(os.environ.get("PROCORE_SEED", "0"))
BIG = 2**53 + 1
ROWS = pa.table(
    {
        "id": [BIG, 7],
        "vendor_id": [BIG, None],
        "name": ["Dana", None],
        "private": [True, False],
        "late": [True, None],
        "due": pa.array([datetime.date(2026, 11, 30), None]),
        "at": pa.array([datetime.datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC), None], TIMESTAMP),
        "total": pa.array([Decimal("1234.5000"), None], MONEY),
        "hours": pa.array([Decimal("7.25"), None], DECIMAL),
        "ratio": [0.5, None],
        "by": [{"id": BIG, "name": "Dana"}, None],
        "to": [[1, 2], None],
    }
)


def test_pandas_own_types_lose_nothing() -> None:
    frame = to_pandas(ROWS)
    assert [*frame.columns] == ROWS.column_names
    assert frame["id"].dtype == "int64" and frame["vendor_id"].dtype == pandas.Int64Dtype()
    assert frame["id"][0] == frame["vendor_id"][0] == BIG and frame["vendor_id"][1] is pandas.NA
    assert frame["private"].dtype == "bool" and frame["late"].dtype == pandas.BooleanDtype()
    assert frame["due"].dtype.kind == "M" and frame["due"][0] == pandas.Timestamp("2026-11-30")
    assert str(frame["at"].dtype).endswith("UTC]") and frame["at"][0] == pandas.Timestamp(
        "2026-11-23T17:04:05Z"
    )
    assert frame["total"].dtype == pandas.ArrowDtype(MONEY) and frame["total"][0] == Decimal("1234.5")
    assert frame["hours"].dtype == "float64" and frame["hours"][0] == 7.25
    assert frame["ratio"].dtype == "float64"
    assert frame["by"][0] == {"id": BIG, "name": "Dana"} and [*frame["to"][0]] == [1, 2]
    assert frame["name"][0] == "Dana"
    missing = frame.iloc[1].isna()
    assert [*missing[missing].index] == [
        "vendor_id",
        "name",
        "late",
        "due",
        "at",
        "total",
        "hours",
        "ratio",
        "by",
        "to",
    ]


def test_what_one_does_with_a_frame_works() -> None:
    frame = to_pandas(ROWS)
    assert frame["total"].sum() == Decimal("1234.5") and frame["hours"].mean() == 7.25
    assert frame.groupby("private")["id"].count().to_dict() == {True: 1, False: 1}
    assert len(frame[frame["due"] < pandas.Timestamp("2026-12-01")]) == 1
    assert len(frame.merge(frame, on="id")) == 2
    assert frame["name"].str.upper()[0] == "DANA"


def test_arrows_types_are_the_rows_own() -> None:
    frame = to_pandas(ROWS, "pyarrow")
    assert [dtype.pyarrow_dtype for dtype in frame.dtypes] == ROWS.schema.types
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == ROWS.to_pylist()


def test_another_backend_is_none() -> None:
    with pytest.raises(ConfigurationError, match='dtype_backend is "pyarrow", or left out'):
        to_pandas(ROWS, "numpy_nullable")  # type: ignore[arg-type]


def column(values: list[Any], kind: pa.DataType) -> Any:
    return to_pandas(pa.table({"v": pa.array(values, kind)}))["v"]


@pytest.mark.parametrize(
    ("value", "is_float"),
    [
        ("0.1", True),
        ("7.12345678", True),
        ("12345678901234567.8", False),
        ("0.12345678", True),
        ("99999999999999999999", False),
        (None, True),
    ],
)
def test_a_quantity_is_a_float_only_where_each_digit_is_still_there(
    value: str | None, is_float: bool
) -> None:
    exact = None if value is None else Decimal(value)
    found = column([exact, None], DECIMAL)
    assert (found.dtype == "float64") is is_float
    if exact is not None:
        assert Decimal(str(found[0])) == exact


@pytest.mark.parametrize("kind", [DECIMAL, QUANTITY, PERCENT])
def test_a_float_is_the_one_that_its_digits_name(kind: pa.Decimal128Type) -> None:
    """Arrow's own cast is off by its last bit for one value in ten."""
    chance = random.Random(SEED)
    exact = [Decimal(chance.randrange(10**9)).scaleb(-chance.randrange(1, 9)) for _ in range(500)]
    found = column(exact, kind)
    assert found.dtype == "float64" and [*found] == [float(str(one)) for one in exact], SEED


@pytest.mark.parametrize(
    "day", [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1899, 12, 30)]
)
def test_a_day_outside_of_nanoseconds_is_a_day(day: datetime.date) -> None:
    assert column([day], pa.date32())[0].date() == day
    moment = datetime.datetime.combine(day, datetime.time(), UTC)
    assert column([moment], TIMESTAMP)[0].to_pydatetime() == moment


@pytest.mark.parametrize(
    "kind",
    [
        pa.int64(),
        pa.bool_(),
        pa.string(),
        pa.date32(),
        TIMESTAMP,
        MONEY,
        DECIMAL,
        QUANTITY,
        PERCENT,
        pa.list_(pa.int64()),
    ],
)
def test_a_column_of_nothing_and_a_table_of_nothing(kind: pa.DataType) -> None:
    assert column([None, None], kind).isna().all()
    assert len(column([], kind)) == 0
    assert to_polars(pa.table({"v": pa.array([None], kind)})).height == 1


def test_a_table_without_columns_is_a_frame_without_columns() -> None:
    nothing = pa.schema([]).empty_table()
    assert to_pandas(nothing).shape == to_polars(nothing).shape == (0, 0)


def test_polars_has_the_same() -> None:
    frame = to_polars(ROWS)
    assert frame["id"][0] == frame["vendor_id"][0] == BIG
    assert frame.schema["total"] == polars.Decimal(18, 4) and frame["total"][0] == Decimal("1234.5")
    assert frame.schema["at"] == polars.Datetime("us", "UTC") and frame.schema["due"] == polars.Date
    assert frame["by"][0] == {"id": BIG, "name": "Dana"} and frame["to"][0].to_list() == [1, 2]
    assert frame.row(1)[1:3] == (None, None)
