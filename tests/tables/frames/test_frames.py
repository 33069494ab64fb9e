"""Rows as pandas and polars have them: no id becomes a float, no amount is rounded."""

from __future__ import annotations

import datetime
import os
import random
import re
from decimal import Decimal
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arrow.types import DECIMAL, MONEY, PERCENT, QUANTITY, TIMESTAMP
from procore_jupyter.tables.frames.frames import to_pandas, to_polars

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
    assert [*frame.columns] == [
        "id",
        "vendor_id",
        "name",
        "private",
        "late",
        "due",
        "at",
        "total",
        "hours",
        "ratio",
        "by.id",
        "by.name",
        "to",
    ]
    assert frame["id"].dtype == frame["vendor_id"].dtype == frame["by.id"].dtype == pandas.Int64Dtype()
    assert frame["id"][0] == frame["vendor_id"][0] == BIG and frame["vendor_id"][1] is pandas.NA
    assert frame["private"].dtype == frame["late"].dtype == pandas.BooleanDtype()
    assert frame["due"].dtype.kind == "M" and frame["due"][0] == pandas.Timestamp("2026-11-30")
    assert str(frame["at"].dtype).endswith("UTC]") and frame["at"][0] == pandas.Timestamp(
        "2026-11-23T17:04:05Z"
    )
    assert frame["total"].dtype == frame["hours"].dtype == frame["ratio"].dtype == "float64"
    assert frame["total"][0] == 1234.5 and frame["hours"][0] == 7.25
    assert frame["by.id"][0] == BIG and frame["by.name"][0] == "Dana" and frame["to"][0] == [1, 2]
    assert frame["name"][0] == "Dana" and isinstance(frame["name"].dtype, pandas.StringDtype)
    missing = frame.iloc[1].isna()
    assert {*frame.columns} - {*missing[missing].index} == {"id", "private"}


@pytest.mark.parametrize("flatten", [True, False])
def test_a_columns_type_is_the_same_whether_values_are_missing_or_not(flatten: bool) -> None:
    whole = to_pandas(ROWS.slice(0, 1), flatten)
    assert [*whole.dtypes] == [*to_pandas(ROWS.slice(1), flatten).dtypes]
    assert [*whole.dtypes] == [*to_pandas(ROWS.slice(0, 0), flatten).dtypes]


def test_what_one_does_with_a_frame_works() -> None:
    frame = to_pandas(ROWS)
    assert frame["total"].sum() == 1234.5 and frame["hours"].mean() == 7.25
    assert frame.groupby("by.name")["total"].sum().to_dict() == {"Dana": 1234.5}
    assert len(frame[frame["due"] < pandas.Timestamp("2026-12-01")]) == 1
    assert len(frame.merge(frame, on="id")) == 2
    assert frame["name"].str.upper()[0] == "DANA"
    frame.loc[0, ["total", "name"]] = [1.0, "Lee"]  # its memory is its own
    assert frame["total"][0] == 1 and ROWS["total"][0].as_py() == Decimal("1234.5")


def test_exact_keeps_decimals() -> None:
    told: list[str] = []
    frame = to_pandas(ROWS, exact=True, tell=told.append)
    assert frame["total"][0] == Decimal("1234.5") and isinstance(frame["hours"][0], Decimal)
    assert frame["total"].sum() == Decimal("1234.5") and frame["ratio"].dtype == "float64"
    assert told == [] and frame.describe(include="all").loc["count", "total"] == 1


def test_columns_that_stay_decimal_are_told_once() -> None:
    long = pa.array([Decimal("12345678901234.5678")], MONEY)
    rows = pa.table(
        {
            "sum": long,
            "fee": pa.array([Decimal(1)], MONEY),
            "cost": [{"value": Decimal("12345678901234.5678")}],
        }
    )
    told: list[str] = []
    frame = to_pandas(rows, tell=told.append)
    assert frame["sum"][0] == frame["cost.value"][0] == Decimal("12345678901234.5678")
    assert frame["fee"].dtype == "float64"
    [said] = told
    assert said.startswith("sum, cost.value: some numbers have more digits than float64 keeps")


def test_records_that_stay_records_are_arrows() -> None:
    frame = to_pandas(ROWS, flatten=False)
    assert [*frame.columns] == ROWS.column_names
    assert frame["by"].dtype == pandas.ArrowDtype(ROWS.schema.field("by").type)
    assert frame["by"][0] == {"id": BIG, "name": "Dana"} and [*frame["to"][0]] == [1, 2]
    assert frame["by"].struct.field("name")[0] == "Dana" and frame["total"].dtype == "float64"


def test_arrows_types_are_the_rows_own() -> None:
    frame = to_pandas(ROWS, flatten=False, dtype_backend="pyarrow")
    assert [dtype.pyarrow_dtype for dtype in frame.dtypes] == ROWS.schema.types
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == ROWS.to_pylist()
    flattened = to_pandas(ROWS, dtype_backend="pyarrow")
    assert flattened["by.id"].dtype == pandas.ArrowDtype(pa.int64())
    assert flattened["total"].dtype == pandas.ArrowDtype(MONEY)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dtype_backend": "numpy_nullable"}, 'dtype_backend must be "pyarrow", or left out'),
        ({"flatten": "pyarrow"}, "flatten must be True or False, not 'pyarrow'"),
        ({"tz": "America/New York"}, "Did you mean 'America/New_York'"),
        ({"tz": 5}, "tz is a zone's name such as"),
    ],
)
def test_what_a_parameter_does_not_take_is_an_error_of_one_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)) as caught:
        to_pandas(ROWS, **given)
    assert "\n" not in str(caught.value)


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


@pytest.mark.parametrize("kind", [MONEY, DECIMAL, QUANTITY, PERCENT])
def test_a_float_is_the_one_that_its_digits_name(kind: pa.Decimal128Type) -> None:
    """Arrow's own cast is off by its last bit for one value in ten."""
    chance = random.Random(SEED)
    exact = [
        Decimal(chance.randrange(10**9)).scaleb(-chance.randrange(1, min(8, kind.scale) + 1))
        for _ in range(500)
    ]
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
    assert frame["id"][0] == frame["vendor_id"][0] == frame["by.id"][0] == BIG
    assert frame.schema["total"] == polars.Decimal(18, 4) and frame["total"][0] == Decimal("1234.5")
    assert frame.schema["at"] == polars.Datetime("us", "UTC") and frame.schema["due"] == polars.Date
    assert frame["by.name"][0] == "Dana" and frame["to"][0].to_list() == [1, 2]
    assert frame.row(1)[1:3] == (None, None)
    assert to_polars(ROWS, flatten=False)["by"][0] == {"id": BIG, "name": "Dana"}
    with pytest.raises(ParameterError, match="flatten must be True or False"):
        to_polars(ROWS, "all")  # type: ignore[arg-type]
