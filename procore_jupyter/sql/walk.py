"""The walk over a plan that DuckDB has optimized: from its JSON to scans, conditions and edges.

DuckDB decides which condition may go below which operator. What is decided here is when the values of one scan may
narrow another one, by the kind of join and by what stands between the two. An operator that isn't known here narrows
nothing and is narrowed by nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from procore_jupyter.sql.literals import INTEGERS, Unknown, list_of, quoted, value_of
from procore_jupyter.sql.plan import Edge, Plan, Scan, ScanCondition
from procore_jupyter.sql.predicates import UNKNOWN, all_of, conditions_of, of_column
from procore_jupyter.sql.steps import PROJECT

Json = Mapping[str, Any]

LEFT_NARROWED = frozenset(["INNER", "SEMI", "RIGHT"])
"""Joins whose left side needs no row without a match on the right one."""

RIGHT_NARROWED = frozenset(["INNER", "SEMI", "LEFT", "SINGLE", "ANTI"])
"""Joins whose right side needs no row without a match on the left one."""

LEFT_ALONE = frozenset(["SEMI", "ANTI"])
"""Joins that hand on the columns of their left side alone."""

IS_SAME = "COMPARE_NOT_DISTINCT_FROM"
"""The comparison in which NULL meets NULL."""

NESTED = frozenset(["STRUCT", "LIST", "ARRAY", "MAP", "UNION", "VARIANT"])
"""Types whose values aren't looked for among those of other rows."""

SOME_VALUE = frozenset(["first", "last", "min", "max", "any_value", "arbitrary"])
"""Aggregates whose value is one of their column's own."""

MOST_VALUES = 10_000
"""Values of a list in a query, at most, that narrow anything."""


@dataclasses.dataclass(frozen=True)
class PlanColumn:
    """A column of a scan, where it has come to in the plan.

    Parameters
    ----------
    scan, name : int, str
        The scan, and its column.
    narrowable : bool
        Whether rows of the scan may be left out for the values of the column here.
    never_null : bool
        Whether none of the values is NULL.
    """

    scan: int
    name: str
    narrowable: bool = True
    never_null: bool = False

    def is_same(self, other: PlanColumn | None) -> bool:
        """Return whether another one is the same column of the same scan."""
        return other is not None and (self.scan, self.name) == (other.scan, other.name)


Columns = list[PlanColumn | None]
"""The columns that an operator hands on; None for one that is no scan's own."""

_ANY_NUMBER = 1 << 16
"""Columns of an operator that isn't known here: more than any has, so that those of its neighbour aren't taken for its own."""


READING = '"type":"LOGICAL_GET"'
"""The operator that reads a table, as it stands in the text of a plan."""


def plan_of(text: str, frames: Collection[str], *, clock: bool) -> Plan:
    """Return what a query reads.

    Parameters
    ----------
    text : str
        DuckDB's plan, as JSON.
    frames : collection of str
        The names of the tables that aren't Procore's, in small letters.
    clock : bool
        Whether the query asks for the current time.

    Raises
    ------
    Unknown
        The plan is none, or not every reading of a table was met in it.
    """
    (root,) = msgspec.json.decode(text)["plans"]
    walk = _Walk(frames, clock)
    walk.columns(root)
    if walk.readings < text.count(READING):
        raise Unknown("a reading that the walk doesn't come to")
    scans = tuple(walk.scans)
    edges = tuple(dict.fromkeys(walk.edges))
    single = len(scans) == 1 and scans[0].fetched
    return Plan(scans, edges, _limit(root) if single else None)


def _limit(node: Json) -> int | None:
    """Return how many rows a query gives that reads a table row by row; None if it needs all of them."""
    kind = node["type"]
    if kind == "LOGICAL_PROJECTION":
        return _limit(node["children"][0])
    if kind != "LOGICAL_LIMIT" or not _row_by_row(node["children"][0]):
        return None
    most = node["limit_val"]
    return int(most["constant_integer"]) if most["type"] == "CONSTANT_VALUE" else None


