"""Plans written down: what is read of which table, and what narrows what, for queries whose plan is known to be right.

``python -m tests.sql.pinned`` writes down those of the DuckDB that is installed. Look at what changed before you keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from procore_jupyter.sql.planning.planner import Planner
from procore_jupyter.sql.plans.plan import Plan
from procore_jupyter.tables.definitions.catalog import built_in

FOLDER = Path(__file__).parent / "plans"

QUERIES = (
    # Conditions
    "SELECT id FROM rfis WHERE status = 'open' AND project_id = 4711",
    "SELECT id FROM rfis WHERE status IN ('open', 'draft') AND project_id IN (1, 9)",
    "SELECT id FROM rfis WHERE project_id IN (4720, 4721) OR project_id = 4799",
    "SELECT id FROM rfis WHERE project_id BETWEEN 3 AND 7 AND NOT private",
    "SELECT id FROM rfis WHERE updated_at > TIMESTAMPTZ '2026-11-01 10:00:00.5+00' AND updated_at >= TIMESTAMPTZ '2026-10-01 00:00:00+00'",
    "SELECT id FROM rfis WHERE date_trunc('month', updated_at) = TIMESTAMPTZ '2026-11-01 00:00:00+00'",
    "SELECT id FROM rfis WHERE updated_at::date = DATE '2026-11-01' AND due_date = DATE '2026-11-01'",
    "SELECT id FROM rfis WHERE assignee.id = 5 AND id = '17' AND coalesce(status, 'open') = 'open'",
    "SELECT id FROM rfis WHERE status <> 'open' AND subject ILIKE '%door%' AND due_date IS NULL",
    "SELECT count(*) FILTER (WHERE status = 'open') FROM rfis GROUP BY project_id HAVING project_id = 4",
    "SELECT id FROM projects WHERE active AND lower(name) = 'tower' AND (name ILIKE '%tower%' OR id = 4)",
    # Joins
    "SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Tower'",
    "SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id AND p.id = 4711",
    "SELECT p.id FROM projects p LEFT JOIN rfis r ON r.project_id = p.id AND r.status = 'open' AND p.active",
    "SELECT p.id FROM projects p LEFT JOIN rfis r ON r.project_id = p.id AND r.status = 'open' WHERE r.id IS NULL",
    "SELECT r.id FROM rfis r LEFT JOIN projects p ON r.project_id = p.id AND p.name = 'Tower'",
    "SELECT r.id FROM rfis r FULL JOIN projects p ON r.project_id = p.id",
    "SELECT p.id FROM projects p SEMI JOIN rfis r ON r.project_id = p.id",
    "SELECT p.id FROM projects p ANTI JOIN rfis r ON r.project_id = p.id",
    "SELECT s.id FROM submittals s JOIN rfis r ON r.location_id IS NOT DISTINCT FROM s.location_id",
    "SELECT id FROM rfis JOIN projects USING (id)",
    "SELECT p.id FROM projects p JOIN rfis r ON r.project_id = p.id WHERE p.name = 'Tower' OR r.status = 'open'",
    "SELECT b.id FROM budget_detail_rows b JOIN budget_views v ON b.budget_view_id = v.id JOIN projects p ON v.project_id = p.id AND b.project_id = p.id WHERE p.name = 'Tower'",
    # Subqueries
    "SELECT id FROM rfis WHERE project_id = (SELECT id FROM projects WHERE name = 'Tower')",
    "SELECT id FROM rfis WHERE project_id IN (SELECT id FROM projects WHERE name = 'Tower')",
    "SELECT id FROM projects WHERE id NOT IN (SELECT project_id FROM rfis WHERE status = 'open')",
    "SELECT id FROM projects p WHERE EXISTS (FROM rfis r WHERE r.project_id = p.id AND r.status = 'open')",
    "SELECT id FROM projects p WHERE name ILIKE '%x%' AND NOT EXISTS (FROM rfis r WHERE r.project_id = p.id)",
    "SELECT p.id, (SELECT count(*) FROM rfis r WHERE r.project_id = p.id) AS n FROM projects p WHERE p.active",
    "SELECT id FROM rfis WHERE project_id = ANY([4, 7])",
    "SELECT r.id FROM rfis r JOIN (VALUES (4), (7)) v(x) ON r.project_id = v.x",
    "SELECT r.id FROM rfis r JOIN wanted w ON r.project_id = w.project",
    # Expressions, rows, keys of several parts
    "SELECT id FROM rfis WHERE lower(trim(project_name)) = 'tower' AND project_id % 2 = 0",
    "SELECT id FROM rfis WHERE (project_id, status) IN ((4, 'open'), (7, 'closed'))",
    "SELECT id FROM rfis WHERE CASE WHEN private THEN project_id = 4 ELSE project_id = 7 END",
    "SELECT id FROM rfis WHERE project_id % 2 = random()",
    "SELECT r.id FROM rfis r JOIN projects p ON lower(r.project_name) = lower(p.name) WHERE p.active",
    "SELECT r.id FROM rfis r JOIN projects p ON r.project_id IS NOT DISTINCT FROM p.id",
    "SELECT r.id FROM rfis r JOIN (SELECT id FROM projects UNION SELECT project FROM wanted UNION SELECT 4) k ON k.id = r.project_id",
    "SELECT id FROM projects INTERSECT SELECT project_id FROM rfis",
    "WITH RECURSIVE up AS (SELECT parent_id, project_id FROM locations WHERE project_id = 4 UNION SELECT l.parent_id, l.project_id FROM locations l JOIN up ON l.id = up.parent_id AND l.project_id = up.project_id) SELECT r.id FROM rfis r JOIN up ON r.project_id = up.project_id",
    "SELECT p.id, r.id FROM projects p FULL JOIN rfis r ON r.project_id = p.id WHERE length(r.project_name) = 4",
    "SELECT p.id, r.id FROM projects p FULL JOIN rfis r ON r.project_id = p.id WHERE coalesce(r.project_id, 4) = 4",
    # What conditions and keys may not pass
    "SELECT r.id FROM (SELECT * FROM rfis ORDER BY id LIMIT 3) r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Tower'",
    "SELECT * FROM (SELECT id, project_id, row_number() OVER (ORDER BY id) AS n FROM rfis) WHERE project_id = 7",
    "SELECT r.n FROM (SELECT project_id, row_number() OVER (PARTITION BY project_id ORDER BY id) AS n FROM rfis) r JOIN projects p ON r.project_id = p.id",
    "SELECT r.n FROM (SELECT project_id, count(*) OVER (PARTITION BY project_id) AS n, row_number() OVER (ORDER BY id) AS m FROM rfis) r JOIN projects p ON r.project_id = p.id WHERE m > 1",
    "SELECT r.id FROM (SELECT DISTINCT ON (status) * FROM rfis ORDER BY updated_at) r JOIN projects p ON r.project_id = p.id WHERE r.subject = 'x'",
    "SELECT g.n FROM (SELECT project_id, count(*) AS n FROM rfis GROUP BY project_id) g JOIN projects p ON g.project_id = p.id",
    "SELECT g.n FROM (SELECT project_id, count(*) AS n FROM rfis GROUP BY ROLLUP (project_id)) g JOIN projects p ON g.project_id = p.id",
    "WITH c AS MATERIALIZED (FROM rfis) SELECT a.id FROM c a, c b WHERE a.status = 'open' AND b.status = 'closed'",
    "SELECT id FROM rfis UNION ALL SELECT id FROM rfis WHERE status = 'open'",
    "WITH rfis AS (FROM projects) SELECT id FROM rfis",
    "SELECT id FROM main.Rfis WHERE status = 'open' LIMIT 5",
    "SELECT id FROM rfis ORDER BY id LIMIT 5",
    "SELECT p.id FROM projects p ASOF JOIN rfis r ON p.id = r.project_id AND p.updated_at >= r.updated_at",
    "SELECT r.id FROM rfis r POSITIONAL JOIN projects p WHERE p.id = 4",
    "PIVOT rfis ON status USING count(*)",
)
"""Queries, each with a trap or with what saves requests."""


def written(plan: Plan) -> Iterator[str]:
    """Give the lines of a plan."""
    for scan in plan.scans:
        columns = "*" if len(scan.columns) > 8 else ", ".join(sorted(scan.columns))
        parts = [one.sql for one in scan.conditions]
        if scan.sharpened:
            parts.append(f"and also {scan.sharpened}")
        values = [f"{name} = {found}" for name, found in scan.values.items()]
        kind = "frame " if scan.frame else ""
        yield "; ".join([f"{scan.number} {kind}{scan.table}({columns})", *parts, *values])
    for edge in plan.edges:
        yield f"{edge.source}.{edge.source_column} narrows {edge.target}.{edge.target_column}"
    if plan.limit is not None:
        yield f"enough: {plan.limit}"
    if plan.whole:
        yield "whole"


def plans() -> str:
    """Return all plans as they are written down."""
    catalog = built_in()
    planner = Planner(catalog, catalog.schema)
    frames = {"wanted": pa.schema([("project", pa.int64())])}
    parts = [
        "\n".join([query, *(f"    {line}" for line in written(planner.plan(query, {}, frames)))])
        for query in QUERIES
    ]
    return "\n\n".join(parts) + "\n"


def expected() -> str:
    """Return those written down for the DuckDB that is installed; if there are none, those of the last one."""
    files = sorted(FOLDER.glob("*.txt"), key=lambda file: [int(part) for part in file.stem.split(".")])
    own = FOLDER / f"{duckdb.__version__}.txt"
    return (own if own in files else files[-1]).read_text(encoding="utf-8")


if __name__ == "__main__":
    (FOLDER / f"{duckdb.__version__}.txt").write_text(plans(), encoding="utf-8")
