"""A table's rows as data frames of pandas and polars."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.tables.frames import zones
from procore_jupyter.tables.frames.flat import flat

if TYPE_CHECKING:
    import pandas
    import polars

DtypeBackend = Literal["pyarrow"]

EXACT_DIGITS = 15
"""Digits of a number, zeros at both ends apart, that a float surely keeps."""

_NO_DIGITS = r"^-?[0.]*|[.]|0+$"


def to_pandas(
    rows: pa.Table,
    flatten: bool = True,
    exact: bool = False,
    tz: str | None = zones.UTC,
    dtype_backend: DtypeBackend | None = None,
    *,
    of_projects: Callable[[], Mapping[int, str]] = dict,
    tell: Callable[[str], None] = lambda note: None,
) -> pandas.DataFrame:
    """Return rows as a data frame.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    flatten : bool
        Records become columns, as `flat.flat` makes them, and a cell of lists is a Python list. If not, both keep Arrow's
        types.
    exact : bool
        Money, hours and quantities are `decimal.Decimal`. If not, they are ``float64``, but for columns that would lose a
        digit by it.
    tz : str or None
        The zone that times are in: a name of the tz database; ``"project"`` for the zone of each row's project, and None
        for UTC, both without an offset. Times inside of lists stay in UTC.
    dtype_backend : "pyarrow" or None
        ``"pyarrow"``: every column has Arrow's type (`pandas.ArrowDtype`), numbers are exact. None: whole numbers are
        ``Int64``, true and false ``boolean``, text pandas' string, dates and times ``datetime64``; all of them may be
        missing, so that the rows that came don't decide about a column's type.
    of_projects : callable
        Returns the zones of the rows' projects by their ids. Called for ``tz="project"`` alone.
    tell : callable
        Takes a sentence about numbers that stayed decimal.

    Raises
    ------
    ConfigurationError
        pandas is missing; as a `ParameterError`, a parameter has a value that it doesn't take, or a project's zone isn't
        known.
    """
    try:
        import pandas
    except ImportError:
        raise ConfigurationError(
            "pandas is not installed here. Run  %pip install pandas  and try again."
        ) from None
    check(flatten, tz, dtype_backend)
    rows = zones.placed(flat(rows) if flatten else rows, tz, of_projects)
    if dtype_backend is not None:
        return rows.to_pandas(types_mapper=pandas.ArrowDtype)
    if not exact:
        rows, long = _with_floats(rows)
        if long:
            tell(
                f"{', '.join(long)}: some numbers have more digits than float64 keeps, so they are Decimal here. "
                ".astype(float) rounds them."
            )
    from procore_jupyter.tables.frames.list_column import ListDtype

    text = pandas.StringDtype("pyarrow")
    if int(pandas.__version__.partition(".")[0]) >= 3:
        text = pandas.StringDtype(na_value=float("nan"))  # its `str`

    def dtype(found: pa.DataType) -> Any:
        if pa.types.is_integer(found):
            return pandas.Int64Dtype()
        if pa.types.is_boolean(found):
            return pandas.BooleanDtype()
        if pa.types.is_nested(found):
            return ListDtype(found) if flatten else pandas.ArrowDtype(found)
        return text if pa.types.is_string(found) or pa.types.is_large_string(found) else None

    return _without_copies(rows).to_pandas(types_mapper=dtype, date_as_object=False)


def check(flatten: object, tz: object = None, dtype_backend: object = None) -> None:
    """Raise a ParameterError if a parameter of `to_pandas` or `to_polars` has a value that it doesn't take."""
    zones.check(tz)
    if not isinstance(flatten, bool):
        raise ParameterError(f"flatten must be True or False, not {flatten!r:.60}.")
    if dtype_backend not in (None, "pyarrow"):
        raise ParameterError('dtype_backend must be "pyarrow", or left out.')


def _with_floats(rows: pa.Table) -> tuple[pa.Table, list[str]]:
    """Return rows with exact numbers as floats where no digit is lost by it, and the names of the other columns."""
    import pyarrow.compute as pc

    long = []
    for place, found in enumerate(rows.schema):
        if pa.types.is_decimal(found.type):
            # By way of texts: Arrow's own cast to a float is off by its last bit at times.
            texts = rows.column(place).cast(pa.string())
            digits = pc.max(pc.utf8_length(pc.replace_substring_regex(texts, _NO_DIGITS, ""))).as_py()
            if digits is None or digits <= EXACT_DIGITS:  # None: the column holds no value
                rows = rows.set_column(place, pa.field(found.name, pa.float64()), texts.cast(pa.float64()))
            else:
                long.append(found.name)
    return rows, long


def _without_copies(rows: pa.Table) -> pa.Table:
    """Return rows whose columns of text without any value share the memory that pandas needs for one of them."""
    nothing = pa.nulls(rows.num_rows, pa.large_string())
    for place, found in enumerate(rows.schema):
        if pa.types.is_string(found.type) and rows.column(place).null_count == rows.num_rows:
            rows = rows.set_column(place, found.name, nothing)
    return rows


def to_polars(rows: pa.Table, flatten: bool = True) -> polars.DataFrame:
    """Return rows as a data frame of polars.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    flatten : bool
        Records become columns, as `flat.flat` makes them.

    Raises
    ------
    ConfigurationError
        polars is missing; as a `ParameterError`, `flatten` isn't true or false.
    """
    try:
        import polars
    except ImportError:
        raise ConfigurationError(
            "polars is not installed here. Run  %pip install polars  and try again."
        ) from None
    check(flatten)
    found = polars.from_arrow(flat(rows) if flatten else rows)
    assert isinstance(found, polars.DataFrame)
    return found


def import_pandas() -> None:
    """Import pandas, if it is there; `to_pandas` says how to get it."""
    with contextlib.suppress(ImportError):
        importlib.import_module("pandas")
