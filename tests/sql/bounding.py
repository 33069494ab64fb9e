"""Random SELECTs that say in many ways of which projects they mean the rows, those that aren't active among them.

Each table of projects in them is bounded, so the answer is that of whole tables also where nothing else would be read than
active projects.
"""

from __future__ import annotations

from tests.sql.queries import Shape, Writer


def some_ids(w: Writer, count: int = 3) -> list[str]:
    """Return ids of projects, often of those that aren't active."""
    return [w.pick("13", "17", "13", w.project()) for _ in range(count)]


def by_id(w: Writer, a: str) -> str:
    """Return a condition on a project's id."""
    one, two, three = some_ids(w)
    k = f"{a}project_id"
    return w.pick(
        f"{k} IS NOT DISTINCT FROM {one}",
        f"({k}::TEXT = '{one}' OR {k} = {two})",
        f"{k}::TEXT IN ('{one}', '{two}')",
        f"{k}::VARCHAR LIKE '1%{one[1]}'",
        f"TRY_CAST({k} AS TINYINT) = {one}",
        f"CAST({k} AS DOUBLE) = {one}.0",
        f"{k} = {one}.0",
        f"{k}::HUGEINT = {one}",
        f"{k} = '{one}'",
        f"coalesce({k}, 0) = {one}",
        f"ifnull({k}, 5) IN ({one}, {two})",
        f"{k} + 0 = {one}",
        f"{k} * 2 - 1 = {2 * int(one) - 1}",
        f"{k} % 2 = {w.pick('0', '1')}",
        f"{k} // 3 = {int(one) // 3}",
        f"-{k} < -{one}",
        f"abs({k} - {one}) <= 1",
        f"({k} & 1) = 1",
        f"greatest({k}, 14) = {one}",
        f"CASE WHEN {k} = {one} THEN true WHEN {k} > {two} THEN NULL ELSE {k} = {three} END",
        f"CASE {k} WHEN {one} THEN 'a' ELSE 'b' END = 'a'",
        f"if({k} = {one}, 1, 0) = 1",
        f"nullif({k}, {one}) IS NULL",
        f"list_contains([{one}, {two}], {k})",
        f"list_position([{one}, {two}], {k}) = 1",
        f"list_contains($ids, {k})",
        f"[{k}] = [{one}]",
        f"({k} = {one}) IS TRUE",
        f"({k} = {one}) IS NOT FALSE",
        f"({k} IN ({one}, {two})) = true",
        f"{k} + 1 BETWEEN {one} AND {two}",
        f"xor({k}, {one}) = 0",
        f"hash({k}) = hash({one}::BIGINT)",
        f"format('{{}}', {k}) = '{one}'",
        f"strlen(repeat('x', {k}::INTEGER)) = {one}",
        f"log2({k}) > 4 AND sqrt({k}) < 4.2",
        f"1 / ({k} - {two}) > 0",
    )


def by_name(w: Writer, a: str) -> str:
    """Return a condition on a project's name."""
    k = f"{a}project_name"
    name = w.pick("tower", "mill", "nope", "tower north")
    return w.pick(
        f"lower(trim({k})) = '{name}'",
        f"upper({k}) IN ('{name.upper()}', 'BRIDGE')",
        f"regexp_matches({k}, '{w.pick('^[tT]', 'ill$', 'o.*r')}')",
        f"{k} SIMILAR TO '{w.pick('M.*', '(Tower|tower)', '.*North')}'",
        f"{k} ~ 'Tow.*'",
        f"{k} NOT LIKE '%ow%'",
        f"{k} NOT ILIKE 't%'",
        f"starts_with({k}, '{w.pick('T', 't', 'Mi')}')",
        f"length({k}) {w.pick('=', '<')} 5",
        f"{k}[1] = '{w.pick('M', 't', 'T')}'",
        f"left({k}, 2) = 'to'",
        f"substring({k}, 1, 1) IN ('t', 'S')",
        f"concat({k}, '!') = 'tower!'",
        f"{k} || '' = 'tower'",
        f"replace({k}, 't', 'T') = 'Tower'",
        f"split_part({k}, ' ', 1) = 'Tower'",
        f"string_split(lower({k}), ' ')[1] = 'tower'",
        f"position('o' IN {k}) = 2",
        f"levenshtein({k}, 'Tower') <= 1",
        f"reverse({k}) LIKE 'r%'",
        f"md5({k}) = md5('tower')",
        f"{k} IS NOT DISTINCT FROM 'tower'",
        f"coalesce(nullif({k}, ''), 'tower') = 'tower'",
        f"TRY_CAST({k} AS INTEGER) IS NULL",
        f"list_contains(['tower', 'Mill'], {k})",
        f"{k} COLLATE NOCASE = 'TOWER'",
        f"({k}, {a}project_id) IN (('tower', 13), ('Mill', 14))",
        f"({k} = 'tower' OR {a}project_id % 5 = 2)",
    )


