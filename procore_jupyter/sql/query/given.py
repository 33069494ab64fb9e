"""What a query is given: the values of its parameters, and the frames that it names."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from procore_jupyter.errors import SQLError
from procore_jupyter.sql.query.mistakes import mistake
from procore_jupyter.sql.query.statement import Statement
from procore_jupyter.tables.parameters.arguments import EXACT, is_missing, plain
from procore_jupyter.tables.table import Table
from procore_jupyter.wording import nearest, one_line

_TAKEN = (bool, int, float, str, bytes, Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
_WORD = re.compile(r'"((?:[^"]|"")+)"|(\w+)')
_PARAMETER = re.compile(r"\$\w+")  # with one in it, DuckDB finds no names
_LARGEST = 2**63
_MISSING = 'There is no value for ${name}: in a notebook it is the variable `{name}`, in a call  parameters={{"{name}": …}}.'


@dataclass(frozen=True)
class Frame:
    """A frame that a query names.

    Parameters
    ----------
    name : str
        Its name.
    schema : pyarrow.Schema
        Its columns, as far as they are known before its rows are.
    rows : callable
        Returns its rows.
    table : Table or None
        The table of this package that it is, if it is one.
    """

    name: str
    schema: pa.Schema
    rows: Callable[[], pa.Table]
    table: Table | None = None


def parameters(statement: Statement, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a query's parameters, as DuckDB takes them.

    Parameters
    ----------
    statement : Statement
        The query.
    given : mapping
        Values by name; there may be others.

    Raises
    ------
    SQLError
        A value isn't given, or is none that a query can compare with.
    """
    found = {}
    for name in statement.parameters:
        if name not in given:
            meant = nearest(name, [one for one in given if not one.startswith("_")])
            hint = f" Did you mean ${meant}?" if meant else ""
            raise _at(statement, name, _MISSING.format(name=name) + hint)
        try:
            found[name] = _value(given[name])
        except TypeError as error:
            raise _at(statement, name, f"${name} {error}") from None
    return found


def _value(value: Any) -> Any:
    """Return a value as DuckDB takes it. Raises TypeError, which says what it is, if it is none."""
    if hasattr(type(value), "columns"):
        raise TypeError(f"is a {type(value).__name__}: name one of its columns, or read it in FROM.")
    if isinstance(value, Mapping):
        return {str(key): _value(inner) for key, inner in value.items()}
    value = plain(value)
    if isinstance(value, list):
        made = [_value(inner) for inner in value]
        floats = any(isinstance(one, float) and not one.is_integer() for one in made)
        return [float(one) if floats and type(one) is int else one for one in made]
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)  # the ids of a data frame are floats if some are missing
    if hasattr(value, "to_pydatetime"):  # pandas' own times
        return value.to_pydatetime(warn=False)
    if hasattr(value, "to_pytimedelta"):
        return value.to_pytimedelta()
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise TypeError("is a number of more than 64 bits.")  # and perhaps of more digits than Python writes
    if isinstance(value, str) and ("\0" in value or (not value.isprintable() and _has_surrogates(value))):
        raise TypeError("has a character that no text can hold.")
    if not isinstance(value, _TAKEN):
        raise TypeError(
            f"is a {type(value).__name__}. It must be a number, a text, a date, or a list of these."
        )
    return value


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _at(statement: Statement, name: str, message: str) -> SQLError:
    found = re.search(rf"\${re.escape(name)}\b", statement.text)
    if found is None:
        return SQLError(message)
    return mistake(message, statement.text, found.start(), found.end())


def named(text: str, cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the names that a query may mean by a table, as they are written.

    They are the ones that DuckDB finds; where it finds none in a query that is right all the same, all words of it are.
    """
    try:
        return frozenset(cursor.get_table_names(_PARAMETER.sub("NULL", text)))
    except duckdb.Error:
        words = _WORD.findall(text)
        return frozenset(quote.replace('""', '"') or word for quote, word in words)


def frames(names: Iterable[str], given: Mapping[str, Any]) -> dict[str, Frame]:
    """Return the frames among the names of a query: pandas', polars', Arrow's, and tables of this package.

    Parameters
    ----------
    names : iterable of str
        The names.
    given : mapping
        Objects by name; those that are no frames are left out.

    Raises
    ------
    SQLError
        A frame can't be read as a table.
    """
    found = {}
    for name in names:
        value = given.get(name)
        if value is not None and (frame := _frame(name, value)) is not None:
            found[name] = frame
    return found


def _frame(name: str, value: Any) -> Frame | None:
    if isinstance(value, Table):
        return Frame(name, value.schema, value.to_arrow, value)
    if not hasattr(type(value), "columns") and not isinstance(value, (pa.Table, pa.RecordBatch)):
        return None
    try:
        rows = _rows(value)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise SQLError(
            f"`{one_line(name)}` can't be read as a table: {one_line(error, 200)}. "
            "Give each column a single type first, for instance with  .astype(str)"
        ) from None
    return None if rows is None else Frame(name, rows.schema, lambda: rows)


def _rows(value: Any) -> pa.Table | None:
    """Return the rows of a frame; None of what is none."""
    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    if type(value).__module__.partition(".")[0] == "pandas":
        if value.columns.nlevels > 1:
            raise TypeError("its columns have several levels")
        return pa.Table.from_pandas(value, preserve_index=False)
    if hasattr(value, "collect"):  # polars' LazyFrame
        value = value.collect()
    return pa.table(value) if hasattr(value, "__arrow_c_stream__") else None


def kind_in_words(name: str, given: Mapping[str, Any]) -> str:
    """Return what an object that is no frame is, as a sentence; empty if there is none of that name."""
    if name not in given or name.startswith("_"):
        return ""
    kind = type(given[name]).__name__
    return f"`{one_line(name)}` is a {kind}, and a query reads frames: make it one, as in  pandas.DataFrame({one_line(name)})."
