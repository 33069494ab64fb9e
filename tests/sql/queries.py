"""Random SELECTs over the small company, in the shapes where a planner goes wrong most easily."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

TIMES = (
    "2026-11-01 10:00:00",
    "2026-11-01 19:00:00.5",
    "2026-11-02 04:00:00",
    "2026-11-03 09:00:00",
    "2026-11-04 01:00:00",
)
OF_PROJECTS = ("rfis", "submittals", "budget_views", "coordination_issues", "locations")


class Writer:
    """Writes queries.

    Parameters
    ----------
    seed : int
        The same seed, the same query.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def query(self, shapes: Sequence[Shape] = ()) -> str:
        """Return a query; if shapes are given, one of these."""
        return self.dice.choice(shapes or SHAPES)(self)

    def pick(self, *some: str) -> str:
        """Return one of some texts."""
        return self.dice.choice(some)

    def project(self) -> str:
        """Return the id of a project; now and then of one that doesn't exist."""
        return str(self.dice.choice((11, 12, 13, 14, 15, 16, 17, 18, 11, 12, 99)))

    def time(self) -> str:
        """Return a time."""
        return f"TIMESTAMPTZ '{self.pick(*TIMES)}+00'"

    # Conditions

    def condition(self, table: str, alias: str) -> str:
        """Return a condition on a table."""
        a = f"{alias}." if alias else ""
        some = [
            self._time_condition(a),
            f"{a}id {self.pick('<', '>', '<>')} {self.pick('1010', '1030', '14')}",
        ]
        if table in (*OF_PROJECTS, "rfi_replies", "budget_detail_rows"):
            some += [self._project_condition(a), self._project_condition(a)]
        if table == "rfi_replies":
            some[0] = f"{a}plain_text_body = 'yes'"
        if table == "budget_detail_rows":
            some[0] = f"{a}original_budget_amount {self.pick('>', '=', '<=')} {self.pick('10', '20')}"
        if table == "projects":
            some += [
                f"{a}{self.pick('active', 'active = true')}",
                f"NOT {a}active",
                f"{a}name {self.pick('=', '<>')} '{self.pick('Tower', 'Mill', 'Nope')}'",
                f"{a}name {self.pick('LIKE', 'ILIKE', 'NOT ILIKE')} '{self.pick('Tow%', '%ow%', '%ill')}'",
                f"lower({a}name) = 'tower'",
                f"{a}id {self.pick('=', '=', '<>', '>')} {self.project()}",
                f"{a}flag = 'Red'",
                f"{a}origin_id = '{self.pick('a', 'B', 'b')}'",
            ]
        if table == "rfis":
            some += [
                f"{a}status {self.pick('=', '=', '=', '<>')} '{self.pick('open', 'closed', 'Open')}'",
                f"{a}status {self.pick('IN', 'NOT IN')} ('open', '{self.pick('open', 'closed', 'other')}')",
                f"{a}status IS {self.pick('', 'NOT ')}NULL",
                f"coalesce({a}status, 'open') = 'open'",
                f"{a}assignee.id = {self.pick('5', '6')}",
                f"{a}assignee.name LIKE 'A%'",
                f"{a}{self.pick('private', 'location_id = 1002', 'location_id IN (1001, 1004)')}",
                f"{a}due_date {self.pick('=', '>=', '<')} DATE '2026-11-0{self.pick('1', '2', '3')}'",
                f"{a}subject ILIKE '%oo%'",
                f"{a}status IS DISTINCT FROM 'open'",
            ]
        if table == "coordination_issues":
            some += [
                f"{a}status IN ('open', '{self.pick('closed', 'blocked')}')",
                f"{a}status = '{self.pick('open', 'closed', 'Closed', 'unheard of')}'",
                f"{a}priority = 'low'",
                f"{a}description = 'x'",
            ]
        if table in ("budget_views", "vendors", "locations"):
            some.append(f"{a}name LIKE '%{self.pick('a', 'o', '1')}%'")
        found = self.dice.choice(some)
        if self.dice.random() < 0.12:
            found = f"({found} OR {self.dice.choice(some)})"
        if self.dice.random() < 0.05:
            found = f"NOT ({found})"
        return found

    def _project_condition(self, a: str) -> str:
        ids = [self.project() for _ in range(3)]
        return self.pick(
            f"{a}project_id = {ids[0]}",
            f"{a}project_id IN ({', '.join(ids)})",
            f"{a}project_id IN ({ids[0]}, {int(ids[0]) + 1})",
            f"{a}project_id BETWEEN 12 AND {ids[1]}",
            f"{a}project_id > {ids[0]}",
            f"({a}project_id = {ids[0]} OR {a}project_id = {ids[1]})",
            f"{a}project_id <> {ids[0]}",
            f"{a}project_name = '{self.pick('Tower', 'Mill', 'Nope')}'",
            f"{a}project_name ILIKE 'tow%'",
        )

    def _time_condition(self, a: str) -> str:
        column = f"{a}updated_at"
        return self.pick(
            f"{column} {self.pick('>', '>=', '<', '<=')} {self.time()}",
            f"{column} >= {self.time()} AND {column} >= {self.time()}",
            f"{column} BETWEEN {self.time()} AND {self.time()}",
            f"{column} = {self.time()}",
            f"{column}::date = DATE '2026-11-02'",
            f"date_trunc('day', {column}) = {self.pick('TIMESTAMPTZ', 'TIMESTAMPTZ')} '2026-11-02 00:00:00+00'",
            f"{column} IS NULL",
            f"{column} < now() - INTERVAL {self.pick('1 DAY', '30 YEAR')}",
        )

    def where(self, *tables: tuple[str, str], least: int = 0) -> str:
        """Return a WHERE over some tables, each with its alias; perhaps none."""
        count = max(least, self.dice.choice((0, 1, 1, 2)))
        parts = [self.condition(*self.dice.choice(tables)) for _ in range(count)]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def table(self) -> str:
        """Return a table of projects."""
        return self.pick("rfis", "rfis", "rfis", *OF_PROJECTS)

    def filtered(self, table: str) -> str:
        """Return a table with a condition, as a subquery."""
        return f"(SELECT * FROM {table}{self.where((table, ''), least=1)})"

    def join(self) -> str:
        """Return a kind of join."""
        return self.pick("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")

    def on(self, condition: str, *tables: tuple[str, str]) -> str:
        """Return a condition of a join, perhaps with another one of either side."""
        if self.dice.random() < 0.5:
            condition += f" AND {self.condition(*self.dice.choice(tables))}"
        return condition


