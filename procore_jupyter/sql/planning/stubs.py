"""`Stubs`: the tables that a query names, typed and without rows, in a connection that only plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.sql.plans.literals import quoted
from procore_jupyter.tables.arrow.types import without_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec

_WORD = re.compile(r"\w+")

OPEN_KINDS = frozenset(["any", "record", "list", "custom_fields"])
"""The kinds of columns of which only rows tell what is in them."""


class Stubs:
    """Typed tables without rows, each made when a query names it first, and anew when its columns turn out to be others.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where they are made.
    catalog : Catalog
        What tables there are.
    schema : callable
        Returns a table's columns and their types, as far as they are known.
    """

    def __init__(
        self, connection: DuckDBPyConnection, catalog: Catalog, schema: Callable[[TableSpec], pa.Schema]
    ) -> None:
        self._connection, self._catalog, self._schema = connection, catalog, schema
        self._made: dict[str, tuple[pa.Schema, Mapping[str, pa.DataType]]] = {}

    def named(self, text: str, *, long_tail: bool = False) -> list[TableSpec]:
        """Return the tables whose names occur in a text, also as those of columns.

        Parameters
        ----------
        text : str
            The query.
        long_tail : bool
            Whether to look among the tables of the long tail too, which takes a moment the first time.
        """
        words = dict.fromkeys(_WORD.findall(text.lower()))
        found = [self._catalog.tables[word] for word in words if word in self._catalog.tables]
        if long_tail:
            found += [self._catalog.probable[word] for word in words if word in self._catalog.probable]
        return found

    def among(self, text: str) -> tuple[str, ...]:
        """Return the names of the stubs that occur in a text."""
        return tuple(word for word in dict.fromkeys(_WORD.findall(text.lower())) if word in self._made)

    def make(self, spec: TableSpec) -> None:
        """Make a table's stub, unless it is there with these columns."""
        schema = self._schema(spec)
        if spec.name in self._made and schema == self._made[spec.name][0]:
            return
        create(self._connection, spec.name, schema)
        self._made[spec.name] = schema, {field.name: field.type for field in schema}

    def types(self, name: str) -> Mapping[str, pa.DataType]:
        """Return the types of a stub's columns, by name."""
        return self._made[name][1]


def create(connection: DuckDBPyConnection, name: str, schema: pa.Schema, *, temporary: bool = False) -> None:
    """Create a table without rows.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where.
    name : str
        Its name.
    schema : pyarrow.Schema
        Its columns and their types.
    temporary : bool
        Whether this connection alone has it.
    """
    rows = without_rows(schema) if len(schema) else without_rows(pa.schema([("id", pa.int64())]))
    connection.register("stub rows", rows)
    try:
        kind = "TEMPORARY TABLE" if temporary else "TABLE"
        connection.execute(f'CREATE OR REPLACE {kind} {quoted(name)} AS FROM "stub rows"')
    finally:
        connection.unregister("stub rows")


def is_open(spec: TableSpec, text: str) -> bool:
    """Tell whether only rows tell the columns of a table that a query names, or what is in one of them."""
    if not spec.columns:
        return True
    words = {*_WORD.findall(text.lower())}
    return any(
        kind.strip("[]") in OPEN_KINDS and name.lower() in words for name, kind in spec.columns.items()
    )
