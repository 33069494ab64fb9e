"""With a demo as odd as the real thing each table gives the same rows, or says what is missing and why, at little cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter import Procore, ProcoreAPIError, profiles
from procore_jupyter.demo.app import DemoProcore, RecordedRequest
from procore_jupyter.demo.endpoints import ENDPOINTS, endpoint_at
from procore_jupyter.demo.oddities import ODDITIES, named
from procore_jupyter.demo.oddity import NONE, Oddities
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.reader import Reader
from procore_jupyter.tables.table import Table
from tests.connecting import signed_in
from tests.demo.listing import BUILDERS, HARBOR_TOWER, parents
from tests.hostile.counting import tried
from tests.soak import some_of

CATALOG = Catalog(profiles.load("Procore")[0])
NOON = datetime(2026, 12, 3, 20, tzinfo=UTC)
"""Noon where the company is, some days after the last of the demo's records."""

SPRING = date(2026, 4, 1)
"""The first of the days that are asked for: without it, 91 days at a time would take a hundred requests."""

PARENTS = 3
"""Rows of another list below which rows are asked for."""

SLOW = {"rolling-minute"}
"""Switches that change when requests are let in, and not what is answered: tests of the pace have a clock of their own."""

REASONS = (
    "You do not have permission",
    "GET /rest/v1.0/tasks not found",
    "date range cannot exceed 91 days",
)
"""What is said of a table that can't be had: it may not be seen, is gone, or is no sum of its parts."""

PERMITTED = {403}
"""Statuses of an answer that isn't a wrong guess, but somebody's missing permission."""


@dataclass
class Came:
    """What came of a table: its rows and what was said of them, or the error; and the requests that it took."""

    rows: pa.Table | None
    said: str
    requests: list[RecordedRequest]

    @property
    def refused(self) -> Counter[tuple[str, str]]:
        """How often each list was refused for each reason; its numbers don't count."""
        return Counter(
            (list_of(one), re.sub(r"\d+", "N", str(one.refusal)))
            for one in self.requests
            if one.refusal is not None and one.status not in PERMITTED
        )


def list_of(one: RecordedRequest) -> str:
    found, _ = endpoint_at(one.path)
    return one.path if found is None else found.path