def alone(w: Writer) -> str:
    table = w.pick(*OF_PROJECTS, "projects", "rfis", "rfi_replies", "budget_detail_rows", "vendors")
    named = w.pick(table, table, f"main.{table}", table.upper(), f'"{table}"')
    return f"SELECT id, company_id FROM {named} t{w.where((table, 't'), least=1)}"


def joined(w: Writer) -> str:
    table = w.table()
    tables = (("projects", "p"), (table, "r"))
    on = w.on(w.pick("r.project_id = p.id", "p.id = r.project_id"), *tables)
    one, other = "projects p", f"{table} r"
    if w.dice.random() < 0.4:
        one, other = f"{w.filtered('projects')} p", w.pick(other, f"{w.filtered(table)} r")
    first, second = (one, other) if w.dice.random() < 0.5 else (other, one)
    return f"SELECT p.id, p.name, r.id FROM {first} {w.join()} {second} ON {on}{w.where(*tables)}"


def anti_left(w: Writer) -> str:
    table = w.table()
    on = w.on("r.project_id = p.id", (table, "r"), ("projects", "p"))
    return f"SELECT p.id FROM projects p LEFT JOIN {table} r ON {on} WHERE r.id IS NULL{w.pick('', ' AND ' + w.condition('projects', 'p'))}"


def semi_anti(w: Writer) -> str:
    table = w.table()
    tables = (("projects", "p"), (table, "r"))
    if w.dice.random() < 0.5:
        return f"SELECT p.id, p.name FROM projects p {w.pick('SEMI', 'ANTI')} JOIN {table} r ON {w.on('r.project_id = p.id', *tables)}{w.where(('projects', 'p'))}"
    return f"SELECT r.id FROM {table} r {w.pick('SEMI', 'ANTI')} JOIN projects p ON {w.on('r.project_id = p.id', *tables)}{w.where((table, 'r'))}"


def in_subquery(w: Writer) -> str:
    table = w.table()
    inner = f"SELECT project_id FROM {table}{w.where((table, ''))}"
    return f"SELECT id FROM projects WHERE id {w.pick('IN', 'NOT IN', 'NOT IN')} ({inner})" + w.pick(
        "", f" AND {w.condition('projects', '')}"
    )


