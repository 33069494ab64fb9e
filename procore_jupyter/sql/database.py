"""`Database`: DuckDB without a way out: no file, no network, nothing of the notebook but what it is given."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import weakref
from collections.abc import Sequence

import duckdb

from procore_jupyter.files.forks import in_each_child

MEMORY = "50%"
"""The memory that a query may take, of the machine's; beyond it, it goes on in a file of a private folder."""

SPILLED = "16GiB"
"""What such files may hold together."""

_WITHOUT = {"enable_external_access": "false", "python_enable_replacements": "false"}
_SETTINGS = (
    "GLOBAL http_proxy = ''",  # else it is the environment's, with its password, and any query can read it
    "GLOBAL TimeZone = 'UTC'",  # a day of the text is a day in UTC, whatever this machine's clock says
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
)


_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


_left_open: list[object] = []
"""Connections that nobody may close: a parent's in a forked process, as it would wait for threads that aren't there, and those of work
that can't be ended."""


def leave_open(*connections: object) -> None:
    """Keep connections, so that nothing closes them."""
    _left_open.extend(connections)


class Database:
    """DuckDB in memory, locked down. It is opened by the first cursor.

    A statement could still make tables of its own in it, so what is run is looked at before (`statement`) and runs in a
    transaction that only reads.

    Parameters
    ----------
    settings : sequence of str
        Further settings (``name = value``). One that this version of DuckDB doesn't know is left out.

    Attributes
    ----------
    memory : int
        Bytes that a query may take; 0 as long as the database isn't open.
    """

    def __init__(self, settings: Sequence[str] = ()) -> None:
        self._settings, self.memory = settings, 0
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        in_each_child(self.begin_anew)

    def begin_anew(self) -> None:
        """Begin without a connection: in a process that was forked, which has none of its threads, or where work can't be ended."""
        leave_open(self._connection)
        self._connection, self._lock = None, threading.Lock()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the database, with its own tables and transaction."""
        with self._lock:
            if self._connection is None:
                self._connection = self._opened()
            return self._connection.cursor()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        spilled = tempfile.mkdtemp(prefix="procore-jupyter-sql-")  # for this user alone
        # Bound to this object and not to its connection: the folder goes when both have gone, or at the process's end.
        weakref.finalize(self, shutil.rmtree, spilled, True)
        where = {"temp_directory": spilled, "max_temp_directory_size": SPILLED}
        connection = duckdb.connect(":memory:", config={**_WITHOUT, **where})
        for setting in (*_SETTINGS, f"memory_limit = '{MEMORY}'"):
            connection.execute(f"SET {setting}")
        for setting in self._settings:
            with contextlib.suppress(duckdb.CatalogException, duckdb.ParserException):
                connection.execute(f"SET {setting}")
        connection.execute("SET lock_configuration = true")
        ((found,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
        number, unit = found.split()
        self.memory = int(float(number) * 1024 ** _UNITS.index(unit))
        return connection