class World:
    """A demo that can be made odd, and people's kernels."""

    def __init__(self, demo: DemoProcore, homes: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> None:
        self.demo = demo
        self._homes, self._patch = homes, patch
        self._plain: dict[tuple[object, ...], Came] = {}
        self._exact = self.kernels(1)[0]

    def kernels(self, count: int) -> list[Procore]:
        """Return new sessions of one user, who has a home folder of their own."""
        self._patch.setenv("HOME", str(self._homes.mktemp("home")))
        return [signed_in(self.demo, CompanyId=str(BUILDERS)) for _ in range(count)]

    def plain(self, name: str, **more: Any) -> Came:
        """Return what comes of a table if nothing is odd."""
        key = (name, *more.items())
        if key not in self._plain:
            self._plain[key] = self.came(self._exact, name, NONE, **more)
        return self._plain[key]

    def came(self, procore: Procore, name: str, odd: Oddities, **more: Any) -> Came:
        """Return what comes of a table in a kernel."""
        self.demo.parameters = parameters(odd)
        before = len(self.demo.requests)
        rows, said = None, ""
        try:
            table: Table = procore.table(name, **self.given(CATALOG.tables[name]), **more).fetch()
        except ProcoreAPIError as error:
            said = str(error)
        else:
            rows, said = table.to_arrow(), "\n".join([*table.notes, *map(str, table.incomplete)])
        asked = [one for one in self.demo.requests[before:] if one.path.startswith("/rest/")]
        return Came(rows, said, asked)

    def given(self, spec: TableSpec) -> dict[str, Any]:
        """Return what a table is asked for with: a project, and some rows of another list."""
        endpoint = next(one for one in ENDPOINTS if one.path == spec.path)
        found: dict[str, Any] = {"project_id": HARBOR_TOWER} if spec.scope == "project" else {}
        if spec.dates:
            found["start_date"] = SPRING
        if endpoint.parent is not None:
            site = self.demo._records_in_force().site(HARBOR_TOWER)
            assert site is not None
            some = parents(endpoint, site)[:PARENTS]
            found[endpoint.parent.name] = [site.id(place.table, place.index) for place in some]
        return found


def parameters(odd: Oddities) -> DemoParameters:
    return DemoParameters(
        odd=odd, scale=0.1, hourly_limit=None, spike_limit=None, token_lifetime=float(10**9)
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "today", NOON.date())
        with DemoProcore(parameters=parameters(NONE), clock=NOON.timestamp) as demo:
            yield World(demo, tmp_path_factory, patch)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [*map(without_nulls, value)] if isinstance(value, list) else value


def check(name: str, exact: Came, odd: Came) -> None:
    """Check that the same rows came, or that it is said what is missing."""
    assert exact.rows is not None
    if odd.rows is None:
        assert any(reason in odd.said for reason in REASONS), odd.said
        return
    assert len(odd.rows) == len(exact.rows), odd.said
    before, found = exact.rows, odd.rows
    if CATALOG.tables[name].dates and CATALOG.tables[name].key:  # parts of the days may come in another order
        before, found = (one.sort_by(CATALOG.tables[name].key) for one in (before, found))
    for column in before.column_names:
        there = column in found.column_names
        # Where rows are picked out of all, a record may have a field of the others.
        if not there or without_nulls(found[column].to_pylist()) != without_nulls(before[column].to_pylist()):
            assert re.search(rf"\b{column}\b", odd.said), (column, odd.said)


def check_cost(first: Came, again: Came) -> None:
    """Check that each wrong guess cost one request, once, and none in another kernel."""
    # Of what nothing helps against, one request more finds out that it isn't the size of the page.
    assert {*first.refused.values()} <= ({1} if first.rows is not None else {1, 2}), first.refused
    assert not again.refused or again.rows is None, again.refused
    before, after = (Counter(map(list_of, one.requests)) for one in (first, again))
    wrong = Counter(path for path, _ in first.refused)
    for path, count in before.items():
        # One more, if what was wrong was no refusal: a list without pages that has some, or an address without a row.
        assert count - after[path] <= max(1, wrong[path] + (path not in after)), path


EVERYTHING = Oddities(tuple(one for one in named("all").switched_on if one.name not in SLOW))


@pytest.fixture(scope="module")
def kernels(world: World) -> list[Procore]:
    return world.kernels(2)


@pytest.mark.parametrize("name", some_of(CATALOG.tables, 30, "odd"))
def test_with_all_that_is_odd_each_table_has_the_same_rows_or_says_what_is_missing(
    name: str, world: World, kernels: list[Procore]
) -> None:
    first, again = (world.came(one, name, EVERYTHING) for one in kernels)
    check(name, world.plain(name), first)
    check(name, world.plain(name), again)
    check_cost(first, again)


TOUCHED = {
    "paged-anyway": ["budget_changes", "plan_revision_logs"],
    "whole-anyway": ["specification_sections"],
    "end-date": ["weather_logs", "company_timecard_entries"],
    "short-ranges": ["daily_log_headers", "timecard_entries"],
    "list-filters": ["folders"],
    "version-gone": ["documents", "action_plan_items", "correspondence_types"],
    "nothing-flat": ["payment_applications"],
    "no-labels": ["custom_field_definitions", "observations"],
    "view-columns": ["budget_detail_rows"],
    "percent-sign": ["requisitions", "payment_applications"],
    "long-quantities": ["prime_contract_line_items", "quantity_logs"],
}
"""Tables that a switch is about."""


def tables_for(switch: str) -> list[str]:
    """Return the tables that a switch is tried at: all, or those that it is about and some others."""
    return [*dict.fromkeys([*TOUCHED.get(switch, []), *some_of(CATALOG.tables, 2, switch)])]


@pytest.mark.parametrize(
    "switch",
    [one.name for one in ODDITIES if one.name not in SLOW and not one.shuts_out],
)
def test_with_one_switch_a_wrong_guess_costs_one_request_once(switch: str, world: World) -> None:
    first, second = world.kernels(2)
    for name in tables_for(switch):
        tried(f"tables with {switch}")
        odd = [world.came(one, name, named(switch)) for one in (first, second)]
        for one in odd:
            check(name, world.plain(name), one)
        check_cost(*odd)


# Conditions


def conditions() -> list[tuple[str, str]]:
    """Return the tables that surely heed a condition of one column's value, each with the condition."""
    return [
        (name, condition)
        for name, spec in CATALOG.tables.items()
        for condition, told in spec.filters.items()
        if told.sound and not told.range and spec.columns.get(told.column) == told.kind
    ]


@pytest.mark.parametrize(("name", "condition"), some_of(conditions(), 12, 11))
def test_conditions_that_are_refused_keep_the_rows_that_they_are_to_keep(
    name: str, condition: str, world: World, kernels: list[Procore]
) -> None:
    rows = world.plain(name).rows
    assert rows is not None
    found = rows[CATALOG.tables[name].filters[condition].column].drop_null()
    if not len(found):
        pytest.skip(f"the demo's {name} have no {condition}")
    value = {condition: found[len(found) // 2].as_py()}
    exact = world.plain(name, **value)
    assert exact.rows is not None and 0 < len(exact.rows) <= len(rows)
    first, again = (world.came(one, name, EVERYTHING, **value) for one in kernels)
    for one in (first, again):
        check(name, exact, one)
    check_cost(first, again)