def _row_by_row(node: Json) -> bool:
    while node["type"] in ("LOGICAL_PROJECTION", "LOGICAL_FILTER"):
        node = node["children"][0]
    return bool(node["type"] == "LOGICAL_GET" and not node["children"])


class _Walk:
    """One walk over a plan.

    Parameters
    ----------
    frames : collection of str
        The names of the tables that aren't Procore's.
    clock : bool
        Whether the query asks for the current time.
    """

    def __init__(self, frames: Collection[str], clock: bool) -> None:
        self._frames, self._clock = frames, clock
        self.scans: list[Scan] = []
        self.edges: list[Edge] = []
        self.readings = 0
        self._shared: dict[int, Columns] = {}
        self._operators: Mapping[str, Callable[[Json], Columns]] = {
            "LOGICAL_GET": self._get,
            "LOGICAL_DUMMY_SCAN": lambda node: [None],
            "LOGICAL_CHUNK_GET": self._listed,
            "LOGICAL_EXPRESSION_GET": self._values,
            "LOGICAL_MATERIALIZED_CTE": self._materialized,
            "LOGICAL_CTE_REF": self._shared_rows,
            "LOGICAL_PROJECTION": lambda node: self._projected(node["expressions"], self._input(node)),
            "LOGICAL_FILTER": self._filter,
            "LOGICAL_ORDER_BY": lambda node: _picked(self._input(node), node.get("projections")),
            "LOGICAL_LIMIT": lambda node: _source_alone(self._input(node)),
            "LOGICAL_SAMPLE": lambda node: _source_alone(self._input(node)),
            "LOGICAL_DISTINCT": self._distinct,
            "LOGICAL_AGGREGATE_AND_GROUP_BY": self._aggregate,
            "LOGICAL_WINDOW": self._window,
            "LOGICAL_UNNEST": self._unnest,
            "LOGICAL_CROSS_PRODUCT": lambda node: [
                one for child in node["children"] for one in self.columns(child)
            ],
            "LOGICAL_COMPARISON_JOIN": self._join,
        }

    def columns(self, node: Json) -> Columns:
        """Return the columns that an operator hands on."""
        known = self._operators.get(node["type"])
        if known is not None:
            return known(node)
        for child in node.get("children", ()):
            self.columns(child)
        return [None] * _ANY_NUMBER

    def _input(self, node: Json) -> Columns:
        (child,) = node["children"]
        return self.columns(child)

    # Where rows come from

    def _get(self, node: Json) -> Columns:
        self.readings += 1
        for child in node["children"]:
            self.columns(child)
        table = (node.get("function_data") or {}).get("table")
        if table is None:  # a function that gives rows
            return [None] * _ANY_NUMBER
        columns = [_column_of(node, index) for index in node["column_indexes"]]
        number, conditions = len(self.scans), [*self._conditions(node, columns)]
        self.scans.append(
            Scan(
                number,
                table,
                frozenset(
                    node["names"][one["index"]]
                    for one in node["column_indexes"]
                    if one.get("has_index", True) and one["index"] < len(node["names"])
                ),
                tuple(conditions),
                frame=table.lower() in self._frames,
            )
        )
        never_null = {one.column for one in conditions if one.operator}
        found: Columns = [
            PlanColumn(number, name, True, name in never_null) if name else None for name in columns
        ]
        return _picked(found, node.get("projection_ids"))

    def _conditions(self, node: Json, columns: Sequence[str]) -> Iterator[ScanCondition]:
        for one in node["table_filters"]["filters"]:
            number = one["key"]
            column = columns[number] if node.get("table_filters_by_projection") else node["names"][number]
            if column:
                yield from conditions_of(column, one["value"], clock=self._clock)

    def _listed(self, node: Json) -> Columns:
        try:
            return self._known([[value_of(one) for one in column] for column in node["collection"]["values"]])
        except UNKNOWN:
            return [None] * len(node["chunk_types"])

    def _values(self, node: Json) -> Columns:
        for child in node.get("children", ()):
            self.columns(child)
        try:
            rows = [[value_of(one["value"]) for one in row] for row in node["expressions"]]
            return self._known([*map(list, zip(*rows, strict=True))])
        except UNKNOWN:
            return [None] * len(node["expr_types"])

    def _known(self, columns: Sequence[Sequence[Any]]) -> Columns:
        """Return columns whose values stand in the query."""
        if not columns or len(columns[0]) > MOST_VALUES:
            return [None] * len(columns)
        number = len(self.scans)
        values = {
            str(n): tuple(dict.fromkeys(value for value in column if value is not None))
            for n, column in enumerate(columns)
        }
        self.scans.append(Scan(number, "", frozenset(values), values=values))
        return [PlanColumn(number, name, False) for name in values]

    def _unnest(self, node: Json) -> Columns:
        columns = self._input(node)
        for one in node["expressions"]:
            try:
                columns += self._known([list_of(one["child"]["value"])])
            except UNKNOWN:
                columns.append(None)
        return columns

    # What rows go through

    def _materialized(self, node: Json) -> Columns:
        definition, query = node["children"]
        # Its rows are used in several places, each of which needs other ones.
        self._shared[node["table_index"]] = _source_alone(self.columns(definition))
        return self.columns(query)

    def _shared_rows(self, node: Json) -> Columns:
        return self._shared.get(node["cte_index"]) or [None] * len(node["chunk_types"])

    def _projected(self, expressions: Sequence[Json], columns: Columns) -> Columns:
        return [_reference(one, columns) for one in expressions]

    def _filter(self, node: Json) -> Columns:
        (child,) = node["children"]
        columns = self.columns(child)
        if child["type"] == "LOGICAL_GET" and columns and any(columns):
            number = next(one.scan for one in columns if one)
            more = all_of(node["expressions"], lambda index: _sql(columns, index), clock=self._clock)
            scan = self.scans[number]
            bounded = {one.column for one in scan.conditions if one.operator != "is not null"}
            bounds = [
                condition
                for place, one in enumerate(columns)
                if one is not None and one.name in PROJECT and one.name not in bounded
                for condition in of_column(node["expressions"], place, one.name, clock=self._clock)
            ]
            self.scans[number] = dataclasses.replace(
                scan, sharpened=more, conditions=(*scan.conditions, *bounds)
            )
        return _picked(columns, node.get("projection_map"))

    def _distinct(self, node: Json) -> Columns:
        columns = self._input(node)
        targets = self._projected(node["distinct_targets"], columns)
        return [
            _unless(one, any(one is not None and one.is_same(target) for target in targets))
            for one in columns
        ]

    def _aggregate(self, node: Json) -> Columns:
        columns = self._input(node)
        sets = node.get("grouping_sets") or []
        groups = [
            _unless(one, all(number in some for some in sets))
            for number, one in enumerate(self._projected(node["groups"], columns))
        ]
        if sets:  # in a set without it, a group's column is NULL
            groups = [_nullable(one) for one in groups]
        return [
            *groups,
            *(_nullable(_unless(_some_value(one, columns), False)) for one in node["expressions"]),
            *([None] * len(node.get("grouping_functions") or ())),
        ]

    def _window(self, node: Json) -> Columns:
        columns = self._input(node)
        partitions = [self._projected(one.get("partitions") or (), columns) for one in node["expressions"]]
        found: Columns = [
            _unless(one, all(any(one.is_same(part) for part in some) for some in partitions)) if one else None
            for one in columns
        ]
        return [*found, *([None] * len(node["expressions"]))]

    def _join(self, node: Json) -> Columns:
        left, right = map(self.columns, node["children"])
        kind = node["join_type"]
        for condition in node["conditions"]:
            if condition.get("comparison") and condition["right"]:
                one = _reference(condition["left"], left)
                other = _reference(condition["right"], right)
                comparable = condition["left"]["return_type"]["id"] not in NESTED
                if one and other and comparable and _is_equality(condition["comparison"], one, other):
                    self._narrow(kind, one, other)
                    if kind == "MARK" and condition["comparison"] == IS_SAME:
                        self._edge(
                            one, other
                        )  # of an EXISTS, or of a subquery that the rows of each key have to themselves
        left = _picked(left, node.get("left_projection_map"))
        right = _picked(right, node.get("right_projection_map"))
        if kind in LEFT_ALONE:
            return left
        if kind == "MARK":
            return [*left, None]
        if kind == "INNER":
            return [*left, *right]
        if kind in ("LEFT", "SINGLE"):
            return [*left, *map(_nullable, right)]
        if kind == "RIGHT":
            return [*map(_nullable, left), *right]
        if kind == "FULL":
            return [_nullable(one) for one in _source_alone([*left, *right])]
        return [None] * _ANY_NUMBER

    def _narrow(self, kind: str, left: PlanColumn, right: PlanColumn) -> None:
        if kind in RIGHT_NARROWED:
            self._edge(left, right)
        if kind in LEFT_NARROWED:
            self._edge(right, left)

    def _edge(self, source: PlanColumn, target: PlanColumn) -> None:
        if target.narrowable and self.scans[target.scan].fetched and source.scan != target.scan:
            self.edges.append(Edge(source.scan, source.name, target.scan, target.name))


