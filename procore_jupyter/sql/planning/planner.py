"""`Planner`: from a query's text to its plan. It knows tables and their columns, has no rows, and asks nobody."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from procore_jupyter.files.forks import in_each_child
from procore_jupyter.sql.database import leave_open
from procore_jupyter.sql.planning import constants
from procore_jupyter.sql.planning.pivot import turned
from procore_jupyter.sql.planning.stubs import Stubs, create, is_open
from procore_jupyter.sql.plans.confirming import confirmed
from procore_jupyter.sql.plans.keys import Keys
from procore_jupyter.sql.plans.plan import Plan, Scan
from procore_jupyter.sql.plans.plan_expressions import CLOCK, UNKNOWN
from procore_jupyter.sql.plans.walk import plan_of

if TYPE_CHECKING:
    from procore_jupyter.sql.plans.plan_findings import Doubt
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec

RESHAPING = (
    # Stubs are empty: by their statistics each reading would become an empty result, and no condition would be left.
    "statistics_propagation",
    # What costs most of the time of planning, and orders what needs no order here.
    "join_order",
    "build_side_probe_side",
    # What puts other operators in place of those that the walk knows.
    "column_lifetime",
    "common_subplan",
    "compressed_materialization",
    "join_filter_pushdown",
    "late_materialization",
    "row_group_pruner",
    "self_join_aggregate",
    "top_n",
    "top_n_window_elimination",
    "window_self_join",
)
"""Steps of DuckDB's optimizer that are left out. One that a version doesn't have is passed over."""

FAILED = '{"error":true'
"""How the answer begins where no plan could be made."""

_NO_NUMBER = re.compile(r'"value":(-?inf(?:inity)?|-?nan)', re.IGNORECASE)
"""A number of a plan that JSON doesn't have: written as a text, it is a constant that nothing is concluded from."""

_LINE = re.compile(r"^LINE (\d+):", re.M)

Look = Callable[["TableSpec"], None]
"""Has some rows of a table fetched, so that its columns are known."""


MOST_EXPRESSIONS = 1_000
"""Expressions of which it is known whether their SQL means the same, at most."""

MEMORY = "1GB"
"""The memory that planning may take: a plan has no rows, but a constant may be a list of a billion."""


def locked_down() -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty database in memory: without files, network, extensions and the caller's variables."""
    connection = duckdb.connect(
        config={
            "enable_external_access": "false",
            "python_enable_replacements": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "temp_directory": "",
            "threads": 1,
            "memory_limit": MEMORY,
        }
    )
    connection.execute("SET GLOBAL http_proxy = ''")  # the environment's may have a password
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # for its cursors too
    return connection