def by_rows(w: Writer, a: str, table: str) -> str:
    """Return a condition on a project and another column."""
    ids = some_ids(w, 6)
    other = w.condition(table, a.rstrip("."))
    one, two = by_id(w, a), by_id(w, a)
    rows = ", ".join(f"({number}, {w.pick('1', '1', '2')})" for number in ids)
    return w.pick(
        f"({a}project_id, {a}company_id) IN ({rows})",
        f"({a}project_id, {a}company_id) IN (({ids[0]}, 1), ({ids[1]}, 1))",
        f"({a}company_id, {a}project_id) = (1, {ids[0]})",
        f"(({a}project_id = {ids[0]} AND {other}) OR ({one}))",
        f"NOT ({a}project_id <> {ids[0]} OR {other})",
        f"CASE WHEN {other} THEN {one} ELSE {two} END",
        f"(({one}) AND ({other}))",
        f"({a}project_id + {a}company_id = {ids[0]} AND {one})",
        f"({one} AND random() >= 0)",
        f"({one} AND (random() < 2 OR {other}))",
        f"{a}project_id = ANY([{ids[0]}, {ids[1]}, NULL])",
        f"{a}project_id = ANY($ids)",
        f"{a}project_id IN (SELECT unnest([{ids[0]}, {ids[1]}]))",
        f"({a}project_id, {a}company_id) IN (SELECT id, company_id FROM projects WHERE {w.condition('projects', '')})",
    )


def bound(w: Writer, table: str, alias: str) -> str:
    """Return a condition on the projects of a table."""
    a = f"{alias}." if alias else ""
    return w.pick(by_id(w, a), by_id(w, a), by_name(w, a), by_rows(w, a, table))


def ids_of_projects(w: Writer) -> str:
    """Return a query for ids of projects, in one column `x`."""
    one, two, three = some_ids(w)
    of = w.condition("projects", "")
    table = w.table()
    return w.pick(
        f"SELECT id AS x FROM projects WHERE {of}",
        f"SELECT id + 0 AS x FROM projects WHERE {of}",
        f"SELECT CAST(id AS INTEGER) AS x FROM projects WHERE {of}",
        f"SELECT max(id) AS x FROM projects WHERE {of} GROUP BY active",
        f"SELECT arg_min(id, name) AS x FROM projects WHERE {of}",
        f"SELECT id AS x FROM projects WHERE {of} ORDER BY id LIMIT 2",
        f"SELECT {one} AS x",
        f"SELECT {one} AS x UNION ALL SELECT {two}",
        f"FROM (VALUES ({one}), ({two}), (NULL)) v(x)",
        f"SELECT x FROM (VALUES ({one}, 'a'), ({two}, 'b')) v(x, y)",
        f"SELECT x FROM unnest([{one}, {two}]) u(x)",
        "SELECT x FROM unnest($ids) u(x)",
        f"SELECT unnest([{one}, {two}, {three}]) AS x",
        f"SELECT x FROM {w.pick('range', 'generate_series')}({one}, {two}) u(x)",
        "SELECT project AS x FROM wanted",
        "SELECT project::DOUBLE AS x FROM wanted",
        f"SELECT project_id AS x FROM {table} WHERE {bound(w, table, '')}",
        f"SELECT project_id AS x FROM {table} WHERE {bound(w, table, '')} GROUP BY ALL",
    )


def keys(w: Writer) -> str:
    """Return a query for ids of projects, perhaps of several parts."""
    first, second = ids_of_projects(w), ids_of_projects(w)
    both = w.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL")
    return w.pick(
        first,
        f"(SELECT x FROM ({first})) {both} (SELECT x FROM ({second}))",
        f"SELECT x FROM ({first}) {both} SELECT x FROM ({second})",
        f"WITH k AS ({first}) SELECT a.x FROM k a JOIN k b ON a.x = b.x",
    )


