"""Generated queries give the rows of plain SQL over whole tables; planted mistakes are found.

`make test` runs a tenth; all of them run with ``PROCORE_SOAK=1``.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest

from procore_jupyter.sql.fetch import fetching, sending
from procore_jupyter.sql.planning import planner
from procore_jupyter.sql.plans import joins, keys, plan_expressions, plan_findings, walk
from procore_jupyter.sql.plans.steps import Step
from tests.soak import SOAK
from tests.sql import bounding, queries
from tests.sql.company import Filters
from tests.sql.proof import Proof
from tests.sql.queries import Writer

QUERIES = 5_000 if SOAK else 500
OTHERWISE = 1_500 if SOAK else 150
BOUNDED = 2_000 if SOAK else 200
MOST = 400
"""Queries in which a planted mistake has to show."""


@pytest.fixture(scope="module")
def proof() -> Proof:
    return Proof()


def test_answers_are_those_of_sql_over_whole_tables(proof: Proof) -> None:
    assert proof.wrong(range(QUERIES)) == []


@pytest.mark.parametrize("filters", [one for one in get_args(Filters) if one != "as thought"])
def test_answers_stay_right_however_procores_filters_behave(filters: Filters) -> None:
    proof = Proof(2, filters)
    assert proof.wrong(range(100_000, 100_000 + OTHERWISE)) == []


@pytest.mark.parametrize("projects", ["all", "active"])
def test_projects_that_a_query_bounds_are_read_whether_they_are_active_or_not(projects: str) -> None:
    proof = Proof(3, projects=projects)
    shapes = [*bounding.BOUNDING, *([bounding.unmatched] if projects == "all" else ())]
    assert proof.wrong(range(200_000, 200_000 + BOUNDED), shapes) == []


@pytest.mark.parametrize("found", ["id", "max(id)", "arg_min(id, name)"])
def test_rows_that_there_can_be_none_of_bound_the_projects_as_others_do(found: str) -> None:
    none = f"SELECT {found} AS x FROM projects WHERE updated_at > '2026-11-04' AND updated_at < '2026-11-01'"
    query = f"SELECT r.id FROM rfis r SEMI JOIN (SELECT project AS x FROM wanted UNION ALL {none}) k ON r.project_id = k.x"
    assert not Proof(3, projects="active").difference(query)


EMPTIED = """SELECT r.id FROM coordination_issues r JOIN (
    SELECT project_id AS x FROM locations WHERE strlen(repeat('x', project_id::INTEGER)) = 14
    INTERSECT ALL SELECT id FROM projects WHERE lower(name) = 'tower'
) k ON r.project_id * 2 = k.x * 2 WHERE r.project_id = 16"""
"""Locations narrow the projects, of which then none is left that the issues could be of."""


def _one_of_each_group(ranked: Iterable[Step], *others: Any) -> list[Step]:
    first: dict[int, Step] = {}
    for step in ranked:
        first.setdefault(others[-1][step.number], step)
    return [*first.values()]


def test_tables_that_are_read_together_take_no_more_requests_than_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = [
        EMPTIED,
        *(Writer(seed).query(bounding.BOUNDING) for seed in range(400_000, 400_000 + OTHERWISE)),
    ]

    def requests() -> list[int]:
        proof, found = Proof(3), [0]
        for query in asked:
            assert not proof.difference(query)
            found.append(proof.requests)
        return [after - before for before, after in itertools.pairwise(found)]

    together = requests()
    monkeypatch.setattr(fetching, "side_by_side", _one_of_each_group)
    assert all(one <= other for one, other in zip(together, requests(), strict=True))


# Planted mistakes


def _below_limit(patch: pytest.MonkeyPatch) -> None:
    _replace_operator(patch, "LOGICAL_LIMIT", lambda self: self._input)


def _through_windows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        walk._Walk, "_window", lambda self, node: [*self._input(node), *[None] * len(node["expressions"])]
    )


def _left_both_ways(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joins, "LEFT_NARROWED", joins.LEFT_NARROWED | {"LEFT"})


def _anti_both_ways(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joins, "LEFT_NARROWED", joins.LEFT_NARROWED | {"ANTI"})


def _not_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joins, "LEFT_NARROWED", joins.LEFT_NARROWED | {"MARK"})


def _full_joins(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joins, "RIGHT_NARROWED", joins.RIGHT_NARROWED | {"FULL"})


def _one_filter_for_all_scans(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fetching, "sent", lambda spec, scans: sending.sent(spec, scans[:1]))


def _null_is_equal_to_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joins, "is_equality", lambda comparison, one, other: True)


def _through_distinct(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(walk._Walk, "_distinct", lambda self, node: self._input(node))


def _through_a_cte_used_twice(patch: pytest.MonkeyPatch) -> None:
    def materialized(self: Any, node: Any) -> Any:
        definition, query = node["children"]
        self._shared[node["table_index"]] = self.columns(definition)
        return self.columns(query)

    patch.setattr(walk._Walk, "_materialized", materialized)


def _the_usual_view(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending, "view_of", lambda spec, columns: "")


def _active_projects_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending, "EVERY_ROW", {})


def _keys_of_the_first_part_alone(patch: pytest.MonkeyPatch) -> None:
    find = plan_findings.Findings._sources

    def sources(self: Any, *given: Any) -> Any:
        found = find(self, *given)
        return found and found[:1]

    patch.setattr(plan_findings.Findings, "_sources", sources)


def _one_way_of_an_or(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan_expressions, "_one_of", lambda ways: ways[0])


def _rows_without_a_match_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    find = plan_findings.Findings.bound
    patch.setattr(plan_findings.Findings, "bound", lambda self, *given, padded: find(self, *given))


def _an_error_is_no_reason_to_keep_a_row(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keys, "kept", lambda condition: f"TRY({condition})")


def _the_nearest_of_fewer_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(walk, "is_among", lambda column, others: True)


def _written_otherwise(patch: pytest.MonkeyPatch) -> None:
    write = plan_expressions._function

    def function(expression: Any, parts: list[str], clock: bool) -> str:
        return write(expression, parts, clock).replace(" % ", " // ").replace("lower", "upper")

    patch.setattr(plan_expressions, "_function", function)


def _written_otherwise_and_not_confirmed(patch: pytest.MonkeyPatch) -> None:
    _written_otherwise(patch)
    patch.setattr(planner, "confirmed", lambda connection, doubts: doubts)


def _replace_operator(patch: pytest.MonkeyPatch, name: str, by: Callable[[Any], Any]) -> None:
    make = walk._Walk.__init__

    def init(self: Any, *given: Any) -> None:
        make(self, *given)
        self._operators = {**self._operators, name: by(self)}

    patch.setattr(walk._Walk, "__init__", init)


@pytest.mark.parametrize(
    ("plant", "shapes"),
    [
        (_below_limit, [queries.limited]),
        (_through_windows, [queries.window]),
        (_left_both_ways, [queries.joined]),
        (_anti_both_ways, [queries.semi_anti]),
        (_not_in, [queries.in_locations]),
        (_full_joins, [queries.full]),
        (_one_filter_for_all_scans, [queries.united, queries.itself]),
        (_null_is_equal_to_nothing, [queries.exists, queries.not_distinct]),
        (_through_distinct, [queries.distinct_on]),
        (_through_a_cte_used_twice, [queries.twice]),
        (_the_usual_view, [queries.alone]),
        (_active_projects_alone, [queries.joined]),
        (_keys_of_the_first_part_alone, [bounding.joined_to_keys]),
        (_one_way_of_an_or, [bounding.told]),
        (_rows_without_a_match_are_forgotten, [bounding.unmatched]),
        (_an_error_is_no_reason_to_keep_a_row, [bounding.told]),
        (_the_nearest_of_fewer_rows, [bounding.nearest]),
        (_written_otherwise_and_not_confirmed, [bounding.told]),
    ],
)
def test_a_planted_mistake_is_found(
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    shapes: list[queries.Shape],
) -> None:
    proof = Proof()  # one that has planned nothing yet
    plant(monkeypatch)
    assert any(proof.difference(Writer(seed).query(shapes)) for seed in range(MOST))


def test_an_expression_that_is_written_wrongly_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    _written_otherwise(monkeypatch)
    assert Proof().wrong(range(300_000, 300_000 + OTHERWISE), [bounding.told]) == []


def test_ranges_that_are_not_widened_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = Proof(1, "exclusive ends")
    for name in ("WIDER", "DAY"):
        monkeypatch.setattr(sending, name, datetime.timedelta())
    monkeypatch.setattr(sending, "_day", lambda moment: moment)
    assert any(proof.difference(Writer(seed).query([queries.alone])) for seed in range(MOST))