class Planner:
    """Plans queries over the tables of a catalog.

    Parameters
    ----------
    catalog : Catalog
        What tables there are.
    stub_schema : callable
        Returns a table's columns and their types: those of rows that were fetched, else those that the catalog knows.
    """

    def __init__(self, catalog: Catalog, stub_schema: Callable[[TableSpec], pa.Schema]) -> None:
        self._catalog, self._schema = catalog, stub_schema
        self._lock = threading.Lock()
        self._at_work: duckdb.DuckDBPyConnection | None = None
        self._known_expressions: dict[Doubt, bool] = {}
        in_each_child(self.begin_anew)

    def begin_anew(self) -> None:
        """Begin without a connection: in a process that was forked, or where work can't be ended."""
        leave_open(*(self.__dict__.pop(name, None) for name in ("_connection", "_stubs", "keys")))
        self._lock = threading.Lock()

    def interrupt(self) -> None:
        """End the planning that is under way: a constant may take long to be worked out."""
        at_work = self._at_work
        if at_work is not None:
            at_work.interrupt()

    @functools.cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = locked_down()
        known = {name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
        left_out = ",".join(name for name in RESHAPING if name in known)
        connection.execute(f"SET disabled_optimizers = '{left_out}'")
        # With the check, a key that a subquery gives is hidden in a condition that raises the error.
        connection.execute("SET GLOBAL scalar_subquery_error_on_multiple_rows = false")
        connection.execute("SET lock_configuration = true")
        return connection

    @functools.cached_property
    def _stubs(self) -> Stubs:
        return Stubs(self._connection, self._catalog, self._schema)

    def plan(
        self,
        text: str,
        parameters: Mapping[str, Any] | None = None,
        frames: Mapping[str, pa.Schema] | None = None,
        *,
        look: Look | None = None,
    ) -> Plan:
        """Return what a query reads.

        Parameters
        ----------
        text : str
            The query: one SELECT.
        parameters : mapping or None
            The values of its parameters, by their names without the dollar sign.
        frames : mapping or None
            The columns of the frames that it names. A table of Procore's comes before a frame of the same name.
        look : callable or None
            Has some rows of a table fetched where the query names something of it that only rows tell. None leaves such a
            query in error.

        Raises
        ------
        duckdb.Error
            The query is wrong. The message shows the place in the text.
        ImpossibleConstant
            A constant in it has no value.
        """
        parameters, frames = parameters or {}, frames or {}
        with self._lock:
            for spec in self._stubs.named(text):
                self._stubs.make(spec)
            try:
                return self._planned(text, parameters, frames)
            except duckdb.CatalogException:
                if not self._add_long_tail(text):
                    raise
            except duckdb.BinderException:
                pass
            try:
                return self._planned(text, parameters, frames)
            except duckdb.BinderException:
                if look is None:
                    raise
        open_ones = [spec for spec in self._stubs.named(text, long_tail=True) if is_open(spec, text)]
        for spec in open_ones:
            look(spec)
        with self._lock:
            for spec in open_ones:
                self._stubs.make(spec)
            return self._planned(text, parameters, frames)

    def _add_long_tail(self, text: str) -> bool:
        """Make the stubs of the tables of the long tail that a text may name. Return whether there is one."""
        named = [spec for spec in self._stubs.named(text, long_tail=True) if spec.probable]
        for spec in named:
            self._stubs.make(spec)
        return bool(named)

    @functools.cached_property
    def keys(self) -> Keys:
        """What looks for values in rows."""
        return Keys(self._connection.cursor())

    def types(self, table: str) -> Mapping[str, pa.DataType]:
        """Return the types that a table's columns were planned with, by name."""
        return self._stubs.types(table)

    def _planned(self, text: str, parameters: Mapping[str, Any], frames: Mapping[str, pa.Schema]) -> Plan:
        ours = {name.lower(): name for name in frames if name.lower() not in self._catalog.tables}
        connection = self._connection.cursor() if ours or parameters else self._connection
        self._at_work = connection
        try:
            for name in ours.values():
                create(connection, name, frames[name], temporary=True)
            for name, value in parameters.items():
                connection.execute(f'SET VARIABLE "{name}" = $value', {"value": value})
            asked = _with_variables(text, parameters)
            answer = connection.execute(
                "SELECT json_serialize_plan($text, optimize := true)", {"text": asked}
            ).fetchall()
            found = _NO_NUMBER.sub(r'"value":"\1"', answer[0][0])
            if not found.startswith(FAILED):
                constants.check(found, asked, connection)
                try:
                    plan = plan_of(
                        found,
                        ours,
                        clock=CLOCK.search(text) is not None,
                        placed=lambda table: self._catalog.find(table).place_columns,
                        confirm=lambda doubts: self._confirmed(connection, doubts),
                    )
                    return dataclasses.replace(plan, named=self._stubs.among(text))
                except UNKNOWN:
                    return self._whole(text, ours)
            if json.loads(found).get("error_type") != "not implemented":
                _explain(connection, text, parameters)
            rows, others = turned(text)
            if rows and not others & {*self._catalog.tables, *self._catalog.probable, *ours}:
                try:
                    plan = self._planned(rows, parameters, frames)
                    return dataclasses.replace(plan, limit=None, named=self._stubs.among(text))
                except duckdb.Error:
                    _explain(connection, text, parameters)
            return self._whole(text, ours)
        finally:
            self._at_work = None
            if connection is not self._connection:
                connection.close()

    def _confirmed(self, connection: duckdb.DuckDBPyConnection, doubts: Sequence[Doubt]) -> set[Doubt]:
        """Return those expressions whose SQL means the same. It is asked once."""
        kept = self._known_expressions
        if len(kept) > MOST_EXPRESSIONS:
            kept.clear()
        new = [one for one in doubts if one not in kept]
        found = {*confirmed(connection, new)}
        kept |= {one: one in found for one in new}
        return {one for one in doubts if kept[one]}

    def _whole(self, text: str, frames: Mapping[str, str]) -> Plan:
        """Return the plan that reads each table whole which the query may name."""
        specs = self._stubs.named(text, long_tail=True)
        try:
            names = {name.lower() for name in self._connection.get_table_names(text)}
        except duckdb.Error:
            names = {spec.name for spec in specs}
        tables = [
            (spec.name, frozenset(self._stubs.types(spec.name))) for spec in specs if spec.name in names
        ]
        scans = [Scan(number, name, columns) for number, (name, columns) in enumerate(tables)]
        scans += [
            Scan(len(scans) + n, name, frozenset(), frame=True) for n, name in enumerate(frames.values())
        ]
        return Plan(tuple(scans), named=self._stubs.among(text), whole=True)


def _with_variables(text: str, parameters: Mapping[str, Any]) -> str:
    """Return a query with a variable in place of each parameter: a plan is made of a text alone, without values."""
    if not parameters:
        return text
    parts, end = [], 0
    tokens = duckdb.tokenize(text)
    source = text.encode()
    for (start, kind), (next_start, _) in itertools.pairwise(tokens):
        if (
            kind == duckdb.token_type.operator
            and source[start : start + 1] == b"$"
            and next_start == start + 1
        ):
            name = re.match(rb"\w+", source[next_start:])
            if name is not None and name[0].decode() in parameters:
                parts += [source[end:start], f"getvariable('{name[0].decode()}')".encode()]
                end = next_start + len(name[0])
    return b"".join([*parts, source[end:]]).decode()


def _explain(connection: duckdb.DuckDBPyConnection, text: str, parameters: Mapping[str, Any]) -> None:
    """Have DuckDB explain a query that can't be planned. Raises its error, with the place in the person's own text."""
    try:
        connection.execute(f"EXPLAIN\n{text}", parameters or None).fetchall()
    except duckdb.Error as error:
        message = _LINE.sub(lambda found: f"LINE {int(found[1]) - 1}:", str(error))
        raise type(error)(message) from None
