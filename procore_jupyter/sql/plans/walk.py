"""The walk over a plan that DuckDB has optimized: from its JSON to scans, conditions and edges.

DuckDB decides which condition may go below which operator. What is decided here is when the values of one scan may
narrow another one, by the kind of join and by what stands between the two. An operator that isn't known here narrows
nothing and is narrowed by nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from procore_jupyter.sql.plans import joins
from procore_jupyter.sql.plans.listed import Listed, of_chunk, of_function, of_list, of_rows
from procore_jupyter.sql.plans.literals import Unknown
from procore_jupyter.sql.plans.plan import Plan
from procore_jupyter.sql.plans.plan_columns import (
    ANY_NUMBER,
    SOME_VALUE,
    ColumnOrigin,
    Columns,
    PlanColumn,
    column_of,
    either,
    is_among,
    mapped,
    padded,
    picked,
    reference,
    row_members,
    source_alone,
    unless,
)
from procore_jupyter.sql.plans.plan_expressions import UNKNOWN, Json, flat, is_plain_cast, references, said
from procore_jupyter.sql.plans.plan_findings import Confirm, Findings
from procore_jupyter.sql.plans.predicates import conditions_of
from procore_jupyter.sql.plans.steps import PROJECT

READING = '"type":"LOGICAL_GET"'
"""The operator that reads a table, as it stands in the text of a plan."""


def plan_of(
    text: str,
    frames: Collection[str],
    *,
    clock: bool,
    placed: Callable[[str], Collection[str]] = lambda table: (),
    confirm: Confirm = lambda doubts: (),
) -> Plan:
    """Return what a query reads.

    Parameters
    ----------
    text : str
        DuckDB's plan, as JSON.
    frames : collection of str
        The names of the tables that aren't Procore's, in small letters.
    clock : bool
        Whether the query asks for the current time.
    placed : callable
        Returns the columns of a table of Procore's that every row has.
    confirm : callable
        Returns those expressions whose SQL means the same.

    Raises
    ------
    Unknown
        The plan is none, or not every reading of a table was met in it.
    """
    (root,) = msgspec.json.decode(text)["plans"]
    found = Findings(clock, confirm)
    walk = _Walk(frames, placed, found)
    walk.columns(root)
    if walk.readings < text.count(READING):
        raise Unknown("a reading that the walk doesn't come to")
    single = len(found.scans) == 1 and found.scans[0].fetched
    return found.plan(_limit(root) if single else None)


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
    placed : callable
        Returns the columns of a table of Procore's that every row has.
    found : Findings
        Takes what is found.
    """

    def __init__(
        self, frames: Collection[str], placed: Callable[[str], Collection[str]], found: Findings
    ) -> None:
        self._frames, self._placed, self._found = frames, placed, found
        self.readings = 0
        self._shared: dict[int, Columns] = {}
        self._operators: Mapping[str, Callable[[Json], Columns]] = {
            "LOGICAL_GET": self._get,
            "LOGICAL_DUMMY_SCAN": lambda node: [None],
            "LOGICAL_EMPTY_RESULT": lambda node: [
                self._known(Listed((), kind)) for kind in node["return_types"]
            ],
            "LOGICAL_CHUNK_GET": lambda node: [*map(self._known, of_chunk(node))],
            "LOGICAL_EXPRESSION_GET": self._values,
            "LOGICAL_MATERIALIZED_CTE": self._materialized,
            "LOGICAL_RECURSIVE_CTE": self._recursive,
            "LOGICAL_CTE_REF": self._shared_rows,
            "LOGICAL_PROJECTION": lambda node: self._projected(node["expressions"], self._input(node)),
            "LOGICAL_FILTER": self._filter,
            "LOGICAL_ORDER_BY": lambda node: picked(self._input(node), node.get("projections")),
            "LOGICAL_LIMIT": lambda node: source_alone(self._input(node)),
            "LOGICAL_SAMPLE": lambda node: source_alone(self._input(node)),
            "LOGICAL_DISTINCT": self._distinct,
            "LOGICAL_AGGREGATE_AND_GROUP_BY": self._aggregate,
            "LOGICAL_WINDOW": self._window,
            "LOGICAL_UNNEST": self._unnest,
            "LOGICAL_UNION": self._united,
            "LOGICAL_EXCEPT": self._united,
            "LOGICAL_INTERSECT": self._united,
            "LOGICAL_CROSS_PRODUCT": lambda node: [
                one for child in node["children"] for one in self.columns(child)
            ],
            "LOGICAL_COMPARISON_JOIN": self._join,
            "LOGICAL_ASOF_JOIN": self._join,
        }

    def columns(self, node: Json) -> Columns:
        """Return the columns that an operator hands on."""
        known = self._operators.get(node["type"])
        if known is not None:
            return known(node)
        for child in node.get("children", ()):
            self.columns(child)
        return [None] * ANY_NUMBER

    def _input(self, node: Json) -> Columns:
        (child,) = node["children"]
        return self.columns(child)

    # Where rows come from

    def _get(self, node: Json) -> Columns:
        self.readings += 1
        for child in node["children"]:
            self.columns(child)
        table = (node.get("function_data") or {}).get("table")
        if table is None:
            return self._called(node)
        columns = [column_of(node, index) for index in node["column_indexes"]]
        frame = table.lower() in self._frames
        read = (
            node["names"][one["index"]]
            for one in node["column_indexes"]
            if one.get("has_index", True) and one["index"] < len(node["names"])
        )
        number = self._found.add_scan(table, frozenset(read), frame=frame)
        never_null = {*(() if frame else self._placed(table))}
        for one in node["table_filters"]["filters"]:
            place = one["key"]
            column = columns[place] if node.get("table_filters_by_projection") else node["names"][place]
            if not column:
                continue
            writing = self._found.writing(number, functools.partial(_always, ColumnOrigin(number, column)))
            for condition in conditions_of(column, one["value"], writing.write, clock=self._found.clock):
                self._found.add_condition(number, condition, writing.taken())
                never_null |= {condition.column} if condition.operator else {*()}
        kinds = {name: kind["id"] for name, kind in zip(node["names"], node["returned_types"], strict=False)}
        found: Columns = []
        for name in columns:
            here = (ColumnOrigin(number, name, kinds.get(name, "")),)
            found.append(PlanColumn(here, here, name in never_null) if name else None)
        return picked(found, node.get("projection_ids"))

    def _called(self, node: Json) -> Columns:
        """Return the columns of a function that gives rows."""
        column = self._known(of_function(node))
        if column is None:
            return [None] * ANY_NUMBER
        own = [one["index"] == 0 and one.get("has_index", True) for one in node["column_indexes"]]
        return picked([column if one else None for one in own], node.get("projection_ids"))

    def _values(self, node: Json) -> Columns:
        for child in node.get("children", ()):
            self.columns(child)
        return [*map(self._known, of_rows(node))]

    def _known(self, values: Listed | None) -> PlanColumn | None:
        """Return the column whose values stand in the query."""
        if values is None:
            return None
        if values.members:
            return PlanColumn(members=tuple(map(self._known, values.members)))
        return self._found.listed(values)

    def _unnest(self, node: Json) -> Columns:
        columns = self._input(node)
        return [*columns, *(self._known(of_list(one)) for one in node["expressions"])]

    # What rows go through

    def _materialized(self, node: Json) -> Columns:
        definition, query = node["children"]
        # Its rows are used in several places, each of which needs other ones.
        self._shared[node["table_index"]] = source_alone(self.columns(definition))
        return self.columns(query)

    def _recursive(self, node: Json) -> Columns:
        """Return the columns of a recursion: each value is one of its first rows', or one that a round makes."""
        first, round_ = node["children"]
        number, count = node["table_index"], node["column_count"]
        begun = self.columns(first)[:count]
        if node["key_targets"] or node["payload_aggregates"] or node["ref_recurring"]:
            self.columns(round_)
            return [None] * count
        own = [self._found.rounds(number, place) for place in range(count)]
        self._shared[number] = [PlanColumn((one,)) for one in own]
        made = self.columns(round_)[:count]
        found: Columns = []
        for origin, one, other in zip(own, begun, made, strict=True):
            both = either(one, other)
            self._found.add_round(origin, both.values if both else ())
            found.append(PlanColumn((origin,), padded=both is None or both.padded))
        return found

    def _shared_rows(self, node: Json) -> Columns:
        return self._shared.get(node["cte_index"]) or [None] * len(node["chunk_types"])

    def _projected(self, expressions: Sequence[Json], columns: Columns) -> Columns:
        return [self._term(one, columns) for one in expressions]

    def _term(self, expression: Json, columns: Columns) -> PlanColumn | None:
        """Return the column that an expression is, or that it makes of a single one."""
        found = reference(expression, columns)
        if found is not None or expression.get("expression_class") == "BOUND_REF":
            return found
        if expression.get("expression_class") == "BOUND_CONSTANT":
            return self._found.constant(expression["value"])
        numbers = {*references(expression)}
        if len(numbers) != 1:
            return None
        column = columns[number] if (number := numbers.pop()) < len(columns) else None
        if column is None:
            return None
        never_null = column.never_null and is_plain_cast(expression)
        padded = column.padded
        return mapped(
            column, lambda origin: self._found.made(origin, expression, padded), never_null=never_null
        )

    def _filter(self, node: Json) -> Columns:
        (child,) = node["children"]
        columns = self.columns(child)
        if child["type"] == "LOGICAL_GET":
            self._sharpen(node["expressions"], columns)
        self._bound(node["expressions"], columns)
        for place in {*references(node["expressions"])}:
            column = columns[place] if place < len(columns) else None
            for origin in column.values if column and not column.narrowed else ():
                if origin.column in PROJECT:
                    self._found.stands_above(origin.scan)
        for one in flat(node["expressions"]):
            marked = reference(one, columns)
            for left, right in marked.marks if marked else ():
                self._found.narrow(right, left)
        return picked(columns, node.get("projection_map"))

    def _sharpen(self, expressions: Sequence[Json], columns: Columns) -> None:
        """Note what the rows of a scan must meet by the filter directly above it."""
        number = next((one.values[0].scan for one in columns[:ANY_NUMBER] if one and one.values), None)

        def origin(index: int) -> ColumnOrigin:
            column = columns[index]
            if column is None or not column.values:
                raise Unknown("a column")
            return column.values[0]

        if number is not None and self._found.scans[number].table:
            writing = self._found.writing(number, origin)
            for one in flat(expressions):
                try:
                    self._found.sharpen(number, said(one, writing.write, writing.name).sql, writing.taken())
                except UNKNOWN:
                    continue

    def _bound(self, expressions: Iterable[Json], columns: Columns, *, places: range | None = None) -> None:
        """Note what expressions, all of which hold, say of the projects of each scan.

        Parameters
        ----------
        expressions : iterable of mapping
            The expressions.
        columns : list
            The columns that they mention.
        places : range or None
            The numbers of those whose scans' rows they leave out; None for all.
        """
        for one in flat([*expressions]):
            meant: dict[int, dict[int, ColumnOrigin]] = {}
            for place in sorted({*references(one)}):
                column = columns[place] if place < len(columns) else None
                if column is None or (places is not None and place not in places):
                    continue
                for origin in column.narrowed:
                    if origin.column in PROJECT:
                        meant.setdefault(origin.scan, {})[place] = origin
            for number, known in meant.items():
                some = [columns[place] for place in known]
                self._found.bound(number, one, known, padded=any(one and one.padded for one in some))

    def _distinct(self, node: Json) -> Columns:
        columns = self._input(node)
        targets = self._projected(node["distinct_targets"], columns)
        return [unless(one, is_among(one, targets)) for one in columns]

    def _aggregate(self, node: Json) -> Columns:
        columns = self._input(node)
        sets = node.get("grouping_sets") or []
        groups = [
            unless(one, all(number in some for some in sets))
            for number, one in enumerate(self._projected(node["groups"], columns))
        ]
        if sets:  # in a set without it, a group's column is NULL
            groups = [padded(one) for one in groups]
        return [
            *groups,
            *(padded(unless(self._some_value(one, columns), False)) for one in node["expressions"]),
            *([None] * len(node.get("grouping_functions") or ())),
        ]

    def _some_value(self, expression: Json, columns: Columns) -> PlanColumn | None:
        path = (expression.get("qname") or {}).get("path") or [expression.get("name")]
        if path[-1] in SOME_VALUE and expression.get("children"):
            return self._term(expression["children"][0], columns)
        return None

    def _window(self, node: Json) -> Columns:
        columns = self._input(node)
        partitions = [self._projected(one.get("partitions") or (), columns) for one in node["expressions"]]
        found = [unless(one, all(is_among(one, some) for some in partitions)) for one in columns]
        return [*found, *([None] * len(node["expressions"]))]

    # Where rows meet

    def _united(self, node: Json) -> Columns:
        """Return the columns of UNION, EXCEPT and INTERSECT: a value that is left out above is left out of both sides."""
        sides = [self.columns(child)[: node["column_count"]] for child in node["children"]]
        if node["type"] == "LOGICAL_UNION":  # of one side, if the other one has no rows
            return [*map(either, *sides)]
        left, right = sides
        found: Columns = []
        for first, second in zip(left, right, strict=True):
            if first and second and joins.is_equality(joins.IS_SAME, first, second):
                self._narrow("SEMI" if node["type"] == "LOGICAL_INTERSECT" else "ANTI", first, second)
            both = either(first, second)
            found.append(
                both and PlanColumn(first.values if first else (), both.narrowed, padded=both.padded)
            )
        return found

    def _join(self, node: Json) -> Columns:
        left, right = map(self.columns, node["children"])
        kind, nearest = node["join_type"], node["type"] == "LOGICAL_ASOF_JOIN"
        equal: list[tuple[PlanColumn, PlanColumn]] = []
        for condition in node["conditions"]:
            if not condition.get("comparison") or not condition["right"]:
                if not nearest:
                    places = joins.left_out(kind, len(left), len(right))
                    self._bound([condition["left"]], [*left, *right], places=places)
                continue
            for comparison, one, other in self._pairs(condition, left, right):
                if not joins.is_equality(comparison, one, other):
                    continue
                equal.append((one, other))
                self._narrow(kind, one, other)
                if kind == "MARK" and comparison == joins.IS_SAME:
                    # Of an EXISTS, or of a subquery that the rows of each key have to themselves.
                    self._found.narrow(one, other)
        if nearest:  # of the right rows that are equal
            right = [unless(one, is_among(one, [other for _, other in equal])) for one in right]
        left = picked(left, node.get("left_projection_map"))
        right = picked(right, node.get("right_projection_map"))
        if kind in joins.LEFT_ALONE:
            return left
        if kind == "MARK":
            return [*left, PlanColumn(marks=tuple(equal))]
        if kind == "INNER":
            return [*left, *right]
        if kind in ("LEFT", "SINGLE"):
            return [*left, *map(padded, right)]
        if kind == "RIGHT":
            return [*map(padded, left), *right]
        if kind == "FULL":
            return [*map(padded, left), *map(padded, right)]
        return [None] * ANY_NUMBER

    def _pairs(
        self, condition: Json, left: Columns, right: Columns
    ) -> Iterable[tuple[str, PlanColumn, PlanColumn]]:
        """Give the columns of both sides that a condition of a join compares, of rows each of their members."""
        one, other = condition["left"], condition["right"]
        if condition["comparison"] in ("COMPARE_EQUAL", joins.IS_SAME):
            for first, second in zip(row_members(one, left), row_members(other, right), strict=False):
                members = self._member(first, left), self._member(second, right)
                if members[0] and members[1]:
                    yield joins.IS_SAME, members[0], members[1]
        if one.get("return_type", {}).get("id", "") in joins.COMPARABLE:
            columns = self._term(one, left), self._term(other, right)
            if columns[0] and columns[1]:
                yield condition["comparison"], columns[0], columns[1]

    def _member(self, member: Json | PlanColumn | None, columns: Columns) -> PlanColumn | None:
        return member if member is None or isinstance(member, PlanColumn) else self._term(member, columns)

    def _narrow(self, kind: str, left: PlanColumn, right: PlanColumn) -> None:
        if kind in joins.RIGHT_NARROWED:
            self._found.narrow(left, right)
        if kind in joins.LEFT_NARROWED:
            self._found.narrow(right, left)


def _always(origin: ColumnOrigin, index: int) -> ColumnOrigin:
    return origin
