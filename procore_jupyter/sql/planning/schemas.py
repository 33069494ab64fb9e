"""`Schemas`: the columns of tables, as far as they are known: from the catalog, from rows that came, and from what a query names."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.tables.arrow.types import MONEY, widened

if TYPE_CHECKING:
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec


class Schemas:
    """What is known of the columns of a catalog's tables. It grows with the rows that come.

    Parameters
    ----------
    catalog : Catalog
        The tables.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._came: dict[str, dict[str, pa.DataType]] = {}
        self._named: dict[str, set[str]] = {}
        self._made: dict[str, pa.Schema] = {}
        self._lock = threading.Lock()

    def of(self, spec: TableSpec) -> pa.Schema:
        """Return a table's columns and their types."""
        with self._lock:
            found = self._made.get(spec.name)
            if found is None:
                columns = {one.name: one.type for one in self._catalog.schema(spec)}
                columns |= self._came.get(spec.name, {})
                for name in self._named.get(spec.name, ()):
                    columns.setdefault(name, MONEY)
                found = self._made[spec.name] = pa.schema([*columns.items()])
            return found

    def learn(self, name: str, rows: pa.Table) -> None:
        """Take in the columns of a table's rows: of those that hold something, and those that the catalog doesn't know."""
        known = self._catalog.find(name).columns
        with self._lock:
            came = self._came.setdefault(name, {})
            before = dict(came)
            for column in rows.column_names:
                values = rows.column(column)
                if values.null_count < len(values):
                    came[column] = widened(came.get(column, pa.null()), values.type)
                elif column not in known:
                    came.setdefault(column, values.type)
            if came != before:
                self._made.pop(name, None)

    def name(self, spec: TableSpec, column: str) -> bool:
        """Take it that a table has a column that a query names, as some tables have columns of each company's own.

        Returns
        -------
        bool
            Whether that is new.
        """
        with self._lock:
            named = self._named.setdefault(spec.name, set())
            if column in named:
                return False
            named.add(column)
            self._made.pop(spec.name, None)
            return True

    def take_back(self, names: Iterable[str]) -> None:
        """Forget the columns that were only named."""
        with self._lock:
            for name in names:
                self._named.pop(name, None)
                self._made.pop(name, None)

    def has_come(self, column: str) -> bool:
        """Return whether rows of any table had a column, in any case."""
        with self._lock:
            return any(one.lower() == column.lower() for came in self._came.values() for one in came)
