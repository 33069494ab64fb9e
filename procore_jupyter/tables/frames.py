"""A table's rows as data frames of pandas and polars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.tables.arrow.types import DECIMAL, PERCENT, QUANTITY

if TYPE_CHECKING:
    import pandas
    import polars

DtypeBackend = Literal["pyarrow"]

EXACT_DIGITS = 15
"""Digits of a number, zeros at both ends apart, that a float surely keeps."""

_NO_DIGITS = r"^-?[0.]*|[.]|0+$"


def to_pandas(rows: pa.Table, dtype_backend: DtypeBackend | None = None) -> pandas.DataFrame:
    """Return rows as a data frame.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    dtype_backend : "pyarrow" or None
        ``"pyarrow"``: every column has Arrow's type (`pandas.ArrowDtype`). None: text, dates, times (``datetime64``),
        booleans and integers have pandas' own types, which are nullable if values are missing, so that no id becomes a
        float. Money and nested values have Arrow's types, as pandas has none for them. Hours and quantities are
        ``float64`` if no digit is lost by it.

    Raises
    ------
    ConfigurationError
        pandas is missing; as a `ParameterError`, `dtype_backend` is something else.
    """
    try:
        import pandas
    except ImportError:
        raise ConfigurationError(
            "pandas is not installed here. Run  %pip install pandas  and try again."
        ) from None
    if dtype_backend == "pyarrow":
        return rows.to_pandas(types_mapper=pandas.ArrowDtype)
    if dtype_backend is not None:
        raise ParameterError('dtype_backend is "pyarrow", or left out.')
    rows = _with_floats(rows)
    complete = {name for name in rows.column_names if rows[name].null_count == 0}
    nullable = {
        name for name, found in zip(rows.column_names, rows.schema.types, strict=True)
        if name not in complete and (pa.types.is_integer(found) or pa.types.is_boolean(found))
    }  # fmt: skip
    old = int(pandas.__version__.partition(".")[0]) < 3

    def own_type(found: pa.DataType) -> Any:
        if pa.types.is_decimal(found) or pa.types.is_nested(found):
            return pandas.ArrowDtype(found)
        return pandas.StringDtype("pyarrow") if old and pa.types.is_string(found) else None

    def nullable_type(found: pa.DataType) -> Any:
        return pandas.BooleanDtype() if pa.types.is_boolean(found) else pandas.Int64Dtype()

    def frame(names: list[str], mapper: Any) -> pandas.DataFrame:
        return rows.select(names).to_pandas(types_mapper=mapper, date_as_object=False)

    plain = frame([name for name in rows.column_names if name not in nullable], own_type)
    if not nullable:
        return plain
    others = frame([name for name in rows.column_names if name in nullable], nullable_type)
    return pandas.concat([plain, others], axis=1)[rows.column_names]


def _with_floats(rows: pa.Table) -> pa.Table:
    """Return rows with exact numbers that are no money as floats, if no digit is lost by it."""
    import pyarrow.compute as pc

    for place, found in enumerate(rows.schema):
        if found.type in (DECIMAL, QUANTITY, PERCENT):
            # By way of texts: Arrow's own cast to a float is off by its last bit at times.
            texts = rows.column(place).cast(pa.string())
            digits = pc.max(pc.utf8_length(pc.replace_substring_regex(texts, _NO_DIGITS, ""))).as_py()
            if digits is None or digits <= EXACT_DIGITS:  # None: the column holds no value
                rows = rows.set_column(place, pa.field(found.name, pa.float64()), texts.cast(pa.float64()))
    return rows


def to_polars(rows: pa.Table) -> polars.DataFrame:
    """Return rows as a data frame of polars. Raises ConfigurationError if polars is missing."""
    try:
        import polars
    except ImportError:
        raise ConfigurationError(
            "polars is not installed here. Run  %pip install polars  and try again."
        ) from None
    found = polars.from_arrow(rows)
    assert isinstance(found, polars.DataFrame)
    return found