def in_locations(w: Writer) -> str:
    if w.dice.random() < 0.5:
        inner = f"SELECT id FROM projects{w.where(('projects', ''))}"
        if w.dice.random() < 0.5:
            inner = f"SELECT r.location_id FROM rfis r WHERE r.project_id = l.project_id AND {w.condition('rfis', 'r')}"
            return f"SELECT l.id FROM locations l WHERE l.id {w.pick('IN', 'NOT IN')} ({inner}) AND {w.condition('locations', 'l')}"
        return f"SELECT id FROM {w.table()} WHERE project_id {w.pick('IN', 'NOT IN', 'NOT IN')} ({inner})"
    return (
        f"SELECT id FROM locations l WHERE l.id {w.pick('IN', 'NOT IN', 'NOT IN', '= ANY')} "
        f"(SELECT location_id FROM {w.pick('rfis', 'submittals')}{w.where(('submittals', ''))})"
    )


def exists(w: Writer) -> str:
    table = w.table()
    same = w.pick("e.project_id = p.id", "e.project_id = p.id", "e.project_id IS NOT DISTINCT FROM p.id")
    inner = f"FROM {table} e WHERE {same} AND {w.condition(table, 'e')}"
    return f"SELECT p.id FROM projects p WHERE {w.pick('', 'NOT ')}EXISTS ({inner})" + w.pick(
        "", f" AND {w.condition('projects', 'p')}"
    )


def not_distinct(w: Writer) -> str:
    kind = w.pick("JOIN", "LEFT JOIN", "ANTI JOIN", "SEMI JOIN")
    return f"SELECT s.id FROM submittals s {kind} rfis r ON r.location_id IS NOT DISTINCT FROM s.location_id{w.where(('submittals', 's'))}"


def scalar(w: Writer) -> str:
    table = w.table()
    value = w.pick(
        f"SELECT id FROM projects WHERE name = '{w.pick('Bridge', 'School', 'Nope')}'",
        f"SELECT {w.pick('max', 'min')}(id) FROM projects{w.where(('projects', ''))}",
    )
    return f"SELECT id FROM {table} WHERE project_id = ({value})" + w.pick(
        "", f" AND {w.condition(table, '')}"
    )


def limited(w: Writer) -> str:
    table = w.table()
    inner = f"(SELECT * FROM {table}{w.where((table, ''))} ORDER BY {w.pick('id', 'id DESC')} LIMIT {w.pick('1', '3', '6')}{w.pick('', ' OFFSET 1')})"
    return f"SELECT r.id, p.name FROM {inner} r {w.join()} projects p ON r.project_id = p.id{w.where(('projects', 'p'), least=1)}"


def window(w: Writer) -> str:
    table = w.table()
    order = w.pick("updated_at, id", "id", "id DESC")
    one = w.pick(
        f"row_number() OVER (ORDER BY {order})",
        f"row_number() OVER (PARTITION BY project_id ORDER BY {order})",
        "count(*) OVER ()",
        "count(*) OVER (PARTITION BY project_id)",
    )
    two = w.pick("1", "count(*) OVER (PARTITION BY project_id)", "row_number() OVER (ORDER BY id)")
    inner = f"(SELECT *, {one} AS n, {two} AS m FROM {table}{w.where((table, ''))})"
    return w.pick(
        f"SELECT r.id, n, m FROM {inner} r JOIN projects p ON r.project_id = p.id{w.where(('projects', 'p'), least=1)}",
        f"SELECT id, n, m FROM {inner} r WHERE project_id = {w.project()}",
        f"SELECT id, n, m FROM {inner} r WHERE {w.condition(table, 'r')}",
    )


def qualify(w: Writer) -> str:
    table = w.table()
    return f"SELECT id FROM {table}{w.where((table, ''))} QUALIFY row_number() OVER ({w.pick('', 'PARTITION BY project_id ')}ORDER BY id) {w.pick('= 1', '< 3')}"


def distinct_on(w: Writer) -> str:
    table, on = w.pick("rfis", "coordination_issues"), w.pick("project_id", "status")
    inner = f"(SELECT DISTINCT ON ({on}) * FROM {table}{w.where((table, ''))} ORDER BY updated_at DESC, id)"
    return w.pick(
        f"SELECT id FROM {inner} r WHERE {w.condition(table, 'r')}",
        f"SELECT r.id FROM {inner} r JOIN projects p ON r.project_id = p.id{w.where(('projects', 'p'), least=1)}",
    )


def twice(w: Writer) -> str:
    table = w.table()
    kind = w.pick("", "MATERIALIZED", "NOT MATERIALIZED")
    if w.dice.random() < 0.5:
        arms = [
            f"SELECT c.id FROM c JOIN projects p ON c.project_id = p.id{w.where(('projects', 'p'), least=1)}"
            for _ in range(2)
        ]
        return f"WITH c AS {kind} (FROM {table}{w.where((table, ''))}) {' UNION ALL '.join(arms)}"
    return (
        f"WITH c AS {kind} (FROM {table}{w.where((table, ''))}) SELECT a.id, b.id FROM c a {w.join()} c b ON a.project_id = b.project_id"
        f" AND {w.condition(table, 'b')} WHERE {w.condition(table, 'a')}"
    )