def _column_of(node: Json, index: Json) -> str:
    """Return the name of a column that a scan reads, of a record's field with its path; empty if there is none."""
    number = index["index"]
    if not index.get("has_index", True) or number >= len(node["names"]):
        return ""
    path, kind = [node["names"][number]], node["returned_types"][number]
    while index["index_type"] == "PUSHDOWN_EXTRACT" and index["child_indexes"]:
        if len(index["child_indexes"]) > 1:
            return ""
        index = index["child_indexes"][0]
        field = kind["type_info"]["child_types"][index["index"]]
        path.append(field["first"])
        kind = field["second"]
    return ".".join(path) if not any("." in part for part in path) else ""


def _reference(expression: Json, columns: Columns) -> PlanColumn | None:
    """Return the column that an expression is; None if it is another thing. A longer whole number is the same one."""
    if expression.get("type") == "OPERATOR_CAST" and expression["return_type"]["id"] in INTEGERS:
        kinds = {one["id"] for one in expression["arguments"]}
        if kinds <= INTEGERS:
            return _reference(expression["children"][0], columns)
    number = expression["index"] if expression.get("expression_class") == "BOUND_REF" else len(columns)
    return columns[number] if number < len(columns) else None


def _sql(columns: Columns, index: int) -> str:
    column = columns[index]
    if column is None:
        raise Unknown("a column")
    return quoted(column.name)


def _is_equality(comparison: str, one: PlanColumn, other: PlanColumn) -> bool:
    if comparison == IS_SAME:  # NULL meets NULL, unless one side has none
        return one.never_null or other.never_null
    return comparison == "COMPARE_EQUAL"


def _some_value(expression: Json, columns: Columns) -> PlanColumn | None:
    path = (expression.get("qname") or {}).get("path") or [expression.get("name")]
    if path[-1] in SOME_VALUE and expression.get("children"):
        return _reference(expression["children"][0], columns)
    return None


def _picked(columns: Columns, numbers: Sequence[int] | None) -> Columns:
    """Return those of some columns that are handed on; all, if nobody says which."""
    if not numbers:
        return columns
    return [columns[number] if number < len(columns) else None for number in numbers]


def _unless(column: PlanColumn | None, narrowable: bool) -> PlanColumn | None:
    if column is None or narrowable:
        return column
    return dataclasses.replace(column, narrowable=False)


def _source_alone(columns: Columns) -> Columns:
    """Return columns that narrow others still, and are narrowed by none."""
    return [_unless(one, False) for one in columns]


def _nullable(column: PlanColumn | None) -> PlanColumn | None:
    return column and dataclasses.replace(column, never_null=False)
