"""Plans of known queries are those that were written down, and planning is safe whatever a plan holds."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from procore_jupyter.sql.planning.planner import RESHAPING, Planner, locked_down
from procore_jupyter.sql.plans import walk
from procore_jupyter.sql.plans.literals import Unknown
from procore_jupyter.sql.plans.walk import plan_of
from procore_jupyter.tables.definitions.catalog import built_in
from tests.sql import pinned


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner(built_in(), built_in().schema)


def test_plans_are_those_that_were_written_down() -> None:
    # Another version's plan may differ: look whether it is right, and write it down (`tests/sql/pinned.py`).
    assert pinned.plans() == pinned.expected()


def test_an_operator_that_is_not_known_narrows_nothing(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Tower' LIMIT 9"
    assert planner.plan(query).edges
    make = walk._Walk.__init__

    def init(self: Any, *given: Any) -> None:
        make(self, *given)
        self._operators = {
            one: known for one, known in self._operators.items() if one != "LOGICAL_COMPARISON_JOIN"
        }

    monkeypatch.setattr(walk._Walk, "__init__", init)
    assert planner.plan(query).edges == ()


def test_a_reading_that_the_walk_does_not_come_to_makes_the_plan_unknown() -> None:
    root = {"type": "LOGICAL_DUMMY_SCAN", "hidden": {"type": "LOGICAL_GET"}}
    text = json.dumps({"error": False, "plans": [root]}, separators=(",", ":"))
    with pytest.raises(Unknown):
        plan_of(text, (), clock=False)


@pytest.mark.parametrize(
    "spoil",
    [dict.clear, lambda one: one.update(filter_type="NEVER_HEARD_OF"), lambda one: one.update(constant=None)],
)
def test_a_filter_that_is_not_known_is_left_out(
    spoil: Callable[[dict[str, Any]], None], planner: Planner
) -> None:
    query = "SELECT id FROM rfis WHERE project_id = 4711"
    planner.plan(query)
    text = planner._connection.execute(
        "SELECT json_serialize_plan($q, optimize := true)", {"q": query}
    ).fetchall()[0][0]
    found = json.loads(text)
    (get,) = [one for one in _nodes(found) if one.get("type") == "LOGICAL_GET"]
    spoil(get["table_filters"]["filters"][0]["value"])
    (scan,) = plan_of(json.dumps(found, separators=(",", ":")), (), clock=False).scans
    assert scan.conditions == ()


def _nodes(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = [node] if isinstance(node, dict) else []
    return [*own, *(one for part in inner for one in _nodes(part))]


def test_parameters_and_frames_plan_as_values_and_tables_do(planner: Planner) -> None:
    plain = planner.plan(
        "SELECT id FROM rfis WHERE project_id = 4711 AND updated_at > TIMESTAMPTZ '2026-11-01 00:00:00+00'"
    )
    values = {"p": 4711, "t": datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC), "unused": None}
    asked = "SELECT id FROM rfis WHERE project_id = $p AND updated_at > $t -- $p\n"
    assert planner.plan(asked, values).scans == plain.scans
    subquery = "SELECT id FROM rfis WHERE project_id = (SELECT id FROM projects WHERE name = $name)"
    assert [edge.target_column for edge in planner.plan(subquery, {"name": "Tower"}).edges] == ["project_id"]
    several = planner.plan("SELECT id FROM rfis WHERE project_id IN $ids", {"ids": [7, 9]}).scans[0]
    assert [one.values for one in several.conditions] == [(7, 9)]
    frames = {"wanted": pa.schema([("project", pa.int64())]), "Rfis": pa.schema([("x", pa.int64())])}
    one, other = planner.plan("SELECT r.id FROM rfis r JOIN wanted ON project = project_id", {}, frames).scans
    assert (one.table, one.frame, other.table, other.frame) == ("rfis", False, "wanted", True)


def test_the_current_time_makes_conditions_a_day_weaker(planner: Planner) -> None:
    (scan,) = planner.plan("SELECT id FROM rfis WHERE updated_at < now() AND due_date = current_date").scans
    now = datetime.datetime.now(datetime.UTC)
    before, today = scan.conditions
    assert before.operator == "<=" and before.values[0] > now + datetime.timedelta(hours=23)
    assert today.operator == "" and "BETWEEN" in today.sql
    (scan,) = planner.plan(
        "SELECT id FROM rfis WHERE updated_at < TIMESTAMPTZ '2026-11-01 00:00:00+00'"
    ).scans
    assert scan.conditions[0].operator == "<"
    joined = "SELECT r.id FROM rfis r JOIN (SELECT {0} AS d UNION SELECT {0} + 1) t ON r.due_date = t.d"
    assert not planner.plan(joined.format("current_date")).edges
    assert planner.plan(joined.format("DATE '2026-11-01'")).edges


@pytest.mark.parametrize(
    ("query", "kind", "line"),
    [
        ("SELECT\n  nothing FROM rfis", duckdb.BinderException, "LINE 2:   nothing FROM rfis"),
        ("SELECT id\nFROM rfiss", duckdb.CatalogException, "LINE 2: FROM rfiss"),
        ("SELECT id frm rfis WHERE", duckdb.ParserException, "LINE 1: SELECT id frm rfis WHERE"),
        ("SELECT id FROM rfis\nWHERE project_id = $one AND nothing = $one", duckdb.BinderException, "LINE 2: WHERE project_id = $one AND nothing = $one"),
    ],
)  # fmt: skip
def test_an_error_shows_its_place_in_the_persons_text(
    planner: Planner, query: str, kind: type[duckdb.Error], line: str
) -> None:
    with pytest.raises(kind) as error:
        planner.plan(query, {"one": 1} if "$one" in query else {})
    assert line in str(error.value)


def test_days_are_days_in_utc_in_every_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    cursor = locked_down().cursor()
    assert cursor.execute("SELECT DATE '2026-11-01'::TIMESTAMPTZ::VARCHAR").fetchall() == [
        ("2026-11-01 00:00:00+00",)
    ]


def test_the_steps_that_are_left_out_are_known_to_this_duckdb() -> None:
    known = {name for (name,) in duckdb.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    assert "statistics_propagation" in known & {*RESHAPING}