def equal(w: Writer, one: str, other: str) -> str:
    """Return a condition that two numbers are equal."""
    return w.pick(
        f"{one} = {other}",
        f"{other} = {one}",
        f"{one} IS NOT DISTINCT FROM {other}",
        f"{one} = CAST({other} AS BIGINT)",
        f"{one}::VARCHAR = {other}::VARCHAR",
        f"coalesce({one}, 0) = {other} + 0",
        f"{one} * 2 = {other} * 2",
        f"{one} + 1 = {other} + 1",
        f"({one}, 1) = ({other}, 1)",
        f"{one} BETWEEN {other} AND {other}",
        f"abs({one}) = {other}",
    )


def told(w: Writer) -> str:
    table = w.table()
    if w.dice.random() < 0.03:  # an error, where there is a row
        return f"SELECT id FROM {table} WHERE project_name::INTEGER = 4"
    more = w.pick("", f" AND {w.condition(table, 't')}")
    return f"SELECT id, project_id FROM {table} t WHERE {bound(w, table, 't')}{more}"


def joined_to_keys(w: Writer) -> str:
    table = w.table()
    kind = w.pick("JOIN", "JOIN", "JOIN", "SEMI JOIN", "RIGHT JOIN")
    on = equal(w, "r.project_id", "k.x")
    if " BETWEEN " in on:
        on = "r.project_id = k.x"
    return f"SELECT r.id FROM {table} r {kind} ({keys(w)}) k ON {on}{w.pick('', w.where((table, 'r')))}"


def in_keys(w: Writer) -> str:
    table = w.table()
    key = w.pick("project_id", "project_id", "project_id + 0", "coalesce(project_id, 0)")
    return f"SELECT id FROM {table} WHERE {key} {w.pick('IN', '= ANY')} ({keys(w)}){w.pick('', ' AND ' + w.condition(table, ''))}"


def by_projects(w: Writer) -> str:
    table = w.table()
    tables = ((table, "r"), ("projects", "p"))
    on = w.pick(
        equal(w, "r.project_id", "p.id"),
        "lower(r.project_name) = lower(p.name)",
        "r.project_name = p.name AND r.project_id = p.id",
        "(r.project_id, r.company_id) = (p.id, p.company_id)",
        "r.project_id = p.id AND (p.active OR r.id > 1010)",
        "r.project_id = p.id AND ((p.flag = 'Red' AND r.project_id % 2 = 1) OR r.project_id < 13)",
    )
    on = on if " BETWEEN " not in on else "r.project_id IS NOT DISTINCT FROM p.id"
    return w.pick(
        f"SELECT r.id, p.name FROM projects p {w.pick('JOIN', 'LEFT JOIN')} {table} r ON {on}{w.where(*tables)}",
        f"SELECT r.id, p.name FROM {table} r JOIN projects p ON {on}{w.where(*tables)}",
        f"SELECT p.id FROM projects p {w.pick('SEMI', 'ANTI')} JOIN {table} r ON {on}{w.where(('projects', 'p'))}",
        f"SELECT p.id, x.id FROM projects p, LATERAL (SELECT r.id FROM {table} r WHERE {on}) x{w.where(('projects', 'p'))}",
        f"SELECT p.id, (SELECT count(*) FROM {table} r WHERE {on}) AS n FROM projects p{w.where(('projects', 'p'))}",
        f"SELECT p.id FROM projects p WHERE {w.pick('', 'NOT ')}EXISTS (FROM {table} r WHERE {on})",
        f"SELECT p.id, r.id FROM projects p ASOF {w.pick('', 'LEFT ')}JOIN {w.pick('rfis', 'submittals')} r ON p.id = r.project_id AND p.updated_at >= r.updated_at{w.where(('projects', 'p'))}",
    )


def nearest(w: Writer) -> str:
    one, two = w.pick("rfis", "submittals"), w.pick("rfis", "submittals", "coordination_issues")
    equal = w.pick("", "a.project_id = b.project_id AND ")
    outer = f"{w.pick('a', 'b')}." if equal else "a."
    return (
        f"SELECT a.id, b.id FROM (FROM {one} WHERE {bound(w, one, '')}) a ASOF {w.pick('', 'LEFT ')}JOIN"
        f" (FROM {two} WHERE {bound(w, two, '')}) b ON {equal}a.updated_at >= b.updated_at"
        f"{w.pick('', f' WHERE {by_id(w, outer)}', f' JOIN projects p ON p.id = b.project_id WHERE p.flag = {chr(39)}Red{chr(39)}')}"
    )