def itself(w: Writer) -> str:
    on = w.pick(
        "b.id = a.source_rfi_header_id",
        "a.project_id = b.project_id AND a.id < b.id",
        "a.location_id = b.location_id",
    )
    return f"SELECT a.id, b.id FROM rfis a {w.join()} rfis b ON {w.on(on, ('rfis', 'a'), ('rfis', 'b'))}{w.where(('rfis', 'a'), ('rfis', 'b'))}"


def united(w: Writer) -> str:
    table = w.table()
    kind = w.pick("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "UNION ALL BY NAME")
    arms = [f"SELECT id, project_id FROM {table}{w.where((table, ''))}" for _ in range(2)]
    whole = f"({f' {kind} '.join(arms)})"
    return w.pick(
        f"FROM {whole}",
        f"FROM {whole} u WHERE u.project_id = {w.project()}",
        f"SELECT u.id FROM {whole} u JOIN projects p ON u.project_id = p.id{w.where(('projects', 'p'))}",
    )


def shadowed(w: Writer) -> str:
    return w.pick(
        f"WITH rfis AS (FROM projects{w.where(('projects', ''))}) SELECT id, name FROM rfis",
        f"WITH projects AS (SELECT * FROM rfis{w.where(('rfis', ''))}) SELECT p.id FROM projects p WHERE {w.condition('rfis', 'p')}",
        f"SELECT assignee.id FROM rfis assignee{w.where(('rfis', 'assignee'), least=1)}",
        f"SELECT assignee.id FROM rfis WHERE assignee.id = {w.pick('5', '1003')}",
    )


def full(w: Writer) -> str:
    table = w.table()
    return (
        f"SELECT p.id, r.id FROM {w.filtered('projects')} p FULL JOIN {w.pick(table, w.filtered(table))} r"
        f" ON {w.on('r.project_id = p.id', (table, 'r'), ('projects', 'p'))}"
    )


def using(w: Writer) -> str:
    table = w.table()
    return w.pick(
        f"SELECT id FROM {table} JOIN projects USING (id)",
        f"SELECT r.id, s.id FROM rfis r {w.join()} submittals s USING (project_id){w.where(('rfis', 'r'), ('submittals', 's'))}",
        f"SELECT r.id, s.id FROM rfis r {w.join()} submittals s USING (project_id, location_id){w.where(('rfis', 'r'))}",
    )


def grouped(w: Writer) -> str:
    table = w.table()
    groups = w.pick(
        "project_id", "project_id", "ROLLUP (project_id)", "GROUPING SETS ((project_id), ())", "ALL"
    )
    having = w.pick("", f" HAVING project_id = {w.project()}", " HAVING count(*) > 1")
    inner = f"SELECT project_id, count(*) AS n, count(*) FILTER (WHERE {w.condition(table, '')}) AS m FROM {table}{w.where((table, ''))} GROUP BY {groups}{having}"
    return w.pick(
        inner,
        f"SELECT p.id, g.n, g.m FROM projects p {w.join()} ({inner}) g ON g.project_id = p.id{w.where(('projects', 'p'))}",
    )


def aggregate(w: Writer) -> str:
    table = w.table()
    return f"SELECT count(*), {w.pick('max', 'min', 'count')}(id), {w.pick('any_value(company_id)', 'sum(id)')} FROM {table}{w.where((table, ''))}"


def parents(w: Writer) -> str:
    child, name, parent = w.dice.choice(
        (("rfi_replies", "rfi_id", "rfis"), ("budget_detail_rows", "budget_view_id", "budget_views"))
    )
    tables = ((child, "c"), (parent, "v"))
    link = f"c.{name} = v.id"
    return w.pick(
        f"SELECT c.id FROM {child} c {w.join()} {parent} v ON {w.on(link, *tables)}{w.where(*tables)}",
        f"SELECT c.id, p.name FROM {child} c JOIN {parent} v ON {link} JOIN projects p ON v.project_id = p.id{w.pick('', ' AND c.project_id = p.id')}{w.where(*tables, ('projects', 'p'), least=1)}",
        f"SELECT c.id FROM {child} c WHERE {w.condition(child, 'c')}",
        f"SELECT c.id FROM {child} c WHERE c.{name} IN (SELECT id FROM {parent}{w.where((parent, ''), least=1)})",
        f"SELECT c.id FROM {child} c JOIN projects p ON c.project_id = p.id{w.where(('projects', 'p'), least=1)}",
        f"SELECT v.id, (SELECT count(*) FROM {child} c WHERE {link}) AS n FROM {parent} v{w.where((parent, 'v'))}",
    )


def correlated(w: Writer) -> str:
    table = w.table()
    return w.pick(
        f"SELECT p.id, (SELECT count(*) FROM {table} r WHERE r.project_id = p.id AND {w.condition(table, 'r')}) AS n FROM projects p{w.where(('projects', 'p'))}",
        f"SELECT p.id, x.id FROM projects p, LATERAL (SELECT id FROM {table} r WHERE r.project_id = p.id ORDER BY id LIMIT 1) x{w.where(('projects', 'p'))}",
        f"SELECT p.id, (SELECT max(r.updated_at) FROM {table} r WHERE r.project_id = p.id) > p.updated_at AS later FROM projects p{w.where(('projects', 'p'))}",
    )


def several(w: Writer) -> str:
    tables = [("projects", "p"), ("rfis", "r"), ("submittals", "s"), ("coordination_issues", "i")]
    joins = "".join(
        f" {w.join()} {table} {alias} ON {alias}.project_id = {w.pick('p.id', 'p.id', 'r.project_id' if alias != 'r' else 'p.id')}"
        for table, alias in tables[1 : w.dice.choice((3, 4))]
    )
    used = tables[:3] if " i ON" not in joins else tables
    return f"SELECT p.id, r.id, s.id FROM projects p{joins}{w.where(*used, least=1)}"


def either(w: Writer) -> str:
    return f"SELECT p.id, r.id FROM projects p JOIN rfis r ON r.project_id = p.id WHERE {w.condition('projects', 'p')} OR {w.condition('rfis', 'r')}"


def listed(w: Writer) -> str:
    table = w.table()
    ids = ", ".join(w.project() for _ in range(3))
    return w.pick(
        f"SELECT r.id FROM {table} r JOIN (VALUES ({ids.replace(', ', '), (')})) v(x) ON r.project_id = v.x",
        f"SELECT id FROM {table} WHERE project_id = ANY([{ids}])",
        f"SELECT r.id FROM {table} r, unnest([{ids}]) v(x) WHERE r.project_id = v.x AND {w.condition(table, 'r')}",
        f"SELECT r.id FROM {table} r JOIN wanted ON wanted.project = r.project_id{w.where((table, 'r'))}",
        f"SELECT id FROM projects WHERE id {w.pick('IN', 'NOT IN')} (SELECT project FROM wanted)",
        f"SELECT id FROM {table} WHERE project_id IN $ids AND {w.condition(table, '')}",
        f"SELECT id FROM {table} WHERE project_id = $one",
    )


def recursive(w: Writer) -> str:
    start = w.where(("locations", ""), least=1)
    return f"WITH RECURSIVE up AS (SELECT id, parent_id FROM locations{start} UNION SELECT l.id, l.parent_id FROM locations l JOIN up ON l.id = up.parent_id) SELECT id FROM up"


def first_rows(w: Writer) -> str:
    table = w.pick("rfis", "submittals", "projects", "coordination_issues")
    return f"SELECT id FROM {table}{w.where((table, ''))} ORDER BY id LIMIT {w.pick('2', '5')}"


def vendors(w: Writer) -> str:
    return w.pick(
        f"SELECT v.id, r.id FROM vendors v {w.join()} rfis r ON r.assignee.id + 295 = v.id{w.where(('vendors', 'v'), ('rfis', 'r'))}",
        f"SELECT l.id, r.id FROM locations l {w.join()} rfis r ON r.location_id = l.id{w.where(('locations', 'l'), ('rfis', 'r'))}",
        f"SELECT s.id, r.id FROM rfis r {w.join()} submittals s ON r.location_id = s.location_id{w.where(('submittals', 's'), ('rfis', 'r'))}",
    )


Shape = Callable[[Writer], str]

SHAPES: tuple[Shape, ...] = (
    alone, alone, joined, joined, joined, anti_left, semi_anti, semi_anti, in_subquery, in_subquery, in_locations, exists, exists, not_distinct,
    scalar, limited, limited, window, window, qualify, distinct_on, distinct_on, twice, itself, itself, united, united, shadowed,
    full, using, grouped, grouped, aggregate, parents, parents, parents, correlated, several, several, either, listed, listed, recursive,
    first_rows, vendors, vendors,
)  # fmt: skip
