"""`Queries`: what a session answers beside its tables: any list of the API, and SQL."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procore_jupyter.sql.answers.answer import Answer
    from procore_jupyter.sql.dbapi import Connection
    from procore_jupyter.sql.engine import Engine
    from procore_jupyter.tables.cache import Cache
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.table import Table

    Projects = str | int | Iterable[str | int] | None


class Queries:
    """Any list of the API as a table, and SQL over the tables of a session."""

    if TYPE_CHECKING:
        _cache: Cache

        @property
        def tables(self) -> Library:
            """The tables there are."""

    else:  # a type checker is to know the names that there are, and no other

        def __getattr__(self, name: str) -> Any:
            """Say how a table is asked for, if that is what somebody looks for here."""
            hint = ""
            if not name.startswith("_"):
                from procore_jupyter.tables.definitions.catalog import built_in

                if name in built_in().tables:
                    hint = f". Its table is  procore.table({name!r})".replace("'", '"')
            raise AttributeError(f"A session has no attribute {name!r}{hint}")

    def get_all(
        self,
        path: str,
        /,
        params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        *,
        strict: bool = False,
        **more: Any,
    ) -> Table:
        """Return any list of Procore's API as a table, all its pages. Nothing is fetched until it is looked at.

        Parameters
        ----------
        path : str
            The list's path: ``/rest/v1.0/projects/4711/rfis``.
        params : mapping or iterable of pairs, or None
            Parameters to send, as they are: ``{"filters[status]": "open"}``.
        strict : bool
            Raise an error if rows are missing.
        **more
            Further parameters to send.

        Raises
        ------
        ParameterError
            `path` is not the path of a list, or a parameter has a value that can't be sent.
        """
        return self.tables.at(path, {**more, "params": params}, strict=strict)

    def sql(
        self,
        query: str,
        /,
        parameters: Mapping[str, Any] | None = None,
        *,
        frames: Mapping[str, Any] | None = None,
        projects: Projects = None,
        go: bool = False,
    ) -> Answer:
        """Return the answer to a query in SQL over Procore's tables. It asks Procore for no more than the query needs.

        The SQL is DuckDB's. A table holds the rows of all projects that you may see. Where the query bounds the projects,
        by a condition or a join, exactly those are read; else the chosen project, else the active ones.

        Parameters
        ----------
        query : str
            One SELECT; with ``EXPLAIN`` before it, no request is made, and the answer tells which would be. ``SHOW TABLES``
            lists the tables, ``DESCRIBE rfis`` the columns of one.
        parameters : mapping or None
            The values of ``$name`` in the query: numbers, texts, dates, lists of these, a data frame's column.
        frames : mapping or None
            Data frames and Arrow tables that the query reads beside Procore's tables, by name.
        projects : str, int, iterable or None
            Which projects are read where the query bounds none: ``"active"``, ``"all"``, names or ids.
        go : bool
            Make the requests of a query that needs more than 200.

        Returns
        -------
        Table
            The rows, as of any table; ``.requests`` tells what each table cost, ``.incomplete`` what is missing.

        Raises
        ------
        SQLError
            The query is wrong, or needs more than 200 requests. None of those is made.
        ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
            As `Table.fetch`.

        Examples
        --------
        The open RFIs of one project, and who holds them.

        >>> procore.sql('''
        ...     SELECT r.number, r.subject, r.ball_in_court.name
        ...     FROM rfis r JOIN projects p ON r.project_id = p.id
        ...     WHERE p.name = 'Harbor Tower' AND r.status = 'open'
        ... ''')

        What it costs, before it runs.

        >>> procore.sql("EXPLAIN SELECT * FROM submittals WHERE updated_at > $since", {"since": "2026-11-01"})
        """
        from procore_jupyter.sql.query.query_call import QueryCall

        return self._engine.answer(QueryCall(query, parameters or {}, frames or {}, projects, go))

    def dbapi(self, *, projects: Projects = None, go: bool = False) -> Connection:
        """Return a connection of Python's database API (PEP 249) to these tables, for programs that take one. It only reads.

        Parameters
        ----------
        projects, go : str, int, iterable or None, bool
            As `sql`, for each query.

        Examples
        --------
        >>> pandas.read_sql("SELECT * FROM rfis WHERE project_id = ?", procore.dbapi(), params=[4711])
        """
        from procore_jupyter.sql.dbapi import Connection
        from procore_jupyter.sql.query.query_call import QueryCall

        def run(query: str, parameters: Mapping[str, Any]) -> Answer:
            return self._engine.answer(QueryCall(query, parameters, {}, projects, go))

        return Connection(run)

    def forget(self) -> None:
        """Forget the rows that were fetched: tables that you look at next are fetched again."""
        self._cache.forget()
        if "_engine" in self.__dict__:
            self._engine.put_together.forget()

    @functools.cached_property
    def _engine(self) -> Engine:
        from procore_jupyter.sql.engine import Engine  # on first use: connecting doesn't pay for DuckDB

        return Engine(self.tables.reader)