def of_a_row(w: Writer) -> str:
    """Return a condition on the projects of `u` that isn't true where there is no row."""
    return w.pick(
        "length(u.project_name) = 4",
        "substring(u.project_name, 1, 1) IN ('t', 'S')",
        "u.project_id % 2 = 1",
        "list_contains([13, 16], u.project_id)",
        "coalesce(u.project_id, 5) IN (13, 14)",
        "CASE WHEN u.project_id > 12 THEN u.project_id < 16 END",
    )


def unmatched(w: Writer) -> str:
    """Give conditions that may be true where a join finds no row: these bound nothing."""
    table = w.table()
    condition = w.pick(
        by_id(w, "u."), by_name(w, "u."), "u.project_name IS NULL", "coalesce(u.project_id, 13) = 13"
    )
    return w.pick(
        f"SELECT p.id, u.id FROM projects p {w.pick('FULL', 'LEFT')} JOIN {w.pick(table, w.filtered(table))} u ON u.project_id = p.id WHERE {condition}",
        f"SELECT p.id, u.id FROM projects p LEFT JOIN {w.filtered(table)} u ON u.project_id = p.id JOIN projects q ON coalesce(u.project_id, 11) = q.id",
        f"SELECT p.id, x.n FROM projects p LEFT JOIN (SELECT project_id, max(project_id) FILTER (WHERE id > 1030) AS n FROM {table} GROUP BY ALL) x ON x.project_id = p.id JOIN projects q ON coalesce(x.n, 14) + 0 = q.id",
    )


def above(w: Writer) -> str:
    """Give conditions above what DuckDB may not put them below."""
    one, two = w.table(), w.table()
    a, b = (f"SELECT id, project_id, project_name FROM {each}{w.where((each, ''))}" for each in (one, two))
    both = w.pick("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL")
    condition = w.pick(by_id(w, "u."), by_name(w, "u."))
    return w.pick(
        f"FROM ({a} {both} {b}) u WHERE {condition}",
        f"SELECT u.id FROM ({a} {both} {b}) u JOIN ({keys(w)}) k ON u.project_id = k.x",
        f"SELECT u.id FROM {one} u FULL JOIN projects p ON p.id = u.project_id WHERE {of_a_row(w)}",
        f"SELECT u.id FROM {one} u LEFT JOIN projects p ON p.id = u.project_id WHERE {condition}",
        f"SELECT project_id, project_name, count(*) AS n FROM {one} u GROUP BY ALL HAVING {condition} AND n > 0",
        f"SELECT id, row_number() OVER (PARTITION BY project_id, project_name ORDER BY id) AS n FROM {one} u QUALIFY n < 3 AND {condition}",
        f"SELECT DISTINCT ON (project_id, project_name) id FROM (SELECT DISTINCT id, project_id, project_name FROM {one}) u WHERE {condition} ORDER BY id",
        f"SELECT * FROM (SELECT project_id % 3 AS m, project_id, project_name, count(*) FROM {one} GROUP BY ALL) u WHERE {w.pick('m = 1', condition)}",
        f"SELECT id, unnest([1, 2]) AS n FROM {one} u WHERE {condition}",
        f"FROM (PIVOT (SELECT project_id, project_name, company_id FROM {one}) ON company_id IN (1, 2) USING count(*) GROUP BY project_id, project_name) u WHERE {condition}",
        f"WITH c AS MATERIALIZED (FROM {one} u WHERE {condition}) SELECT x.id FROM c x JOIN c y ON x.id = y.id",
    )


def climbing(w: Writer) -> str:
    start = bound(w, "locations", "")
    return w.pick(
        f"WITH RECURSIVE up AS (SELECT id, parent_id, project_id FROM locations WHERE {start} UNION SELECT l.id, l.parent_id, l.project_id FROM locations l JOIN up ON l.id = up.parent_id AND l.project_id = up.project_id) SELECT up.id, r.id FROM up JOIN rfis r ON r.project_id = up.project_id",
        f"WITH RECURSIVE up AS (SELECT id, parent_id, project_id AS k FROM locations WHERE {start} UNION ALL SELECT l.id, l.parent_id, up.k FROM locations l JOIN up ON l.id = up.parent_id WHERE {by_id(w, 'l.')}) SELECT r.id FROM up JOIN rfis r ON r.project_id = up.k",
        f"WITH RECURSIVE two AS (SELECT 13 AS a, {w.project()} AS b UNION SELECT b, a FROM two) SELECT r.id FROM rfis r JOIN two ON r.project_id = two.a",
    )


BOUNDING: tuple[Shape, ...] = (
    told, told, told, told, joined_to_keys, joined_to_keys, in_keys, by_projects, by_projects, nearest, above, above, climbing,
)  # fmt: skip
