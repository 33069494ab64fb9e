"""One query against the small company: fetched as its plan says, and answered from all rows; both have to be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from procore_jupyter.session.api_errors import PermissionDenied
from procore_jupyter.sql.fetch.fetching import Fetching
from procore_jupyter.sql.planning.planner import Planner
from procore_jupyter.tables.arrow.types import array_of
from procore_jupyter.tables.definitions.catalog import built_in
from tests.sql.company import PROJECTS, REFUSED, Filters, InMemory, schemas, tables
from tests.sql.queries import Shape, Writer

WANTED = pa.Table.from_arrays([array_of([11, 14, None, 17], pa.int64())], ["project"])
PARAMETERS: Mapping[str, Any] = {"ids": [11, 13, 16], "one": 14}


class Proof:
    """Compares answers.

    Parameters
    ----------
    seed : int
        The rows of the company.
    filters : str
        How filters behave.
    projects : str
        The projects of a table that nothing bounds.
    """

    def __init__(self, seed: int = 1, filters: Filters = "as thought", projects: str = "all") -> None:
        self._tables, self._filters, self._projects = tables(seed), filters, projects
        known = schemas()
        self._planner = Planner(built_in(), lambda spec: known[spec.name])
        self._whole = duckdb.connect()
        self._whole.execute(
            "SET TimeZone = 'UTC'; SET threads = 1; SET scalar_subquery_error_on_multiple_rows = false"
        )
        for name, rows in self._tables.items():
            self._whole.register(f"all {name}", rows)
            refused = ", ".join(str(project) for table, project in REFUSED if table == name)
            parent = {"rfi_replies": "rfis", "budget_detail_rows": "budget_views"}.get(name, name)
            refused = (
                ", ".join(str(project) for table, project in REFUSED if table in (name, parent)) or refused
            )
            where = f" WHERE project_id NOT IN ({refused})" if refused else ""
            self._whole.execute(f'CREATE TABLE {name} AS FROM "all {name}"{where}')
        self._whole.register("wanted", WANTED)
        self._procore = duckdb.connect()
        self._procore.execute("SET TimeZone = 'UTC'; SET threads = 1")
        for name, rows in self._tables.items():
            self._procore.register(name, rows)
        self._run = duckdb.connect()
        self._run.execute(
            "SET TimeZone = 'UTC'; SET threads = 1; SET scalar_subquery_error_on_multiple_rows = false"
        )
        self._run.register("wanted", WANTED)
        self.requests = 0

    def wrong(self, seeds: Iterable[int], shapes: Sequence[Shape] = ()) -> list[str]:
        """Return the queries whose answers differ."""
        found = []
        for seed in seeds:
            query = Writer(seed).query(shapes)
            said = self.difference(query)
            if said:
                found.append(f"{seed}: {query}\n    {said}")
        return found

    def difference(self, query: str) -> str:
        """Return how the answers to a query differ; empty if they don't."""
        parameters = {name: value for name, value in PARAMETERS.items() if f"${name}" in query}
        expected = self._answer(self._whole, query, parameters)
        plan = self._planner.plan(query, parameters, {"wanted": WANTED.schema})
        source = InMemory(self._procore, self._tables, self._filters)
        fetching = Fetching(
            source,
            built_in(),
            plan,
            planner=self._planner,
            projects=self._projects,
            frames={"wanted": WANTED},
        )
        try:
            found = fetching.fetch()
        except PermissionDenied:
            return self._refusal(source)
        self.requests += len(source.asked)
        twice = [one for one, times in Counter(source.asked).items() if times > 1]
        if twice:
            return f"asked twice: {twice}"
        for name, fetched in found.items():
            self._run.register(name, fetched.rows)
        try:
            got = self._answer(self._run, query, parameters)
        finally:
            for name in found:
                self._run.unregister(name)
        if got != expected:
            return f"expected {expected}\n    got {got}\n    asked {source.asked}"
        return ""

    @staticmethod
    def _refusal(source: InMemory) -> str:
        """Return what is wrong with a refusal: it may be raised if all places of a table are refused."""
        asked: dict[str, set[bool]] = {}
        for one in source.asked:
            table, project = one.split()[:2]
            if project.isdecimal() and int(project) in PROJECTS:
                asked.setdefault(table, set()).add((table, int(project)) in REFUSED)
        return "" if {True} in asked.values() else f"refused, and others weren't: {source.asked}"

    @staticmethod
    def _answer(
        connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]
    ) -> list[str]:
        try:
            return sorted(map(repr, connection.execute(query, dict(parameters) or None).fetchall()))
        except duckdb.Error as error:
            return [type(error).__name__]
