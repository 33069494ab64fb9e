"""`Engine`: answers queries over a session's tables: plans, has fetched what is needed, runs the person's own text on it."""

from __future__ import annotations

import contextlib
import functools
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from procore_jupyter.errors import ParameterError, SQLError, TableNotFound
from procore_jupyter.sql.answers import shown
from procore_jupyter.sql.answers.answer import Answer, Explained
from procore_jupyter.sql.answers.explaining import Asking, Explanation
from procore_jupyter.sql.answers.repeats import repeated
from procore_jupyter.sql.database import Database, leave_open
from procore_jupyter.sql.execution import executed
from procore_jupyter.sql.fetch.estimate import LIST_OF_PROJECTS, about, estimated, remarks, spent
from procore_jupyter.sql.fetch.fetching import Fetching, TooManyRequests
from procore_jupyter.sql.fetch.session_source import PutTogether, SessionSource
from procore_jupyter.sql.fetch.unknown_values import unknown_values
from procore_jupyter.sql.planning.constants import ImpossibleConstant
from procore_jupyter.sql.planning.planner import Planner
from procore_jupyter.sql.planning.schemas import Schemas
from procore_jupyter.sql.query import given
from procore_jupyter.sql.query.mistakes import Known, in_our_words, mistake, unknown_column
from procore_jupyter.sql.query.query_call import QueryCall, wanted_projects
from procore_jupyter.sql.query.statement import Statement, read
from procore_jupyter.sql.worker import in_thread
from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS
from procore_jupyter.tables.fallbacks.fallback_notes import ANOTHER_DAY
from procore_jupyter.tables.parameters.selection import selection_of
from procore_jupyter.tables.place import ALL, ALL_ACTIVE
from procore_jupyter.tables.result import Fetched
from procore_jupyter.wording import counted, is_near_miss

if TYPE_CHECKING:
    from procore_jupyter.sql.plans.plan import Plan
    from procore_jupyter.sql.query.given import Frame
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.reader import Reader

MANY = 200
"""Requests above which a query says so and waits for a word."""

MOST_PLANS = 3
"""How often a query is planned, where the columns of the rows that come are of other types than it was planned with."""

ROWS_TO_LOOK_AT = 100
"""Rows that are fetched of a table where only these tell what a query names."""

_WORD = re.compile(r"\w+")
_DATABASE = re.compile(r'(?<![\w."])"?memory"?\s*\.\s*(?:"?main"?\s*\.\s*)?"?(\w+)"?', re.IGNORECASE)

Result = TypeVar("Result")

_Tried = tuple["Plan | duckdb.BinderException", "list[TableSpec]"]
"""A query's plan, or why there is none; and tables of which some rows may tell what it names."""


