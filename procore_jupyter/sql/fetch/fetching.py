"""`Fetching`: fetches what a plan needs, the cheapest first, so that it narrows the others."""

from __future__ import annotations

import contextvars
import dataclasses
import functools
import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from procore_jupyter.sql.fetch.conforming import conformed, differs
from procore_jupyter.sql.fetch.domains import Domains, apart, domains_of, leading, side_by_side
from procore_jupyter.sql.fetch.sending import MOST_VALUES, Sending, sent
from procore_jupyter.sql.fetch.source import Enough, RowSource
from procore_jupyter.sql.fetch.whereabouts import Whereabouts, merged
from procore_jupyter.sql.plans.keys import MOST_KEYS
from procore_jupyter.sql.plans.steps import PROJECT, Step, Values, steps_of
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.definitions.spec import PROJECT_NAME
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.place import Place
from procore_jupyter.tables.result import Fetched

if TYPE_CHECKING:
    from procore_jupyter.sql.planning.planner import Planner
    from procore_jupyter.sql.plans.plan import Edge, Plan
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.parameters.selection import Selection

NOT_FOUND = 404
"""The HTTP status of what isn't there, or may not be seen."""

UNKNOWN_COST = 1_000_000
"""The cost, in requests, of what nobody can tell yet: everything else is cheaper."""


class TooManyRequests(Exception):
    """What has been read shows that a plan takes more requests than it may make.

    Parameters
    ----------
    least : int
        The requests that it takes in all, at least.
    """

    def __init__(self, least: int) -> None:
        super().__init__(least)
        self.least = least


