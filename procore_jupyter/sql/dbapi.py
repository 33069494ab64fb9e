"""Python's database API (PEP 249) over a session's tables: read-only, for programs that take such a connection.

Only queries run, so there is nothing to commit and nothing to roll back. A parameter is ``?`` with a sequence of values, or
``$name`` with a mapping.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa

from procore_jupyter.errors import ProcoreError, SQLError

if TYPE_CHECKING:
    from procore_jupyter.sql.answers.answer import Answer

apilevel = "2.0"
threadsafety = 2
"""Threads may share the module and a connection, not a cursor."""
paramstyle = "qmark"

Description = tuple[str, str, None, None, None, None, bool]
Row = tuple[Any, ...]
Run = Callable[[str, Mapping[str, Any]], "Answer"]
"""Runs a query with the values of its parameters."""


class Error(ProcoreError):
    """A call of a connection or a cursor failed."""


class InterfaceError(Error):
    """A cursor or connection can't be used so: it is closed, or has no result."""


class DatabaseError(Error):
    """A query failed."""


class ProgrammingError(DatabaseError):
    """A query is wrong, or lacks a parameter."""


class OperationalError(DatabaseError):
    """Procore couldn't be asked, or refused."""


class NotSupportedError(DatabaseError):
    """Something that a connection that only reads doesn't have."""


STRING, BINARY, NUMBER, DATETIME = "STRING", "BINARY", "NUMBER", "DATETIME"
ROWID = NUMBER
"""Types of columns, as `Cursor.description` has them."""

Date, Time, Timestamp, Binary = datetime.date, datetime.time, datetime.datetime, bytes


def DateFromTicks(ticks: float) -> datetime.date:
    """Return the day of a time in seconds since 1970."""
    return datetime.date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:
    """Return the time of day of a time in seconds since 1970."""
    return datetime.time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:
    """Return a time in seconds since 1970 as a datetime."""
    return datetime.datetime(*time.localtime(ticks)[:6])


class Connection:
    """A session's tables as a database that is only read.

    Parameters
    ----------
    run : callable
        Runs a query.
    """

    Error, InterfaceError, DatabaseError = Error, InterfaceError, DatabaseError
    ProgrammingError, OperationalError, NotSupportedError = (
        ProgrammingError,
        OperationalError,
        NotSupportedError,
    )
    DataError = InternalError = IntegrityError = DatabaseError
    Warning = UserWarning

    def __init__(self, run: Run) -> None:
        self._run = run
        self._closed = False

    def cursor(self) -> Cursor:
        """Return a cursor, which runs queries and gives their rows."""
        self._check()
        return Cursor(self, self._run)

    def execute(self, operation: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> Cursor:
        """Run a query in a cursor of its own, and return that."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Do nothing: queries change nothing."""
        self._check()

    def rollback(self) -> None:
        """Do nothing: queries change nothing."""
        self._check()

    def close(self) -> None:
        """End this connection; the session goes on."""
        self._closed = True

    def _check(self) -> None:
        if self._closed:
            raise InterfaceError("This connection is closed. procore.dbapi() gives another.")

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Cursor:
    """Runs queries, and gives the rows of the last one.

    Parameters
    ----------
    connection : Connection
        Whose cursor it is.
    run : callable
        Runs a query.

    Attributes
    ----------
    description : list of tuple or None
        The columns of the last query: name, type, and whether it may be NULL.
    rowcount : int
        The number of its rows; -1 before there is a query.
    answer : Answer or None
        The rows of the last query as a table, with ``.requests`` and ``.incomplete``.
    """

    def __init__(self, connection: Connection, run: Run) -> None:
        self.connection = connection
        self.arraysize = 1
        self.description: list[Description] | None = None
        self.rowcount = -1
        self.answer: Answer | None = None
        self._run = run
        self._rows: Iterator[Row] | None = None
        self._closed = False

    def execute(self, operation: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> Self:
        """Run a query.

        Parameters
        ----------
        operation : str
            The query.
        parameters : sequence, mapping or None
            The values of ``?`` in their order, or those of ``$name`` by their names.

        Raises
        ------
        ProgrammingError
            The query is wrong; the message shows the place.
        OperationalError
            Procore couldn't be asked, or refused; the message says what to do.
        """
        self._check()
        self.description, self.rowcount, self._rows, self.answer = None, -1, None, None
        text, values = with_names(operation, parameters)
        try:
            answer = self._run(text, values)
        except SQLError as error:
            raise ProgrammingError(str(error)) from None
        except ProcoreError as error:
            raise OperationalError(str(error)) from error
        rows = answer.to_arrow()
        self.answer, self.rowcount = answer, rows.num_rows
        self.description = [
            (one.name, kind_of_values(one.type), None, None, None, None, True) for one in rows.schema
        ]
        self._rows = _rows_of(rows)
        return self

    def executemany(self, operation: str, parameters: Sequence[Any]) -> None:
        """Raise NotSupportedError: it is for changes, and nothing is changed here."""
        raise NotSupportedError("A query runs once: give it a list, as in  WHERE id = ANY($ids).")

    def fetchone(self) -> Row | None:
        """Return the next row; None after the last one."""
        return next(self._here(), None)

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """Return the next rows, `arraysize` of them if no number is given."""
        rows = self._here()
        return [row for _, row in zip(range(self.arraysize if size is None else size), rows, strict=False)]

    def fetchall(self) -> list[Row]:
        """Return all rows that are left."""
        return [*self._here()]

    def __iter__(self) -> Iterator[Row]:
        return self._here()

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Do nothing."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Let the rows go."""
        self._closed, self._rows, self.answer = True, None, None

    def _here(self) -> Iterator[Row]:
        self._check()
        if self._rows is None:
            raise InterfaceError("There are no rows yet: execute a query first.")
        return self._rows

    def _check(self) -> None:
        self.connection._check()
        if self._closed:
            raise InterfaceError("This cursor is closed.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _rows_of(rows: pa.Table) -> Iterator[Row]:
    for batch in rows.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def with_names(
    operation: str, parameters: Sequence[Any] | Mapping[str, Any] | None
) -> tuple[str, Mapping[str, Any]]:
    """Return a query whose parameters have names, and their values.

    Parameters
    ----------
    operation : str
        The query.
    parameters : sequence, mapping or None
        As `Cursor.execute`.

    Raises
    ------
    ProgrammingError
        There are more or fewer values than places for them.
    """
    if parameters is None or isinstance(parameters, Mapping):
        return operation, parameters or {}
    if isinstance(parameters, (str, bytes)):
        raise ProgrammingError("The values of parameters are a list or a mapping, not a text.")
    places = _question_marks(operation)
    if len(places) != len(parameters):
        raise ProgrammingError(
            f"The query has {len(places)} parameters (?), and {len(parameters)} values are given."
        )
    source = operation.encode()
    for number, place in reversed([*enumerate(places, 1)]):
        source = source[:place] + f"$parameter_{number}".encode() + source[place + 1 :]
    return source.decode(), {f"parameter_{number}": value for number, value in enumerate(parameters, 1)}


def _question_marks(operation: str) -> list[int]:
    """Return where a query has ``?``, outside of texts and comments, in bytes."""
    source = operation.encode()
    return [
        start
        for start, kind in duckdb.tokenize(operation)
        if kind == duckdb.token_type.operator and source[start : start + 1] == b"?"
    ]


def kind_of_values(found: pa.DataType) -> str:
    """Return the type of a column's values, of those that PEP 249 names."""
    if pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found):
        return NUMBER
    if pa.types.is_temporal(found):
        return DATETIME
    return BINARY if pa.types.is_binary(found) else STRING