class Engine:
    """Answers queries over a session's tables. Several threads may ask at once.

    Parameters
    ----------
    reader : Reader
        Reads the tables' rows, and keeps them.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader, self.catalog = reader, reader.catalog
        self.schemas, self.put_together = Schemas(self.catalog), PutTogether(reader.clock)
        self.planner = Planner(self.catalog, self.schemas.of)
        self.database = Database()

    def answer(self, asked: QueryCall) -> Answer:
        """Return the answer to a query.

        Raises
        ------
        SQLError
            The query is wrong, or would make more than `MANY` requests. None of those is made.
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As a table's `fetch`.
        """
        query = _Query(self, asked)
        try:
            return query.answer()
        finally:
            query.close()

    def begin_anew(self) -> None:
        """Open DuckDB anew for the next query."""
        self.database.begin_anew()
        self.planner.begin_anew()

    def anew(self, asked: QueryCall, tables: Iterable[str]) -> Answer:
        """Return the answer to a query, with the rows of its tables fetched anew."""
        for name in tables:
            self.reader.forget_table(name)
        return self.answer(asked)


class _Query:
    """One query on its way from text to answer."""

    def __init__(self, engine: Engine, asked: QueryCall) -> None:
        self._engine, self._asked = engine, asked
        self._catalog, self._planner, self._schemas = engine.catalog, engine.planner, engine.schemas
        self._left = False  # to itself, as it didn't end
        self._notes: list[str] = []
        self._looks: list[Asking] = []
        self._named: dict[str, list[str]] = {}
        """Columns that only the query names, with the tables that may have them."""

    @functools.cached_property
    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """What answers the query; its first use, in DuckDB's thread, may open DuckDB."""
        return self._engine.database.cursor()

    def close(self) -> None:
        """Close DuckDB's connection, with the rows that it has, unless its work goes on."""
        cursor = self.__dict__.get("_cursor")
        if cursor is not None and not self._left:
            cursor.close()

    def answer(self) -> Answer:
        """Return the answer."""
        try:
            return self._answer()
        finally:
            self._schemas.take_back(table for tables in self._named.values() for table in tables)

    def _answer(self) -> Answer:
        statement, frames, values, tried = self._in_thread(self._read)
        if statement.kind == "tables":
            rows, note = shown.tables(self._catalog, frames)
            return self._made(Fetched(rows, notes=(note,) if note else ()), drawn=rows.num_rows)
        if statement.kind == "columns":
            rows, note = self._columns(statement, frames)
            return self._made(Fetched(rows, notes=(note,) if note else ()), drawn=rows.num_rows)
        fetching = self._fetching(statement, values, frames, tried)
        estimate = self._estimate(fetching, statement)
        if statement.explained:
            return self._made(Fetched(estimate.to_arrow()), estimate, kind=Explained)
        if estimate.least > MANY and not self._asked.go:
            raise SQLError(_many(estimate.least))
        return self._fetched(statement, values, frames, fetching)

    def _fetching(
        self,
        statement: Statement,
        values: Mapping[str, Any],
        frames: Mapping[str, Frame],
        tried: _Tried | None = None,
    ) -> Fetching:
        """Return a fetching of what the query needs, which has asked for nothing yet."""
        plan = self._plan(statement, values, frames, tried)
        return Fetching(
            SessionSource(self._engine.reader, self._engine.put_together, _labelled(plan)),
            self._catalog,
            plan,
            planner=self._planner,
            projects=wanted_projects(self._asked.projects),
            frames={name: frame.rows() for name, frame in frames.items()},
            most=None if self._asked.go else MANY,
        )

    def _plan(
        self,
        statement: Statement,
        values: Mapping[str, Any],
        frames: Mapping[str, Frame],
        tried: _Tried | None,
    ) -> Plan:
        """Return the query's plan. Where only rows tell what it names, some are fetched first, unless it is only explained."""
        while True:
            found, unknown = tried or self._in_thread(lambda: self._try(statement, values, frames))
            tried = None
            if not isinstance(found, duckdb.BinderException):
                return found
            if not self._take_as_named(found):
                looked = {one.table for one in self._looks}
                unknown = [] if statement.explained else [one for one in unknown if one.name not in looked]
                if not unknown:
                    raise in_our_words(found, self._asked.text, self._known())
                for spec in unknown:
                    self._look(spec)

    def _take_as_named(self, error: duckdb.BinderException) -> bool:
        """Take a column that isn't known for one of a table whose columns each company chooses. Return whether there is such a table."""
        name = unknown_column(error)
        specs = [spec for spec in self._mentioned() if spec.others]
        known = [column for spec in specs for column in self._schemas.of(spec).names]
        if not name or not specs or is_near_miss(name, known):
            return False
        self._named[name] = [spec.name for spec in specs]
        new = [self._schemas.name(spec, name) for spec in specs]
        return any(new)

    def _look(self, spec: TableSpec) -> None:
        """Fetch some rows of a table: of the chosen project, or of the first one."""
        given: dict[str, Any] = dict.fromkeys(spec.parents, ALL)
        if spec.scope == "project":
            source = SessionSource(self._engine.reader, self._engine.put_together)
            project = source.chosen_project() or source.projects(ALL_ACTIVE)[0]
            given["project_id"] = project[0]
            if source.requests:
                self._looks.append(Asking(LIST_OF_PROJECTS, "", made=source.requests))
        reader = self._engine.reader
        found = reader.first(selection_of(spec, given, today=reader.today), ROWS_TO_LOOK_AT)
        self._schemas.learn(spec.name, found.rows)
        words = ("some rows, as the query names what only these tell",)
        self._looks.append(Asking(spec.name, f"GET {spec.path}", words, made=found.requests))

    def _estimate(self, fetching: Fetching, statement: Statement) -> Explanation:
        try:
            return estimated(fetching, statement.text)
        except ParameterError as error:  # a table needs a condition that isn't there
            name = str(error).partition(" ")[0]
            found = re.search(rf"\b{re.escape(name)}\b", statement.text, re.IGNORECASE)
            raise mistake(str(error), statement.text, found.start() if found else 0) from None

    def _fetched(
        self,
        statement: Statement,
        values: Mapping[str, Any],
        frames: Mapping[str, Frame],
        fetching: Fetching,
    ) -> Answer:
        given_rows = {name: frame.rows() for name, frame in frames.items()}

        largest = self._engine.database.memory // 2  # as much again is taken while an answer is made

        def run(found: Mapping[str, Fetched], most: int | None) -> tuple[pa.Table, bool]:
            rows = {name: one.rows for name, one in found.items()}
            tables = given_rows | rows
            return self._in_thread(
                lambda: executed(self._cursor, statement.text, values, tables, most, largest)
            )

        def enough(found: Mapping[str, Fetched]) -> bool:
            limit = fetching._plan.limit
            return limit is not None and run(found, limit)[0].num_rows >= limit

        costs: list[Asking] = [*self._looks]
        for _ in range(MOST_PLANS):
            try:
                with _interrupts_as_such():
                    found = fetching.fetch(enough)
            except TooManyRequests as error:
                raise SQLError(_many(error.least)) from None
            costs += spent(fetching, found)
            for number, one in fetching._fetched.items():
                self._schemas.learn(fetching.steps[number].scan.table, one.rows)
            if not fetching.outdated:
                break
            fetching = self._fetching(statement, values, frames)
        self._check_named(sum(one.made or 0 for one in costs))
        rows, cut = run(found, self._engine.reader.max_rows)
        words, others = about(fetching) if fetching._whereabouts.unbounded else ("", "")
        told = Fetched(
            rows,
            places=tuple(dict.fromkeys(place for one in found.values() for place in one.places)),
            incomplete=tuple(fetching.incomplete),
            notes=tuple(
                dict.fromkeys(
                    [
                        *unknown_values(fetching),
                        *repeated(fetching.steps),
                        *filter(None, [others]),
                        *remarks(fetching),
                        *self._notes,
                        *_notes(found),
                    ]
                )
            ),
            requests=sum(one.made or 0 for one in costs),
            when=min([one.when for one in found.values()], default=time.time()),
            cut=cut,
        )
        return self._made(told, Explanation(tuple(costs), words), found, about=words)

    def _check_named(self, made: int) -> None:
        """Raise an error if a column that only the query names is in no row, which took so many requests to see."""
        for name, (table, *_) in self._named.items():
            if not self._schemas.has_come(name):
                self._schemas.take_back(self._named[name])
                error = duckdb.BinderException(f'Referenced column "{name}" not found in the rows of {table}')
                raise in_our_words(error, self._asked.text, self._known(), _own_columns(table, made))

    def _check_databases(self, statement: Statement) -> None:
        """Raise an error if a table is named with DuckDB's own database before it, where it is while a query is planned."""
        named = [*_DATABASE.finditer(statement.text)]
        if not named:
            return
        names = {at for at, kind in duckdb.tokenize(statement.text) if kind == duckdb.token_type.identifier}
        for found in named:
            if found.start() in names and found[1].lower() in self._catalog.tables:
                raise mistake(self._known().table(found[1]), statement.text, found.start(), found.end())

    def _made(
        self,
        fetched: Fetched,
        requests: Explanation | None = None,
        found: Mapping[str, Fetched] | None = None,
        *,
        about: str = "",
        kind: type[Answer] = Answer,
        drawn: int | None = None,
    ) -> Answer:
        again = functools.partial(self._engine.anew, self._asked, tuple(found or ()))
        requests = requests or Explanation(())
        return kind(
            self._engine.reader,
            fetched,
            dict(found or {}),
            requests,
            about,
            again,
            self._asked.text,
            limit=drawn,
        )

    # Before anything is fetched

    def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Do DuckDB's work in a thread; have its errors in our words."""
        try:
            return in_thread(work, self._stop, self._leave)
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except ImpossibleConstant as error:
            raise error.in_words(self._asked.text, self._known()) from None
        except RecursionError:  # of the plan, which is read in Python
            raise SQLError(
                "The query has too many parts one within another: hundreds of conditions, or of queries that read each other. "
                "A list takes the place of conditions:  WHERE id NOT IN (…)."
            ) from None
        except duckdb.Error as error:
            raise in_our_words(error, self._asked.text, self._known()) from None

    def _leave(self) -> None:
        """Leave DuckDB's work to itself, and have the next query begin with connections of its own."""
        self._left = True
        leave_open(self._cursor)
        self._engine.begin_anew()

    def _stop(self) -> None:
        self._cursor.interrupt()
        if not self._left:  # else it may plan another query by now
            self._planner.interrupt()

    def _read(self) -> tuple[Statement, dict[str, Frame], dict[str, Any], _Tried | None]:
        """Return the statement that the text is, its frames, its parameters' values, and its plan at the first try."""
        statement = read(self._asked.text, self._cursor)
        self._check_databases(statement)
        frames = self._frames(statement)
        if statement.kind != "rows":
            return statement, frames, {}, None
        values = given.parameters(statement, self._asked.values)
        return statement, frames, values, self._try(statement, values, frames)

    def _try(self, statement: Statement, values: Mapping[str, Any], frames: Mapping[str, Frame]) -> _Tried:
        """Return a query's plan, or why there is none; and the tables of which some rows may tell what it names."""
        unknown: list[TableSpec] = []
        schemas = {name: frame.schema for name, frame in frames.items()}
        try:
            return self._planner.plan(statement.text, values, schemas, look=unknown.append), unknown
        except duckdb.BinderException as error:
            return error, unknown

    def _frames(self, statement: Statement) -> dict[str, Frame]:
        """Return the frames that the query names. A table of Procore's comes before one of the same name."""
        names: Iterable[str] = ()
        if self._asked.frames and statement.kind != "tables":
            names = given.named(statement.text, self._cursor)
        ours = [name for name in names if name.lower() in self._catalog.tables and name in self._asked.frames]
        found = given.frames([name for name in names if name not in ours], self._asked.frames)
        for name in given.frames(ours, self._asked.frames):
            self._notes.append(
                f"{name} is Procore's table here, not the variable `{name}`: give that another name to query it."
            )
        return found

    def _columns(self, statement: Statement, frames: Mapping[str, Frame]) -> tuple[pa.Table, str]:
        name = statement.table
        spec = self._catalog.tables.get(name.lower()) or self._catalog.probable.get(name.lower())
        if spec is not None:
            return shown.columns(self._engine.schemas.of(spec), spec)
        if name in frames:
            return shown.columns(frames[name].schema)
        written = name.replace('"', '""')  # in double quotes, if it has any
        at = statement.text.rindex(written)
        raise mistake(self._known().table(name), statement.text, at, at + len(written))

    def _mentioned(self) -> list[TableSpec]:
        """Return the tables whose names stand in the text, wherever that is."""
        words = dict.fromkeys(_WORD.findall(self._asked.text.lower()))
        return [spec for word in words if (spec := self._catalog.tables.get(word))]

    def _known(self) -> Known:
        def table(name: str) -> str:
            try:
                spec = self._catalog.find(name.lower())
            except TableNotFound as error:
                return str(error)
            return f"Procore's tables are in no schema: write {spec.name}."

        def columns() -> Iterable[str]:
            return [name for spec in self._mentioned() for name in self._schemas.of(spec).names]

        def fields(name: str) -> Sequence[str]:
            schemas = [
                schema for spec in self._mentioned() if name in (schema := self._schemas.of(spec)).names
            ]
            types = [schema.field(name).type for schema in schemas]
            return [one.name for kind in types[:1] if pa.types.is_struct(kind) for one in kind]

        return Known(table, columns, functools.partial(given.kind_in_words, given=self._asked.frames), fields)