class Fetching:
    """Fetches the rows that a plan needs.

    Parameters
    ----------
    source : RowSource
        Reads them.
    catalog : Catalog
        Describes the tables.
    plan : Plan
        The plan.
    planner : Planner
        Made the plan.
    projects : str or tuple
        The projects of a table that nothing bounds: ``"active"``, ``"all"``, or some by ids and names.
    frames : mapping of str to pyarrow.Table, optional
        The caller's frames.
    most : int or None
        The requests that it may make; None for as many as it takes.

    Attributes
    ----------
    steps : list of Step
        What is read; the first ones are the plan's scans.
    incomplete : list of Incomplete
        What is missing of it.
    edges_to : mapping of int to list of Edge
        What narrows each of them, by their numbers.
    outdated : bool
        Columns that conditions and joins look at turned out to be of other types than they were planned with, so the plan
        has to be made anew.
    """

    def __init__(
        self,
        source: RowSource,
        catalog: Catalog,
        plan: Plan,
        *,
        planner: Planner,
        projects: str | tuple[int | str, ...] = "active",
        frames: Mapping[str, pa.Table] | None = None,
        most: int | None = None,
    ) -> None:
        self._most, self._due = most, 0
        self._source, self._catalog, self._plan, self._types = source, catalog, plan, planner.types
        given = {name.lower(): rows for name, rows in (frames or {}).items()}
        self.steps, self.edges = steps_of(plan, catalog, given)
        self.incomplete: list[Incomplete] = []
        self.outdated = False
        self._of_places = {  # the columns whose values say where rows are
            (edge.source, edge.source_column)
            for edge in leading(self.edges, lambda edge: self._says_where(edge.target, edge.target_column))
        }
        self._keys, self._lock = planner.keys, threading.Lock()
        self._whereabouts = Whereabouts(source, self._keys, projects)
        self._lost: dict[str, set[object]] = {}  # places by table that gave no rows, and aren't asked again
        self._errors: dict[str, ProcoreAPIError] = {}  # refusals by table
        self._sendings: dict[str, Sending] = {}
        self._selections: dict[str, Selection] = {}
        self._kept: dict[
            tuple[str, int], tuple[Sequence[Place], Mapping[Place, float]]
        ] = {}  # by table and places
        self._narrowing = Counter(edge.source for edge in self.edges)
        self.edges_to: dict[int, list[Edge]] = {}
        self._joined: dict[int, set[str]] = {}  # the columns that edges lead from and to, by step
        for edge in self.edges:
            self.edges_to.setdefault(edge.target, []).append(edge)
            for number, name in (
                (edge.source, edge.source_column),
                (edge.target, edge.target_column),
            ):
                generated = self.steps[number].scan.generated
                self._joined.setdefault(number, set()).add(generated.get(name, name))
        self._fetched: dict[int, Fetched] = {}

    @property
    def requests(self) -> int:
        """Requests that it took."""
        return sum(step.requests for step in self.steps) + self._source.requests

    def fetch(self, enough: Enough | None = None) -> Mapping[str, Fetched]:
        """Return the rows of each table of the plan: those that its scans need, and perhaps more.

        Parameters
        ----------
        enough : callable or None
            Tells whether some rows are enough for the answer, of a plan with a limit.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            Procore gave no row of a table.
        ParameterError
            A table needs a parameter that the query doesn't bound.
        TooManyRequests
            It would make more requests than it may. What it has read is kept.
        """
        if self._plan.limit is not None and enough is not None:
            (step,) = (one for one in self.steps if not one.ours)
            domains = domains_of(self.steps, self.edges, self.keys)
            if not step.parents and self.cost(step, domains):
                return self._page_by_page(step, domains, enough)
        groups = apart(self.steps, self.edges)
        while waiting := [step for step in self.steps if step.waits]:
            domains = domains_of(self.steps, self.edges, self.keys)
            self._side_by_side(self._next(waiting, domains, groups), domains)
        for step in self.steps:
            if step.ours and step.number not in self._fetched and step.scan.table in self._errors:
                raise self._errors[step.scan.table]
        return {name: self._table(name) for name in self._named}

    @functools.cached_property
    def _named(self) -> Sequence[str]:
        """The tables that the query names: those it reads, and those that it turned out not to."""
        return [*dict.fromkeys([*(one.table for one in self._plan.scans if one.fetched), *self._plan.named])]

    # What comes first

    def _is_ready(self, step: Step) -> bool:
        return not any(self.steps[one].waits for some in step.parents.values() for one in some)

    def _next(
        self, waiting: Sequence[Step], domains: Domains, groups: Sequence[int]
    ) -> Sequence[Sequence[Step]]:
        """Return the steps to fetch next, of which none narrows another: the first of each group, those of a table together."""
        ranked = sorted(filter(self._is_ready, waiting), key=lambda one: self._rank(one, domains))
        tables: dict[str, list[Step]] = {}
        for step in side_by_side(ranked, self.steps, self.edges, groups):
            tables.setdefault(step.scan.table, []).append(step)
        return [*tables.values()][: max(1, self._source.abreast)]

    def _rank(self, step: Step, domains: Domains) -> tuple[int, ...]:
        """Return what is less the sooner a step is to be fetched."""
        # What others' rows will bound isn't read of the projects that are read where nothing bounds them.
        to_bound = not self._whereabouts.is_bounded(step, domains) and any(
            step.scan.generated.get(edge.target_column, edge.target_column) in PROJECT
            for edge in self.edges_to.get(step.number, ())
        )
        # Of kept tables the company's come first: else rows of projects that aren't meant are taken, with what they lack.
        of_projects = step.spec is not None and step.spec.scope == "project"
        return (
            to_bound,
            self.cost(step, domains),
            of_projects,
            -len(step.conditions),
            -self._narrowing[step.number],
            step.number,
        )

    def cost(self, step: Step, domains: Domains) -> int:
        """Return how many requests a step takes about, as far as that can be told without one."""
        if not self._is_ready(step):
            return UNKNOWN_COST
        if self._is_empty(step, domains):
            return 0
        assert step.spec is not None
        places = self._whereabouts.known(step, domains, self.steps)
        if places is None:
            return UNKNOWN_COST // 2
        return len(places) - len(self.kept_at(step.spec, places))

    def kept_at(self, spec: TableSpec, places: Sequence[Place]) -> Mapping[Place, float]:
        """Return those of some places whose rows of a table are at hand, with their age in seconds."""
        key = spec.name, id(places)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = places, self._source.kept_at(self.selection(spec), places)
        return found[1]

    @staticmethod
    def _is_empty(step: Step, domains: Domains) -> bool:
        return not all(domains[step.number].values())

    # Fetching a step

    def _side_by_side(self, tables: Sequence[Sequence[Step]], domains: Domains) -> None:
        """Fetch the steps of several tables, of which none narrows another."""
        abreast = max(1, self._source.abreast // len(tables))
        if len(tables) == 1:
            self._fetch(tables[0], domains, abreast)
            return
        with ThreadPoolExecutor(len(tables), thread_name_prefix="procore-sql") as threads:
            jobs = [
                threads.submit(contextvars.copy_context().run, self._fetch, steps, domains, abreast)
                for steps in tables
            ]
        for job in jobs:
            job.result()

    def _fetch(self, steps: Sequence[Step], domains: Domains, abreast: int) -> None:
        """Fetch steps of one table together."""
        spec = steps[0].spec
        assert spec is not None
        with self._lock:
            places = merged([self._places(step, domains) for step in steps])
        found = None
        if places:
            selection = self._narrowed(steps[0], domains)
            self._expect(len(places) - len(self.kept_at(spec, places)))
            found = self._rows_at(spec, selection, places, abreast)
            steps[0].requests = (
                len(places) if found is None else found.requests
            )  # each was asked, and refused
        for step in steps:
            step.keys = {}
            if found is not None and step.places:
                self._fetched[step.number] = found
                step.rows = found.rows
                self._compare(step, found.rows)
            else:
                step.rows = self._without_rows(spec)
            self._remember_domains(step, domains)

    def _places(self, step: Step, domains: Domains) -> Sequence[Place]:
        """Take down where a step's rows are, and return it; places that gave no rows are left out."""
        assert step.spec is not None
        found = [] if self._is_empty(step, domains) else self._whereabouts.of(step, domains, self.steps)
        lost = self._lost.get(step.spec.name)
        step.places = [one for one in found if one.key not in lost] if lost else found
        return step.places

    def _expect(self, more: int) -> None:
        """Count requests that are about to be made. Raises TooManyRequests instead of letting too many be made."""
        with self._lock:
            self._due += more
            if self._most is not None and self._due > self._most:
                raise TooManyRequests(self._due)

    def _rows_at(
        self, spec: TableSpec, selection: Selection, places: Sequence[Place], abreast: int | None = None
    ) -> Fetched | None:
        """Return rows of some places; None if all of them were refused."""
        try:
            found = self._source.rows_at(selection, places, abreast=abreast, names=self._wants_names(spec))
        except (PermissionDenied, NotFound) as error:
            with self._lock:
                self._kept.clear()
                refused = [
                    one for one in places if self._is_lack(error.status, one.project and one.project[0])
                ]
                self._lost.setdefault(spec.name, set()).update(one.key for one in places)
                if refused:
                    self._errors.setdefault(spec.name, error)
                self.incomplete += [
                    Incomplete.at(one, spec.name, str(error), error.status) for one in refused
                ]
            return None
        with self._lock:
            if found.requests:
                self._kept.clear()
            missing = [one for one in found.incomplete if self._is_lack(one.status, one.project_id)]
            known = {*self.incomplete}
            self.incomplete += [one for one in missing if one not in known]
            if found.incomplete:
                kept = {one.key for one in self._source.kept_at(selection, places)}
                self._lost.setdefault(spec.name, set()).update({one.key for one in places} - kept)
        return dataclasses.replace(found, incomplete=tuple(missing))

    def _is_lack(self, status: int | None, project: int | None) -> bool:
        """Return whether rows are missing, and not of a project that doesn't exist."""
        return status != NOT_FOUND or self._whereabouts.exists(project)

    def _remember_domains(self, step: Step, domains: Domains) -> None:
        self._whereabouts.narrowed[step.number] = {
            column: values
            for column, values in domains[step.number].items()
            if column.partition(".")[0] in step.scan.columns
        }

    def keys(self, step: Step, column: str) -> Values | None:
        """Return the values of a column in the rows of a step that the query may need; None if they can't be told, or are too many to narrow anything."""
        if column not in step.keys:
            domains = self._whereabouts.narrowed.get(step.number)
            most = None if (step.number, column) in self._of_places else MOST_KEYS
            generated = {*step.scan.generated} & {column}
            found = self._keys.at_most(
                most, step.read, [column], step.conditions, domains, generated=generated
            )
            step.keys[column] = (
                None
                if found is None
                else frozenset(math.nan if value != value else value for (value,) in found)
            )
        return step.keys[column]

    def _says_where(self, number: int, column: str) -> bool:
        step = self.steps[number]
        return step.spec is not None and step.scan.generated.get(column, column) in (
            *step.spec.place_columns,
            *PROJECT,
        )

    # What is asked for

    def sending(self, spec: TableSpec) -> Sending:
        """Return what is asked of a table: the same for all its scans, so that each row comes once."""
        if spec.name not in self._sendings:
            self._sendings[spec.name] = sent(spec, [one.scan for one in self.steps if one.spec is spec])
        return self._sendings[spec.name]

    def selection(self, spec: TableSpec) -> Selection:
        """Return the selection that asks for it."""
        if spec.name not in self._selections:
            self._selections[spec.name] = self.sending(spec).selection(spec, self._source.today)
        return self._selections[spec.name]

    def _narrowed(self, step: Step, domains: Domains) -> Selection:
        """Return the selection of a step, with the ids that other steps' rows have, where that can save pages."""
        spec = step.spec
        assert spec is not None
        alone = sum(1 for one in self.steps if one.spec is spec) == 1
        if spec.scope != "project" and spec.paged and not spec.whole and alone and spec.name != "projects":
            sending = self.sending(spec)
            for name, one in spec.filters.items():
                values = domains[step.number].get(one.column)
                if (
                    one.sound
                    and one.several
                    and values
                    and name not in sending.given
                    and len(values) <= MOST_VALUES
                ):
                    more = dataclasses.replace(sending, given={**sending.given, name: sorted(values)})
                    self._selections[spec.name] = more.selection(spec, self._source.today)
                    self._kept.clear()
                    break
        return self.selection(spec)

    def _wants_names(self, spec: TableSpec) -> bool:
        return any(PROJECT_NAME in one.scan.columns for one in self.steps if one.spec is spec)

    # A table's rows

    def _table(self, name: str) -> Fetched:
        """Return the rows of all scans of a table, each row once."""
        spec = self._catalog.find(name)
        steps = [one for one in self.steps if one.spec is spec]
        several = [self._fetched[one.number] for one in steps if one.number in self._fetched]
        fetched = [*{id(one): one for one in several}.values()]
        lost = self._lost.get(name, set())
        if len(fetched) > 1:
            places = merged([one.places for one in fetched])
            left = [place for place in places if place.key not in lost]
            whole = next((one for one in fetched if len(one.places) == len(places)), None)
            found = whole or self._rows_at(spec, self.selection(spec), left)
        else:
            found = fetched[0] if fetched else None
        if found is None:
            if name in self._errors:
                raise self._errors[name]
            found = Fetched(self._without_rows(spec))
        return dataclasses.replace(found, rows=conformed(found.rows, self._types(name)))

    def _without_rows(self, spec: TableSpec) -> pa.Table:
        named = spec.name in self._named
        schema = pa.schema([*self._types(spec.name).items()]) if named else self._catalog.schema(spec)
        return without_rows(schema)

    def _compare(self, step: Step, rows: pa.Table) -> None:
        """Note whether columns that decide what is needed are of other types than they were planned with."""
        if step.ours:
            return
        columns = {one.column for one in step.scan.conditions} | self._joined.get(step.number, set())
        deciding = {one.partition(".")[0] for one in columns}
        types = self._types(step.scan.table)
        self.outdated |= any(differs(rows, name, types[name]) for name in deciding if name in types)

    # A limit

    def _page_by_page(self, step: Step, domains: Domains, enough: Enough) -> Mapping[str, Fetched]:
        """Return as many rows of the only table as the answer needs, asking for one page after the other."""
        spec, name = step.spec, step.scan.table
        assert spec is not None
        places = self._places(step, domains)
        found = Fetched(self._without_rows(spec))
        for found in self._source.pages(self.selection(spec), places, names=self._wants_names(spec)):
            step.requests = found.requests
            found = dataclasses.replace(found, rows=conformed(found.rows, self._types(name)))
            if enough({name: found}):
                break
        step.rows = found.rows
        self.incomplete += found.incomplete
        others = {one: Fetched(self._without_rows(self._catalog.find(one))) for one in self._named}
        return {**others, name: found}