@contextlib.contextmanager
def _interrupts_as_such() -> Iterator[None]:
    """Have an interrupt that DuckDB heard in this thread be one: it makes an error of another kind of it."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if type(error) is RuntimeError and str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


def _labelled(plan: Plan) -> set[str]:
    """Return the tables whose custom fields a query reads."""
    return {
        scan.table
        for scan in plan.scans
        if any(column.partition(".")[0] == CUSTOM_FIELDS for column in scan.columns)
    }


def _notes(found: Mapping[str, Fetched]) -> Iterator[str]:
    """Give what is remarked of the tables' rows, with the tables' names."""
    for name, one in found.items():
        for note in one.notes:
            if note.endswith("here already."):  # `.requests` tells what was
                continue
            note = note.replace(ANOTHER_DAY, "A condition on the day sets another.")
            yield note if name in note else f"{name}: {note}"


def _own_columns(table: str, made: int) -> str:
    cost = f", so it took {counted(made, 'request')} to tell" if made else ""
    return f" Each company has columns of its own in {table}{cost}."


def _many(least: int) -> str:
    return (
        f"This query makes at least {counted(least, 'request')}, and says so first beyond {MANY}. "
        "EXPLAIN tells which, and how to make it cheaper. To make them:  %%procore_sql --go  or  procore.sql(…, go=True)"
    )
